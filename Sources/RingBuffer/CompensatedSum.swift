/// Sums that lose nothing to rounding while readings come and go.

/// A running sum with Neumaier's correction: adding a million terms and taking them away again leaves zero.
/// Source: Neumaier, Zeitschrift für Angewandte Mathematik und Mechanik 54 (1974).
public struct CompensatedSum: Sendable, BitwiseCopyable {
  private var sum = 0.0
  private var correction = 0.0

  public init() {}

  public var value: Double { sum + correction }

  public mutating func add(_ term: Double) {
    let total = sum + term
    correction += abs(sum) >= abs(term) ? (sum - total) + term : (term - total) + sum
    sum = total
  }

  func write(to writer: inout StateWriter) {
    writer.double(sum)
    writer.double(correction)
  }

  mutating func read(from reader: inout StateReader) throws(StateDamage) {
    sum = try reader.double()
    correction = try reader.double()
  }
}
