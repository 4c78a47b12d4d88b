/// A model that nobody knew, with one YAML file and no rebuild.
import Foundation
import Testing

@Suite("A new device model")
struct NewProfileTests {
  private let topic = "application/1/device/24e124fe00aa0001/event/up"
  /// A level probe of a known vendor, whose codec has keys of its own.
  private let payload = Data(
    #"{"time":"2026-03-14T15:09:26.535Z","deviceInfo":{"devEui":"24e124fe00aa0001"},"fCnt":3,"object":{"sludge_depth_cm":120,"probe_fault":0}}"#
      .utf8)

  @Test("A file in the folder of profiles, and the message is understood by the same program")
  func oneFile() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) { $0 }
    func decode() throws -> Outcome {
      try Programs.run("gatehouse", ["decode", "--config", config.path, "--topic", topic], input: payload)
    }
    let before = try decode()
    #expect(before.status == 1)
    #expect(before.errors.contains("unknown-model"), "\(before.errors)")

    let profile = config.appendingPathComponent("profiles/models/sludge.yaml")
    try """
    model: sludge-probe
    source: the maker's data sheet
    has: sludge_depth_cm
    signals:
      level: {from: sludge_depth_cm, unit: cm, faults: {0xFFFF: no echo}}

    """.write(to: profile, atomically: true, encoding: .utf8)
    let after = try decode()
    #expect(after.status == 0, "\(after.errors)")
    let line = try #require(try after.objects().first { $0["signal"] as? String == "level" })
    #expect((line["value"] as? NSNumber)?.doubleValue == 1.2)
    #expect(line["unit"] as? String == "m")
    #expect(line["time_ms"] as? Int == 1_773_500_966_535)
    #expect(try Programs.run("gatehouse", ["check", config.path]).status == 0)
  }

  @Test("A draft from a message loads, decodes what it could guess, and asks for the rest")
  func draft() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) { $0 }
    let message = Data(
      #"{"deviceInfo":{"devEui":"24e124fe00aa0001"},"object":{"water_level_cm":120,"battery":88,"sludge":3}}"#
        .utf8)
    let draft = try Programs.run(
      "gatehouse", ["profile", "new", "--name", "sludge-probe", "--config", config.path], input: message)
    #expect(draft.status == 0, "\(draft.errors)")
    #expect(draft.output.contains("# ?: {from: sludge, unit: ?}"), "\(draft.output)")
    try draft.output.write(
      to: config.appendingPathComponent("profiles/models/sludge.yaml"), atomically: true, encoding: .utf8)
    let checked = try Programs.run("gatehouse", ["check", config.path])
    #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
    let decoded = try Programs.run(
      "gatehouse", ["decode", "--config", config.path, "--topic", topic], input: message)
    let values = try decoded.objects().map { "\($0["signal"] ?? "") \($0["value"] ?? "")" }
    #expect(Set(values) == ["level 1.2", "battery 88"], "\(decoded.output) \(decoded.errors)")
  }
}
