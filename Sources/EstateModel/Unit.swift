/// Physical dimensions and the units that configuration files and payloads may use.

/// What kind of quantity a number is, as exponents of base dimensions. Sound levels of different weighting are
/// dimensions of their own, so that dB(Z) or dBFS never satisfies a rule on dB(A).
public struct Dimension: Hashable, Sendable {
  private var exponents: SIMD16<Int8> = .zero

  private init(_ index: Int) { exponents[index] = 1 }
  private init(exponents: SIMD16<Int8>) { self.exponents = exponents }

  /// Ratios, counts and pure numbers.
  public static let none = Dimension(exponents: .zero)
  public static let length = Dimension(0)
  public static let angle = Dimension(1)
  public static let time = Dimension(2)
  public static let temperature = Dimension(3)
  public static let voltage = Dimension(4)
  public static let current = Dimension(5)
  public static let pressure = Dimension(6)
  public static let signalPower = Dimension(7)
  public static let soundA = Dimension(8)
  public static let soundC = Dimension(9)
  public static let soundZ = Dimension(10)
  /// A level in dB whose weighting is unknown, and differences of levels.
  public static let decibel = Dimension(11)
  public static let power = voltage * current

  public static func * (a: Dimension, b: Dimension) -> Dimension {
    Dimension(exponents: a.exponents &+ b.exponents)
  }
  public static func / (a: Dimension, b: Dimension) -> Dimension {
    Dimension(exponents: a.exponents &- b.exponents)
  }

  /// A weighted sound level: dB(A), dB(C) or dB(Z).
  public var isSoundLevel: Bool { self == .soundA || self == .soundC || self == .soundZ }
}

/// A unit with its dimension and its size in the base unit of that dimension
/// (m, deg, s, degC, V, A, kPa, W, dBm, dB…; 1 for ratios).
public struct Unit: Hashable, Sendable, CustomStringConvertible {
  public let symbol: String
  public let dimension: Dimension
  /// One of this unit in base units.
  public let scale: Double

  public init(_ symbol: String, _ dimension: Dimension, scale: Double = 1) {
    self.symbol = symbol
    self.dimension = dimension
    self.scale = scale
  }

  public var description: String { symbol.isEmpty ? "number" : symbol }

  public static let number = Unit("", .none)
  public static let percent = Unit("%", .none, scale: 0.01)
  public static let metre = Unit("m", .length)
  public static let centimetre = Unit("cm", .length, scale: 0.01)
  public static let millimetre = Unit("mm", .length, scale: 0.001)
  public static let degree = Unit("deg", .angle)
  public static let second = Unit("s", .time)
  public static let celsius = Unit("degC", .temperature)
  public static let volt = Unit("V", .voltage)
  public static let ampere = Unit("A", .current)
  public static let watt = Unit("W", .power)
  public static let kilopascal = Unit("kPa", .pressure)
  public static let dBm = Unit("dBm", .signalPower)
  public static let dBA = Unit("dBA", .soundA)
  public static let dBC = Unit("dBC", .soundC)
  public static let dBZ = Unit("dBZ", .soundZ)
  public static let decibel = Unit("dB", .decibel)

  /// Every unit that may be written, the preferred spelling of each first.
  public static let all: [Unit] = [
    percent, metre, centimetre, millimetre, Unit("km", .length, scale: 1000),
    degree, Unit("°", .angle), Unit("rad", .angle, scale: 180 / .pi),
    second, Unit("ms", .time, scale: 0.001), Unit("min", .time, scale: 60), Unit("h", .time, scale: 3600),
    Unit("day", .time, scale: 86_400), Unit("d", .time, scale: 86_400),
    celsius, Unit("°C", .temperature), Unit("℃", .temperature), Unit("K", .temperature),
    volt, Unit("mV", .voltage, scale: 0.001), ampere, Unit("mA", .current, scale: 0.001), watt,
    Unit("kW", .power, scale: 1000), Unit("mW", .power, scale: 0.001),
    kilopascal, Unit("Pa", .pressure, scale: 0.001), Unit("hPa", .pressure, scale: 0.1),
    Unit("bar", .pressure, scale: 100), Unit("MPa", .pressure, scale: 1000),
    Unit("mbar", .pressure, scale: 0.1), Unit("psi", .pressure, scale: 6.894757293168361),
    dBm, dBA, Unit("dB(A)", .soundA), dBC, Unit("dB(C)", .soundC), dBZ, Unit("dB(Z)", .soundZ), decibel,
  ]

  /// A unit or a quotient of units by its symbol: `mm`, `deg/day`, `m/h`.
  public init?(symbol: some StringProtocol) {
    if let unit = Unit.bySymbol[String(symbol)] {
      self = unit
      return
    }
    let parts = symbol.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let first = Unit.bySymbol[String(parts[0])] else { return nil }
    guard parts.count == 2 else {
      self = first
      return
    }
    guard let second = Unit.bySymbol[String(parts[1])] else { return nil }
    self = first / second
  }

  public static func / (a: Unit, b: Unit) -> Unit {
    Unit("\(a.symbol)/\(b.symbol)", a.dimension / b.dimension, scale: a.scale / b.scale)
  }

  private static let bySymbol = Dictionary(
    all.map { ($0.symbol, $0) }, uniquingKeysWith: { first, _ in first })
}
