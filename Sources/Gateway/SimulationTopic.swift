/// The topics by which a simulator leads the clock: `simulation/clock` and, once at the end, `simulation/end`.
import EstateModel

enum SimulationTopic {
  static let filter = "simulation/+"
  private static let clock = Array("simulation/clock".utf8)
  private static let end = Array("simulation/end".utf8)
  private static let now = Array("\"now\"".utf8)

  static func isOurs(_ topic: UnsafeRawBufferPointer) -> Bool { topic.elementsEqual(clock) || isEnd(topic) }
  static func isEnd(_ topic: UnsafeRawBufferPointer) -> Bool { topic.elementsEqual(end) }

  /// The number behind `"now":`, milliseconds since 1970.
  static func time(in payload: UnsafeRawBufferPointer) -> Timestamp? {
    guard payload.count < 256 else { return nil }
    var start = 0
    while start + now.count <= payload.count,
      !payload[start..<(start + now.count)].elementsEqual(now)
    { start += 1 }
    var value: Int64 = 0
    var digits = 0
    for byte in payload.dropFirst(start + now.count) {
      if byte &- 48 < 10 {
        guard digits < 15 else { return nil }
        value = value * 10 + Int64(byte &- 48)
        digits += 1
      } else if digits > 0 {
        break
      } else if byte != 58, byte != 32 {
        return nil
      }
    }
    return digits > 0 ? Timestamp(milliseconds: value) : nil
  }
}
