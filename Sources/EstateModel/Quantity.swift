/// A number with its unit, as it stands in configuration files: `2.4 m`, `30 s`, `35 dBA`.
import Configuration

public struct Quantity: Hashable, Sendable, CustomStringConvertible {
  public var value: Double
  public var unit: Unit

  public init(_ value: Double, _ unit: Unit) {
    self.value = value
    self.unit = unit
  }

  /// The value in the base unit of its dimension.
  public var base: Double { value * unit.scale }

  public var description: String {
    let number = plainNumber(value)
    return unit.symbol.isEmpty ? number : unit.symbol == "%" ? number + "%" : "\(number) \(unit.symbol)"
  }

  /// Reads `2.4 m`, `30s`, `80 %`, `0.5`.
  public init?(_ text: some StringProtocol) {
    let bytes = text.drop(while: \.isWhitespace)
    let numberEnd =
      bytes.firstIndex { !($0.isASCII && ($0.isNumber || "+-.".contains($0))) } ?? bytes.endIndex
    guard let value = Double(bytes[..<numberEnd]), value.isFinite else { return nil }
    var symbol = bytes[numberEnd...].drop(while: \.isWhitespace)
    while symbol.last?.isWhitespace == true { symbol.removeLast() }
    if symbol.isEmpty {
      self.init(value, .number)
    } else if let unit = Unit(symbol: symbol) {
      self.init(value, unit)
    } else {
      return nil
    }
  }
}

/// A number without needless digits: `3`, `0.05`, `34.77`.
public func plainNumber(_ value: Double, digits: Int = 6) -> String {
  guard value.isFinite else { return "unknown" }
  if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let rounded = (value * scale).rounded() / scale
  return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int64(rounded)) : "\(rounded)"
}

extension Node {
  /// A quantity of the given dimension; anything else is reported with both units.
  public func quantity(_ expected: Unit, _ diagnostics: Diagnostics) -> Quantity? {
    guard let text = text(diagnostics) else { return nil }
    guard let quantity = Quantity(text) else {
      diagnostics.error(
        "found '\(text)', expected a number with a unit such as '1 \(expected)'", at: location)
      return nil
    }
    guard quantity.unit.dimension == expected.dimension else {
      diagnostics.error(
        "found '\(text)' in \(quantity.unit), expected a quantity in \(expected)", at: location)
      return nil
    }
    return quantity
  }

  /// A length of time, in milliseconds: `30 s`, `10min`, `1 day`.
  public func duration(_ diagnostics: Diagnostics) -> Int64? {
    guard let quantity = quantity(.second, diagnostics) else { return nil }
    guard quantity.base >= 0, quantity.base <= 400 * 86_400 else {
      diagnostics.error("found \(quantity), expected a time from 0 to 400 days", at: location)
      return nil
    }
    return Int64((quantity.base * 1000).rounded())
  }
}
