/// Signals found by what a value is called: for formats in which everybody names things as they like.
import EstateModel

struct Vocabulary {
  /// Plain names: small letters and digits only.
  private let byName: NameTable.View
  let plans: Kept<SignalPlan>
  let computed: Kept<ComputationPlan>

  init(
    _ sources: [SignalSource], _ computed: [ComputedSource], _ memory: PathMemory,
    attributes: inout [String]
  ) {
    var computations: [ComputationPlan] = []
    for source in computed { computations.append(ComputationPlan(source, attributes: &attributes)) }
    self.computed = memory.keep(computations)
    plans = memory.keep(sources.map { SignalPlan($0, memory) })
    var table = NameTable()
    for (number, source) in sources.enumerated() {
      for path in source.paths {
        guard let name = path.keys.first else { continue }
        table.insert(plainName(name), UInt32(number))
      }
    }
    byName = memory.keep(table)
  }

  /// Longest name that is looked up, in letters and digits.
  static let maximumLength = 64

  subscript(name: UnsafeRawBufferPointer) -> SignalPlan? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.maximumLength) { plain in
      var count = 0
      for byte in name where isPlain(byte) {
        guard count < plain.count else { return nil }
        plain[count] = lowered(byte)
        count += 1
      }
      return byName[UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: plain[..<count]))].map {
        plans[Int($0)]
      }
    }
  }
}
