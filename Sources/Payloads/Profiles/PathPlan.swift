/// Paths as the JSON shim follows them: keys as raw bytes that live as long as the plan.
import CSimdjson

/// Owns the memory that ``PathPlan``s point to, and the parts of the topic that they may ask for.
final class PathMemory {
  private var steps: [UnsafeMutableBufferPointer<json_step>] = []
  private var keys: [UnsafeMutableBufferPointer<CChar>] = []
  private var slots: [String: Int] = [:]
  @exclusivity(unchecked) private var filled: ContiguousArray<Int> = []
  private var arrays = KeptArrays()
  /// What the named levels of the current topic hold.
  private let captures: UnsafeMutableBufferPointer<UnsafeRawBufferPointer>

  /// Names of topic levels that all profiles may have together.
  static let maximumCaptures = 256

  init() {
    captures = .allocate(capacity: Self.maximumCaptures)
    captures.initialize(repeating: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  deinit {
    for buffer in steps { buffer.deallocate() }
    for buffer in keys { buffer.deallocate() }
    captures.deallocate()
  }

  /// An array that lives as long as this.
  func keep<Element>(_ elements: some Collection<Element>) -> Kept<Element> { arrays.keep(elements) }

  func keep(_ names: NameTable) -> NameTable.View { names.view(in: self) }

  /// The same name has the same slot in all profiles.
  func slot(_ name: String) -> Int {
    if let slot = slots[name] { return slot }
    let slot = min(slots.count, Self.maximumCaptures - 1)
    slots[name] = slot
    return slot
  }

  /// What the last topic left: its bytes are gone.
  func clearCaptures() {
    for slot in filled { captures[slot] = UnsafeRawBufferPointer(start: nil, count: 0) }
    filled.removeAll(keepingCapacity: true)
  }

  func setCapture(_ slot: Int, _ bytes: UnsafeRawBufferPointer) {
    captures[slot] = bytes
    filled.append(slot)
  }

  /// Keys alone, for looking several up at once.
  func keys(_ names: [String]) -> UnsafeBufferPointer<json_step> {
    UnsafeBufferPointer(steps(names.map { .key($0) }))
  }

  func plan(_ path: JSONPath) -> PathPlan {
    if let name = path.capture {
      return PathPlan(
        steps: UnsafeBufferPointer(start: nil, count: 0), isEach: false,
        capture: captures.baseAddress.map { UnsafePointer($0 + slot(name)) })
    }
    return PathPlan(steps: UnsafeBufferPointer(steps(path.steps)), isEach: path.isEach, capture: nil)
  }

  private func steps(_ path: [JSONPath.Step]) -> UnsafeMutableBufferPointer<json_step> {
    let buffer = UnsafeMutableBufferPointer<json_step>.allocate(capacity: path.count)
    steps.append(buffer)
    for (number, step) in path.enumerated() {
      switch step {
      case .index(let index):
        buffer.initializeElement(at: number, to: json_step(key: nil, key_count: 0, index: index))
      case .any:
        // JSON_ANY
        buffer.initializeElement(
          at: number, to: json_step(key: nil, key_count: 0, index: Int(bitPattern: UInt.max)))
      case .key(let key):
        let bytes = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(1, key.utf8.count))
        keys.append(bytes)
        _ = bytes.initialize(from: key.utf8.map { CChar(bitPattern: $0) })
        buffer.initializeElement(
          at: number,
          to: json_step(key: UnsafePointer(bytes.baseAddress), key_count: key.utf8.count, index: 0))
      }
    }
    return buffer
  }
}

/// A path ready to follow. Valid as long as the ``PathMemory`` that made it.
struct PathPlan {
  fileprivate let steps: UnsafeBufferPointer<json_step>
  let isEach: Bool
  /// The topic's level that is meant instead of a place in the document.
  fileprivate let capture: UnsafePointer<UnsafeRawBufferPointer>?

  var isCapture: Bool { capture != nil }
  /// The whole document.
  var isRoot: Bool { capture == nil && steps.isEmpty }

  @inline(__always)
  func callAsFunction(_ value: json_value) -> json_value {
    if let capture { return json_value(text: capture.pointee) }
    if steps.isEmpty { return value }
    return withUnsafePointer(to: value) { json_find($0, steps.baseAddress, steps.count) }
  }
}

/// A path that begins at the message's root. The root's own keys are looked up once for each message, however many
/// paths begin with them.
struct RootPath {
  private let whole: PathPlan
  /// What follows the first key.
  private let rest: PathPlan
  private let place: Int

  fileprivate init(whole: PathPlan, rest: PathPlan, place: Int) {
    (self.whole, self.rest, self.place) = (whole, rest, place)
  }

  var isEach: Bool { whole.isEach }

  @inline(__always)
  func callAsFunction(_ root: RootValues) -> json_value {
    if place < 0 || !root.isIndexed { return whole(root.value) }
    return root.present & (1 << UInt64(place)) == 0 ? json_value() : rest(root.places[place])
  }
}

/// Gives each first key of an envelope's paths a place.
struct RootKeys {
  private var table = NameTable()
  private(set) var names: [String] = []
  /// Keys that have a place.
  static let limit = 64

  mutating func plan(_ path: JSONPath, _ memory: PathMemory) -> RootPath {
    let whole = memory.plan(path)
    guard var key = path.firstKey else { return RootPath(whole: whole, rest: whole, place: -1) }
    if table.count < Self.limit {
      let count = table.count
      table.insert(key, UInt32(count))
      if table.count > count { names.append(key) }
    }
    guard let place = key.withUTF8({ table[UnsafeRawBufferPointer($0)] }) else {
      return RootPath(whole: whole, rest: whole, place: -1)
    }
    var rest = path
    rest.steps.removeFirst()
    return RootPath(whole: whole, rest: memory.plan(rest), place: Int(place))
  }
}

/// The root of a message, or of one item of it, with the values of the keys that an envelope asks for.
struct RootValues {
  var value = json_value()
  var isIndexed = false
  var present: UInt64 = 0
  let places = UnsafeMutableBufferPointer<json_value>.allocate(capacity: RootKeys.limit)

  init() { places.initialize(repeating: json_value()) }

  mutating func index(_ keys: UnsafeBufferPointer<json_step>) {
    isIndexed = value.kind == JSON_OBJECT
    present = withUnsafePointer(to: value) { json_pick($0, keys.baseAddress, keys.count, places.baseAddress) }
  }
}

extension json_value {
  /// A text that lives elsewhere.
  init(text: UnsafeRawBufferPointer) {
    self.init()
    guard let base = text.baseAddress else { return }
    kind = JSON_STRING
    count = UInt32(truncatingIfNeeded: text.count)
    self.text = base.assumingMemoryBound(to: CChar.self)
  }
}
