/// Units, quantities and dimensions.
import EstateModel
import Testing

struct UnitTests {
  private static let perTime: [(String, Double)] = [
    ("deg/day", 1.0 / 86_400), ("m/h", 1.0 / 3600), ("mm/day", 0.001 / 86_400), ("mm/h", 0.001 / 3600),
    ("rad/s", 57.295_779_513_082_32),
  ]

  private static let printed: [(Double, String)] = [
    (3.0, "3"), (0.05, "0.05"), (34.7712, "34.7712"), (-0.0, "0"), (1.0 / 3, "0.333333"),
    (2.000_000_1, "2"), (Double.nan, "unknown"), (.infinity, "unknown"),
  ]

  private static let knownSymbols: [(String, Unit, Double)] = [
    ("m", Unit.metre, 1.0), ("cm", .metre, 0.01), ("mm", .metre, 0.001), ("km", .metre, 1000),
    ("s", .second, 1), ("ms", .second, 0.001), ("min", .second, 60), ("h", .second, 3600),
    ("day", .second, 86_400), ("d", .second, 86_400),
    ("deg", .degree, 1), ("°", .degree, 1), ("rad", .degree, 57.295_779_513_082_32),
    ("%", .number, 0.01), ("degC", .celsius, 1), ("°C", .celsius, 1), ("℃", .celsius, 1),
    ("V", .volt, 1), ("mV", .volt, 0.001), ("A", .ampere, 1), ("mA", .ampere, 0.001), ("W", .watt, 1),
    ("kPa", .kilopascal, 1), ("Pa", .kilopascal, 0.001), ("hPa", .kilopascal, 0.1),
    ("bar", .kilopascal, 100), ("MPa", .kilopascal, 1000),
    ("dBm", .dBm, 1), ("dBA", .dBA, 1), ("dB(A)", .dBA, 1), ("dBC", .dBC, 1), ("dB(Z)", .dBZ, 1),
    ("dB", .decibel, 1),
  ]

  private static let written: [(String, Double, String)] = [
    ("2.4 m", 2.4, "2.4 m"), ("30s", 30.0, "30 s"), ("80 %", 0.8, "80%"), ("80%", 0.8, "80%"),
    ("0.5", 0.5, "0.5"), (" 35  dBA ", 35, "35 dBA"), ("-0.05 deg", -0.05, "-0.05 deg"),
    ("+7 mm", 0.007, "7 mm"), ("10min", 600, "10 min"), (".5 m", 0.5, "0.5 m"),
    ("0.05 deg/day", 0.05 / 86_400, "0.05 deg/day"), ("34.77 dB(A)", 34.77, "34.77 dB(A)"),
  ]

  @Test(
    "A unit is found by its symbol and sized in base units",
    arguments: Self.knownSymbols)
  func symbols(symbol: String, like: Unit, scale: Double) throws {
    let unit = try #require(Unit(symbol: symbol))
    #expect(unit.dimension == like.dimension)
    #expect(abs(unit.scale - scale) <= 1e-12 * scale)
  }

  @Test(
    "A quotient has the quotient of sizes",
    arguments: Self.perTime)
  func quotients(symbol: String, scale: Double) throws {
    let unit = try #require(Unit(symbol: symbol))
    #expect(abs(unit.scale - scale) <= 1e-12 * scale)
    #expect(unit.symbol == symbol)
  }

  @Test("A quotient's dimension is that of its parts")
  func dimensions() throws {
    #expect(Unit(symbol: "m/h")?.dimension == Dimension.length / .time)
    #expect(Unit(symbol: "mm/m")?.dimension == Dimension.none)
    #expect(Dimension.length / .time * .time == .length)
    #expect(Dimension.power == .voltage * .current)
    #expect(Dimension.length / .time != .time / .length)
  }

  @Test(
    "What is no unit is refused",
    arguments: ["", "x", "dba", "M", "m/", "/s", "m/s/s", "m s", "deg/fortnight", "毫米"])
  func unknown(symbol: String) {
    #expect(Unit(symbol: symbol) == nil)
  }

  @Test("Weighted sound levels are dimensions of their own")
  func weightings() {
    let levels = [Dimension.soundA, .soundC, .soundZ, .decibel, .signalPower, .none]
    #expect(Set(levels).count == levels.count)
    for level in levels.prefix(3) { #expect(level.isSoundLevel) }
    #expect(!Dimension.decibel.isSoundLevel)
    #expect(!Dimension.signalPower.isSoundLevel)
  }

  @Test(
    "A quantity is read with or without blanks",
    arguments: Self.written)
  func quantities(text: String, base: Double, printed: String) throws {
    let quantity = try #require(Quantity(text))
    #expect(abs(quantity.base - base) <= 1e-12 * abs(base))
    #expect(quantity.description == printed)
  }

  @Test(
    "A text that is no quantity is refused",
    arguments: [
      "", " ", "m", "2.4 metres", "1,5 m", "1.2.3 m", "nan", "inf", "1e400 m", "--3 m", "3 m m", "٣ m",
      "0x10",
    ])
  func notQuantities(text: String) {
    #expect(Quantity(text) == nil)
  }

  @Test(
    "Numbers are printed without needless digits",
    arguments: Self.printed)
  func numbers(value: Double, text: String) {
    #expect(plainNumber(value) == text)
  }

  @Test("Every kind's signals exist, and only one of them is the level that limits are written for")
  func signals() {
    for kind in DeviceKind.allCases {
      for name in kind.signals + DeviceKind.common { #expect(Signal.named(name) != nil, "\(name)") }
    }
    #expect(Signal.all.filter { $0.unit == .dBA }.map(\.name) == ["laeq", "laf", "lafmax"])
  }
}
