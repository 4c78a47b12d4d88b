/// Finds the profiles of a topic, level by level: the work depends on the topic's length, not on how many there are.

struct TopicTrie {
  private struct Branch {
    var literals = NameTable()
    /// The child for any one level; -1: none.
    var free = -1
    /// The child for one or more levels; -1: none.
    var tail = -1
    var ends: [Int] = []
  }

  private var branches = [Branch()]

  mutating func insert(_ pattern: TopicPattern, _ value: Int) {
    var place = 0
    for level in pattern.levels {
      switch level {
      case .literal(var text):
        if let child = text.withUTF8({ branches[place].literals[UnsafeRawBufferPointer($0)] }) {
          place = Int(child)
        } else {
          branches.append(Branch())
          branches[place].literals.insert(text, UInt32(branches.count - 1))
          place = branches.count - 1
        }
      case .capture: place = child(of: place, \.free)
      case .tail: place = child(of: place, \.tail)
      }
    }
    branches[place].ends.append(value)
  }

  private mutating func child(of place: Int, _ kind: WritableKeyPath<Branch, Int>) -> Int {
    if branches[place][keyPath: kind] < 0 {
      branches.append(Branch())
      branches[place][keyPath: kind] = branches.count - 1
    }
    return branches[place][keyPath: kind]
  }

  /// A trie that grows no more, in memory of the plans.
  struct View {
    private struct Branch {
      var literals: NameTable.View
      var free: Int
      var tail: Int
      var ends: Kept<Int>
    }

    private let branches: Kept<Branch>

    init(_ trie: TopicTrie, _ memory: PathMemory) {
      branches = memory.keep(
        trie.branches.map { branch in
          Branch(
            literals: memory.keep(branch.literals), free: branch.free, tail: branch.tail,
            ends: memory.keep(branch.ends))
        })
    }

    /// What was inserted for the pattern that fits best: a literal level goes before a free one, and that before several.
    func matches(_ topic: UnsafeRawBufferPointer, _ levels: UnsafeBufferPointer<Range<Int>>) -> Kept<Int> {
      matches(topic, levels, at: 0, branch: 0) ?? Kept()
    }

    private func matches(
      _ topic: UnsafeRawBufferPointer, _ levels: UnsafeBufferPointer<Range<Int>>, at level: Int, branch: Int
    ) -> Kept<Int>? {
      if level == levels.count { return branches[branch].ends.isEmpty ? nil : branches[branch].ends }
      if let child = branches[branch].literals[UnsafeRawBufferPointer(rebasing: topic[levels[level]])],
        let found = matches(topic, levels, at: level + 1, branch: Int(child))
      {
        return found
      }
      let free = branches[branch].free
      if free >= 0, let found = matches(topic, levels, at: level + 1, branch: free) { return found }
      let tail = branches[branch].tail
      guard tail >= 0 else { return nil }
      for next in (level + 1)...levels.count {
        if let found = matches(topic, levels, at: next, branch: tail) { return found }
      }
      return nil
    }
  }
}
