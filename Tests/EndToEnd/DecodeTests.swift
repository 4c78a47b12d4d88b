/// `gatehouse decode` on published messages of real devices.
import Foundation
import Testing

@Suite("Decoding published messages")
struct DecodeTests {
  @Test("The examples are there")
  func examples() throws {
    #expect(try Published.all().count == 9)
    let files = FileManager.default.enumerator(atPath: Published.profiles.path)?.compactMap { $0 as? String }
    let profiles = (files ?? []).filter { $0.hasSuffix(".yaml") }
    #expect(try Published.shipped().count >= profiles.count, "each profile has at least one")
  }

  @Test(
    "One line for each reading, equal to what the vendor published",
    arguments: ((try? Published.all()) ?? []) + ((try? Published.shipped()) ?? []))
  func published(_ message: Published) throws {
    let outcome = try Programs.run("gatehouse", ["decode", "--topic", message.topic], input: message.payload)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = try outcome.objects()
    #expect(lines.count >= message.expected.count, "\(outcome.output)")
    for expected in message.expected {
      // A gateway's message may hold several devices, in any order.
      let named = lines.filter {
        ($0["signal"] ?? $0["event"]) as? String == expected.name
          && (message.device == nil || $0["device"] as? String == message.device)
      }
      // A message may hold several values of one signal.
      let line = try #require(
        named.first { line in
          guard let value = expected.value else {
            return expected.phase != nil || line["fault"] as? Bool == true
          }
          return (line["value"] as? NSNumber).map { abs($0.doubleValue - value) <= 1e-6 * abs(value) } == true
        }, "no line for \(expected.name) \(expected.value as Any): \(outcome.output)")
      if expected.value != nil {
        #expect(line["unit"] as? String == expected.unit)
        // Whether a device is there at all has none.
        #expect(line["quality"] as? String == (expected.name == "available" ? nil : "good"))
      } else if let phase = expected.phase {
        #expect(line["phase"] as? String == phase)
      } else {
        #expect(line["fault"] as? Bool == true)
        #expect((line["reason"] as? String)?.isEmpty == false)
      }
      if let time = message.time { #expect((line["time_ms"] as? NSNumber)?.int64Value == time) }
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

  init(_ text: some StringProtocol, name fileName: String? = nil) throws {
    let fields = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    name = try #require(fileName ?? fields["name"] as? String)
    topic = try #require(fields["topic"] as? String)
    payload =
      try (fields["payload_text"] as? String).map { Data($0.utf8) }
      ?? (fields["payload_base64"] as? String).flatMap { Data(base64Encoded: $0) }
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

  static let profiles = Programs.root.appendingPathComponent("config/profiles")

  /// Those beside the profiles.
  static func shipped() throws -> [Published] {
    let files = FileManager.default.enumerator(atPath: profiles.path)?.compactMap { $0 as? String } ?? []
    return try files.filter { $0.hasSuffix(".example.json") }.sorted().map {
      try Published(String(contentsOf: profiles.appendingPathComponent($0), encoding: .utf8), name: $0)
    }
  }

  static func all() throws -> [Published] {
    let file = Programs.root.appendingPathComponent("Tests/PayloadsTests/Examples/published.jsonl")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { try Published($0) }
  }
}
