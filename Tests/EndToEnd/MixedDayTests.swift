/// A day of devices that speak five formats, with every fault switched on: what the simulator did wrong, and what the
/// gateway counted, must be the same numbers.
import Foundation
import Testing

@Suite("A mixed day", .serialized)
struct MixedDayTests {
  /// `MIXED_DEVICES=2000 MIXED_HOURS=24 MIXED_SPEED=400` for the whole day.
  private static func setting(_ name: String, _ usual: String) -> String {
    ProcessInfo.processInfo.environment["MIXED_\(name)"] ?? usual
  }
  private static let devices = setting("DEVICES", "100")
  private static let hours = Int(setting("HOURS", "3")) ?? 3
  private static let speed = setting("SPEED", "max")

  /// What leads to tickets has its devices by name; what must not hits whom it likes.
  private static var scenario: String {
    var tickets = [
      "{category: gate-security, estate: load-0, place: gate-1, priority: P3, party: community, raised: 44 min .. 47 min}",
      "{category: wall-safety, estate: load-0, place: wall-0, priority: P1, party: community, raised: 50 min .. 60 min}",
      "{category: device-maintenance, estate: load-0, place: flat, priority: P4, party: community, raised: 34 min .. 37 min}",
      "{category: device-maintenance, estate: load-0, place: w1, priority: P4, party: community, raised: 60 min .. 75 min}",
    ]
    if hours > 8 {
      tickets.append(
        "{category: device-maintenance, estate: load-0, place: flat, priority: P4, party: community, raised: 6 h .. 7.2 h}"
      )
    }
    return """
      scenario: mixed-day
      title: A day of mixed formats with every fault
      estates: [all]
      start: 2026-04-21T09:00:00+08:00
      duration: \(hours) h
      seed: 5
      format: mixed
      incidents:
        - {at: 40 min, kind: loitering, device: load-0/camera-1, stay: 8 min}
        - {at: 50 min, kind: wall-jump, device: load-0/wall-0, angle: 1.5 deg}
      faults:
        - {kind: silent, devices: [load-0/noise-10], at: 30 min}
        - {kind: battery-dying, devices: [load-0/well-1], for: 70 min}
        - {kind: stuck, devices: [load-0/noise-5]}
        - {kind: wrong-clock, share: 0.1, by: 10 min}
        - {kind: flapping, share: 0.06, by: 20 min, gone: 90 s}
        - {kind: reboot, share: 0.06, at: 75 min}
        - {kind: drifting, share: 0.03, amount: 0.0004}
        - {kind: noisy, share: 0.03, amount: 0.002}
        - {kind: duplicated, share: 0.02}
        - {kind: out-of-order, share: 0.02}
        - {kind: late, share: 0.02}
        - {kind: malformed, share: 0.02}
      expect:
        tickets:
      \(tickets.map { "    - \($0)" }.joined(separator: "\n"))
      """
  }

  @Test("The gateway's counters equal the faults, and the tickets are those expected")
  func mixedDay() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) { $0 }
    let estates = folder.appendingPathComponent("seeds/estates")
    try FileManager.default.removeItem(at: estates)
    let written = try Programs.run(
      "estatesim", ["load", "--devices", Self.devices, "--write-catalogue", estates.path])
    #expect(written.status == 0, "\(written.errors)")
    let file = folder.appendingPathComponent("mixed-day.yaml")
    try Self.scenario.write(to: file, atomically: true, encoding: .utf8)

    let running = try RunningGateway(config: config, ["--clock", "simulation"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    let player = try Running(
      "estatesim",
      [
        "play", file.path, "--seeds", folder.appendingPathComponent("seeds").path, "--speed", Self.speed,
        "--json", "--data", running.data.path,
      ])
    let limit = Date().addingTimeInterval(3600)
    while player.isRunning, Date() < limit { usleep(100_000) }
    let played = player.wait()
    #expect(played.status == 0, "\(played.errors)")
    let report = try #require(try played.objects().last)
    let faults = try #require(report["faults"] as? [String: Any])
    let injected = try #require(faults["injected"] as? [String: Int])
    let visible = try #require(faults["visible"] as? [String: Any])
    for kind in [
      "silent", "stuck", "drifting", "noisy", "duplicated", "out-of-order", "late", "wrong-clock",
      "malformed",
      "flapping", "reboot", "battery-dying",
    ] {
      #expect(injected[kind] ?? 0 > 0, "\(kind) was not injected")
    }
    #expect(try running.isIdle())

    let status = try #require(try running.command("status", "--json").objects().first)
    for (counter, fault) in [
      ("repeats", "repeats"), ("duplicates", "duplicates"), ("missedFrames", "missed"),
      ("disordered", "disordered"), ("late", "late"), ("joins", "joins"),
    ] {
      #expect(status[counter] as? Int == visible[fault] as? Int, "\(counter): \(status) \(visible)")
    }
    var problems: [String: Int] = [:]
    for problem in try running.command("devices", "--problems", "--json").objects() {
      guard let reason = problem["reason"] as? String, let count = problem["count"] as? Int else { continue }
      problems[reason, default: 0] += count
    }
    #expect(problems == visible["problems"] as? [String: Int])
    let wrong = try running.command("devices", "--json").objects()
      .filter { $0["hasWrongClock"] as? Bool == true }.compactMap { $0["device"] as? String }
    #expect(Set(wrong) == Set(visible["wrongClocks"] as? [String] ?? []))

    // Over a day one lost message follows another by chance: each stretch that is too long is told, and no other.
    let silences = try #require(visible["silences"] as? [[String: Any]]).compactMap { silence in
      (silence["device"] as? String).map { Silence(device: $0, at: silence["at"] as? Int ?? 0) }
    }.sorted()
    let told = try running.command("alarms", "--all", "--json").objects()
      .compactMap { $0["raised"] as? [String: Any] }.filter { $0["rule"] as? String == "device-silent" }
      .map { Silence(device: "\($0["estate"] ?? "")/\($0["device"] ?? "")", at: $0["at"] as? Int ?? 0) }
      .sorted()
    #expect(told.map(\.device) == silences.map(\.device))
    for (told, silence) in zip(told, silences) {
      #expect((0...30_000).contains(told.at - silence.at), "\(told) \(silence)")
    }

    let checked = try Self.differences(running, file: file, silences)
    #expect(checked.isEmpty, "\(checked.joined(separator: "\n"))")
    #expect(running.stop().status == 0)
  }

  private struct Silence: Comparable {
    var device: String
    /// Milliseconds since 1970.
    var at: Int

    static func < (one: Silence, other: Silence) -> Bool { (one.device, one.at) < (other.device, other.at) }
  }

  /// Compares the tickets with the scenario's list, in this test's own words.
  /// - Parameter silences: each device's first makes a ticket, which stays open; that of noise-10 is in the list.
  private static func differences(_ running: RunningGateway, file: URL, _ silences: [Silence]) throws
    -> [String]
  {
    func value(_ line: Substring, _ key: String) -> String {
      guard let range = line.range(of: "\(key): ") else { return "" }
      return String(line[range.upperBound...].prefix { $0 != "," && $0 != "}" })
    }
    var expected = scenario.split(separator: "\n").filter { $0.contains("category:") }.map {
      [
        value($0, "category"), value($0, "estate"), value($0, "place"), value($0, "priority"),
        value($0, "raised"),
      ]
    }
    func minutes(_ text: String) -> Double {
      (Double(text.split(separator: " ").first ?? "") ?? -1) * (text.hasSuffix("h") ? 60 : 1)
    }
    var lines: [String] = []
    // 2026-04-21T09:00:00+08:00
    let start = 1_776_733_200_000.0
    var places: [String: String] = [:]
    for device in try running.command("devices", "--json").objects() {
      places[device["device"] as? String ?? ""] = device["place"] as? String
    }
    var seen: Set = ["load-0/noise-10"]
    for silence in silences where seen.insert(silence.device).inserted {
      let minute = (Double(silence.at) - start) / 60_000
      expected.append([
        "device-maintenance", silence.device.split(separator: "/").first.map(String.init) ?? "",
        places[silence.device] ?? "", "P4", "\(minute) min .. \(minute + 0.5) min",
      ])
    }
    for ticket in try running.command("tickets", "--all", "--json").objects() {
      let opened = ((ticket["opened"] as? NSNumber)?.doubleValue ?? 0) - start
      let words = ["category", "estate", "place", "priority"].map { ticket[$0] as? String ?? "" }
      let match = expected.firstIndex { wanted in
        let span = wanted[4].components(separatedBy: " .. ")
        return Array(wanted.prefix(4)) == words && opened / 60_000 >= minutes(span.first ?? "")
          && opened / 60_000 <= minutes(span.last ?? "")
      }
      if let match {
        expected.remove(at: match)
      } else {
        lines.append("not expected: \(words.joined(separator: " ")) after \(opened / 60_000) min")
      }
    }
    return lines + expected.map { "missing: \($0.joined(separator: " "))" }
  }
}
