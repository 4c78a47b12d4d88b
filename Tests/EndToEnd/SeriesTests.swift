/// Eleven days of a real sound level meter say whether levels are averaged rightly; four of them are kept here.
/// Source: valerianF/noisemonitor, tests/data/test_data_laeq1m.csv, Apache-2.0.
import Foundation
import Testing

@Suite("The measured series", .serialized)
struct SeriesTests {
  private static let fixtures = Programs.root.appendingPathComponent("Tests/EndToEnd/Fixtures")

  @Test(
    "Replayed through broker and gateway it gives the night's LAeq, and the night rule's alarms to the minute"
  )
  func series() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) { $0 }
    let rules = config.appendingPathComponent("rules")
    try FileManager.default.removeItem(at: rules)
    try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Self.fixtures.appendingPathComponent("series-rules.yaml"),
      to: rules.appendingPathComponent("series.yaml"))

    let running = try RunningGateway(config: config, ["--clock", "simulation", "--estates", "xintai"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    let csv = Self.fixtures.appendingPathComponent("laeq-1min.csv")
    let device = "xintai/noise-flat"
    let replay = try Programs.run(
      "estatesim",
      [
        "replay", "--csv", csv.path, "--device", device, "--signal", "laeq", "--speed", "max", "--data",
        running.data.path,
      ])
    #expect(replay.status == 0, "\(replay.errors)")
    let count = try String(contentsOf: csv, encoding: .utf8).split(separator: "\n").count - 1
    #expect(try Programs.eventually { try running.status("readings") == count })
    #expect(running.stop().status == 0)

    // Computed from the published series with plain Python: energy mean, nearest-rank percentiles.
    for (since, until, laeq, l10, l90) in [
      ("2025-03-24T00:00:00+08:00", "2025-03-25T00:00:00+08:00", 51.5896, 54.0294, 46.1935),
      ("2025-03-24T22:00:00+08:00", "2025-03-25T06:00:00+08:00", 48.2410, 51.1302, 43.3771),
      ("2025-03-24T08:00:00+08:00", "2025-03-24T09:00:00+08:00", 52.0548, 53.1587, 50.7140),
    ] {
      let line = try running.command(
        "history", device, "laeq", "--summary", "--json", "--since", since, "--until", until)
      let summary = try #require(try line.objects().first, "\(line.errors)")
      #expect(abs((summary["mean"] as? Double ?? .nan) - laeq) < 0.001)
      #expect(abs((summary["l10"] as? Double ?? .nan) - l10) < 0.001)
      #expect(abs((summary["l90"] as? Double ?? .nan) - l90) < 0.001)
    }

    let script = Programs.root.appendingPathComponent("Tests/EndToEnd/Fixtures/night_alarms.py")
    let computed = try Programs.run("python3", [script.path, csv.path])
    #expect(computed.status == 0, "\(computed.errors)")
    let expected = computed.lines
    #expect(expected.count >= 4, "the script finds alarms in the series")
    let alarms = try running.command("alarms", "--all", "--json").objects().sorted {
      time($0, "raised") < time($1, "raised")
    }
    let found = alarms.map { "\(time($0, "raised") / 60_000) \(time($0, "cleared") / 60_000)" }
    #expect(found == expected)
  }

  /// Milliseconds of an alarm's step; 0 while there is none.
  private func time(_ alarm: [String: Any], _ step: String) -> Int {
    if step == "raised" { return (alarm["raised"] as? [String: Any])?["at"] as? Int ?? 0 }
    return alarm["cleared"] as? Int ?? 0
  }
}
