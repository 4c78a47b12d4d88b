/// `device-budget:` in `gatehouse.yaml`.
import Configuration

extension DeviceBudget {
  init(node: Node, _ diagnostics: Diagnostics) {
    self.init()
    guard let fields = Fields(node, of: "device-budget", diagnostics: diagnostics) else { return }
    defer { fields.finish() }
    func number(_ key: String, _ range: ClosedRange<Double>, _ standard: Double) -> Double {
      guard let node = fields.optional(key), let value = node.number(diagnostics) else { return standard }
      if !range.contains(value) {
        diagnostics.error(
          "found \(value), expected \(Int(range.lowerBound)) to \(Int(range.upperBound))", at: node.location)
      }
      return value
    }
    rate = number("rate", 1...100_000, rate)
    burst = number("burst", 10...10_000_000, burst)
  }
}
