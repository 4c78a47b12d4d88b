/// A wall with a LoRaWAN tilt sensor, from the network server's message to the alarm.
import EstateModel
import Foundation
import Payloads
import Rules
import Testing

@Suite("A wall with a three-axis tilt sensor") struct WallTests {
  /// The east wall's north part with a sensor screwed on its face: x upward, z out of the wall.
  private func wall() throws -> Catalogue {
    let catalogue = try shippedContext().catalogue
    let index = try #require(catalogue.devices.firstIndex { $0.path == "hongqili/tilt-north" })
    var device = catalogue.devices[index]
    device.attributes["baseline"] = Quantity(0, .degree)
    device.attributes["baseline-x"] = Quantity(89.2, .degree)
    device.attributes["baseline-y"] = Quantity(0, .degree)
    device.attributes["baseline-z"] = Quantity(0.8, .degree)
    return Catalogue(
      estates: catalogue.estates,
      devices: catalogue.devices.enumerated().map { $0.offset == index ? device : $0.element })
  }

  /// A ChirpStack uplink with the bytes of an EM310-TILT and no codec: angles in hundredths of a degree, low byte
  /// first, and a byte of flags.
  private func uplink(_ number: Int, _ time: Timestamp, x: Int16, y: Int16, z: Int16) -> String {
    var bytes: [UInt8] = [0x01, 0x75, 0x5C, 0x03, 0xCF]
    for angle in [x, y, z] {
      bytes += [UInt8(truncatingIfNeeded: angle), UInt8(truncatingIfNeeded: angle >> 8)]
    }
    return """
      {"time": "\(time.formatted())", "fCnt": \(number), "fPort": 85, "data": "\(Data(bytes + [0]).base64EncodedString())",
       "deviceInfo": {"devEui": "24e124aa00030001", "deviceProfileName": "EM310-TILT"}}
      """
  }

  /// Alarms of six hours in which the wall leans outward by so many hundredths of a degree after the second.
  private func alarms(leaning by: Int16) throws -> [String] {
    let context = try shippedContext()
    let catalogue = try wall()
    let decoder = PayloadDecoder(catalogue: catalogue, profiles: context.profiles)
    let start = try #require(Timestamp(rfc3339: "2026-07-01T12:00:00+08:00"))
    var engine = RuleEngine(rules: context.rules, catalogue: catalogue, start: start)
    var found: [String] = []
    for minute in 0..<360 {
      let time = start + Int64(minute) * 60_000
      let lean = minute < 120 ? 0 : by
      decoder.decode(
        "application/1/device/24e124aa00030001/event/up",
        uplink(minute, time, x: 8920 - lean, y: 0, z: 80 + lean), now: time)
      #expect(decoder.problems.isEmpty, "\(decoder.problems)")
      for reading in decoder.readings { engine.ingest(reading) }
      engine.advance(to: time)
      for transition in engine.takeTransitions() where transition.kind == .raised {
        found.append("\(transition.rule) \((transition.onset - start.milliseconds) / 60_000)")
      }
    }
    return found.filter { $0.hasPrefix("wall-tilt-danger") || $0.hasPrefix("wall-tilt-collapse") }
  }

  @Test("0.45 deg of lean is the danger point, as soon as the median of an hour passes; 0.38 deg are not")
  func danger() throws {
    // 30 of the 61 readings of an hour are new at 150 min, 31 at 151.
    #expect(try alarms(leaning: 45) == ["wall-tilt-danger 150"])
    #expect(try alarms(leaning: 38) == [])
  }
}
