/// Values of a ring in few bytes, exactly: most devices report numbers with a few decimal places.

enum Decimals {
  /// Stands for eight bytes a value, where no number of places fits all of them.
  private static let exact: UInt8 = 255
  private static let powers: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

  static func write(_ ring: SampleRing, to writer: inout StateWriter) {
    guard let places = powers.indices.first(where: { fits(ring, powers[$0]) }) else {
      writer.byte(exact)
      for sequence in ring.first..<ring.end { writer.double(ring[sequence].value) }
      return
    }
    writer.byte(UInt8(places))
    var last: Int64 = 0
    for sequence in ring.first..<ring.end {
      let whole = Int64((ring[sequence].value * powers[places]).rounded())
      writer.signed(whole - last)
      last = whole
    }
  }

  private static func fits(_ ring: SampleRing, _ power: Double) -> Bool {
    for sequence in ring.first..<ring.end {
      let value = ring[sequence].value
      let whole = (value * power).rounded()
      guard abs(whole) < 1e15, (Double(Int64(whole)) / power).bitPattern == value.bitPattern else {
        return false
      }
    }
    return true
  }

  static func read(_ count: Int, into values: inout [Double], from reader: inout StateReader)
    throws(StateDamage)
  {
    let places = try reader.byte()
    if places == exact {
      guard count <= reader.remaining / 8 else { throw reader.damage }
      for _ in 0..<count {
        let value = try reader.double()
        guard !value.isNaN else { throw reader.damage }
        values.append(value)
      }
      return
    }
    guard Int(places) < powers.count else { throw reader.damage }
    var last: Int64 = 0
    for _ in 0..<count {
      last &+= try reader.signed()
      values.append(Double(last) / powers[Int(places)])
    }
  }
}
