/// Numbers and texts that stand for something else than a value.

/// What a device says when it has no value: a text, a number, or all numbers beyond a limit.
struct Sentinel: Sendable {
  enum Comparison: String, Sendable { case less = "<", lessOrEqual = "<=", more = ">", moreOrEqual = ">=" }

  var text: String
  var number: Double?
  var comparison: Comparison?
  var reason: String

  /// `No Sensor`, `65535`, `0xFFFF`, `<= 20`
  init(_ text: String, reason: String) {
    self.reason = reason
    for comparison in [Comparison.lessOrEqual, .moreOrEqual, .less, .more] {
      guard text.hasPrefix(comparison.rawValue) else { continue }
      let rest = text.dropFirst(comparison.rawValue.count).drop { $0 == " " }
      guard let number = Double(Self.plain(String(rest))) else { continue }
      (self.text, self.number, self.comparison) = (text, number, comparison)
      return
    }
    self.text = Self.plain(text)
    number = Double(self.text)
  }

  private static func plain(_ text: String) -> String {
    text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16).map(String.init) ?? text : text
  }

  /// The numbers among what it stands for; nil: it stands for a text only.
  struct Limit {
    var number: Double
    var comparison: Comparison?

    @inline(__always) func holds(_ value: Double) -> Bool {
      switch comparison {
      case nil: value == number
      case .less: value < number
      case .lessOrEqual: value <= number
      case .more: value > number
      case .moreOrEqual: value >= number
      }
    }
  }

  var limit: Limit? { number.map { Limit(number: $0, comparison: comparison) } }

  @inline(__always) func holds(_ value: Double) -> Bool { limit?.holds(value) ?? false }
}
