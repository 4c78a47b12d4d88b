/// `gatehouse decode` on published messages of real devices.
import Foundation
import Testing

@Suite("Decoding published messages")
struct DecodeTests {
  @Test("The examples are there")
  func examples() throws { #expect(try Published.all().count == 9) }

  @Test(
    "One line for each reading, equal to what the vendor published", arguments: (try? Published.all()) ?? [])
  func published(_ message: Published) throws {
    let outcome = try Programs.run("gatehouse", ["decode", "--topic", message.topic], input: message.payload)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = try outcome.objects()
    for expected in message.expected {
      let line = try #require(
        lines.first { ($0["signal"] ?? $0["event"]) as? String == expected.name },
        "no line for \(expected.name): \(outcome.output)")
      if let value = expected.value {
        let found = try #require((line["value"] as? NSNumber)?.doubleValue)
        #expect(abs(found - value) <= 1e-6 * abs(value), "\(expected.name): \(outcome.output)")
        #expect(line["unit"] as? String == expected.unit)
        #expect(line["quality"] as? String == "good")
      } else if let phase = expected.phase {
        #expect(line["phase"] as? String == phase)
      } else {
        #expect(line["fault"] as? Bool == true)
        #expect((line["reason"] as? String)?.isEmpty == false)
      }
      if let time = message.time { #expect((line["time_ms"] as? NSNumber)?.int64Value == time) }
      if let device = message.device { #expect(line["device"] as? String == device) }
    }
    for secret in message.secrets {
      #expect(!(outcome.output + outcome.errors).contains(secret), "\(secret) must not come out")
    }
  }
}

/// A line of the published examples.
struct Published: CustomTestStringConvertible, Sendable {
  struct Expected: Sendable {
    var name: String
    var value: Double?
    var unit: String
    var phase: String?
  }

  var name: String
  var topic: String
  var payload: Data
  var expected: [Expected]
  var time: Int64?
  var device: String?
  var secrets: [String]
  var testDescription: String { name }

  init(_ line: Substring) throws {
    let fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    name = try #require(fields["name"] as? String)
    topic = try #require(fields["topic"] as? String)
    payload =
      try (fields["payload_text"] as? String).map { Data($0.utf8) }
      ?? JSONSerialization.data(withJSONObject: #require(fields["payload"]))
    expected = try #require(fields["expect"] as? [[Any]]).map { item in
      let name = try #require(item[0] as? String)
      let unit = try #require(item[2] as? String)
      return name.hasPrefix("event:")
        ? Expected(name: String(name.dropFirst(6)), unit: unit, phase: item[1] as? String)
        : Expected(name: name, value: (item[1] as? NSNumber)?.doubleValue, unit: unit)
    }
    time = (fields["time_ms"] as? NSNumber)?.int64Value
    device = fields["device"] as? String
    secrets = fields["must_not_keep"] as? [String] ?? []
  }

  static func all() throws -> [Published] {
    let file = Programs.root.appendingPathComponent("Tests/PayloadsTests/Examples/published.jsonl")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(Published.init)
  }
}
