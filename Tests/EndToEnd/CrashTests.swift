/// kill -9 in the middle of the load, again and again: what the broker was told to forget must be on disk.
import EstateModel
import Foundation
import TestSupport
import Testing

@Suite("A gateway that is killed", .serialized)
struct CrashTests {
  @Test("keeps every reading once and raises every ticket once")
  func keepsAll() throws {
    let kills = ProcessInfo.processInfo.environment["KILLS"].flatMap { Int($0) } ?? 20
    let outcome = try CrashRun.play(program: "gatehouse", kills: kills)
    #expect(outcome.published > kills * 200, "the load ran while the gateway was killed")
    #expect(outcome.missing == [], "acknowledged and lost")
    #expect(outcome.unknown == [], "never published")
    #expect(outcome.twice == [])
    #expect(outcome.tickets == outcome.incidents, "each ticket once")
  }

  @Test("loses readings when it acknowledges before the commit: this test would find it")
  func hastyLosesSome() throws {
    let outcome = try CrashRun.play(program: "HastyGateway", kills: 4, whileConnected: true)
    #expect(outcome.published > 800)
    #expect(outcome.missing != [])
  }
}

/// A load, a few incidents, and a gateway that doesn't live long.
struct CrashRun {
  var published = 0
  /// Readings as `estate/device,milliseconds`, at most ten of each.
  var missing: [String] = []
  var unknown: [String] = []
  var twice: [String] = []
  /// Places with a visitor who stays, and places of the tickets that were found; in order.
  var incidents: [String] = []
  var tickets: [String] = []

  /// - Parameters:
  ///   - program: the gateway that is run.
  ///   - kills: how often it is killed.
  ///   - whileConnected: never before its link is up.
  static func play(program: String, kills: Int, whileConnected: Bool = false) throws -> CrashRun {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = try freePort()
    let broker = try startBroker(port, in: folder)
    defer {
      broker.signal(SIGTERM)
      _ = broker.wait()
    }
    let config = try copyOfConfiguration(in: folder) {
      $0.replacingOccurrences(
        of: "broker: embedded", with: "broker: {url: \"mqtt://127.0.0.1:\(port)\", max-in-flight: 1000}")
    }
    let estates = folder.appendingPathComponent("seeds/estates")
    try FileManager.default.removeItem(at: estates)
    let written = try Programs.run(
      "estatesim", ["load", "--devices", "1000", "--write-catalogue", estates.path])
    guard written.status == 0 else { throw Failure(written.errors) }

    // The broker keeps messages for a client that it knows.
    let data = folder.appendingPathComponent("data")
    var running = try RunningGateway(program: program, config: config, data: data)
    guard try running.isUp() else { throw Failure("no link: \(running.gateway.errors)") }
    let record = folder.appendingPathComponent("published.csv")
    let url = "mqtt://127.0.0.1:\(port)"
    let load = try Running(
      "estatesim",
      ["load", "--devices", "1000", "--rate", "2000", "--record", record.path, "--broker", url])

    var run = CrashRun()
    for kill in 0..<kills {
      if whileConnected, try !running.isUp() { throw Failure(running.gateway.errors) }
      usleep(UInt32.random(in: 100_000...1_500_000))
      running.gateway.signal(SIGKILL)
      _ = running.gateway.wait()
      if kill % 4 == 0 { try run.visit(port: port) }
      running = try RunningGateway(program: program, config: config, data: data)
      if kill % 4 == 2 { try run.visit(port: port) }
    }
    load.signal(SIGTERM)
    let loaded = load.wait()
    guard loaded.status == 0 else { throw Failure("load: \(loaded.errors)") }
    guard try running.isUp(), try running.isIdle() else { throw Failure(running.gateway.errors) }
    run.tickets = try running.command("tickets", "--all", "--json").objects()
      .map { "\($0["estate"] ?? "")/\($0["place"] ?? "")" }.sorted()
    let stopped = running.stop()
    guard stopped.status == 0 else { throw Failure("stop: \(stopped.errors)") }
    try run.compare(record, running, in: folder)
    run.incidents.sort()
    return run
  }

  private static func startBroker(_ port: Int, in folder: URL) throws -> Running {
    let file = folder.appendingPathComponent("broker.conf")
    try """
    listener \(port) 127.0.0.1
    allow_anonymous true
    persistence true
    persistence_location \(folder.path)/
    max_inflight_messages 1000
    max_queued_messages 0

    """.write(to: file, atomically: true, encoding: .utf8)
    let broker = try Running("mosquitto", ["-c", file.path])
    guard
      Programs.eventually(
        10, { (try? Programs.run("mosquitto_pub", ["-p", "\(port)", "-t", "up", "-n"]).status) == 0 })
    else { throw Failure("mosquitto: \(broker.errors)") }
    return broker
  }

  /// Somebody has stood at a gate for six minutes: one message, one ticket.
  private mutating func visit(port: Int) throws {
    // A hundred gates, each visited once at most.
    let number = incidents.count
    let (estate, camera) = (number % 10, number / 10)
    let now = Int(Date().timeIntervalSince1970 * 1000)
    let sent = try Programs.run(
      "mosquitto_pub",
      [
        "-p", "\(port)", "-q", "1", "-t", "estates/load-\(estate)/camera-\(camera)/event", "-m",
        #"{"ts":\#(now),"event":"loitering","phase":"update","id":"v\#(number)","start":\#(now - 360_000)}"#,
      ])
    guard sent.status == 0 else { throw Failure("mosquitto_pub: \(sent.errors)") }
    incidents.append("load-\(estate)/gate-\(camera)")
  }

  private mutating func compare(_ record: URL, _ running: RunningGateway, in folder: URL) throws {
    let file = folder.appendingPathComponent("history.csv")
    let exported = try running.command("export", "--since", "24h", "--output", file.path)
    guard exported.status == 0 else { throw Failure("export: \(exported.errors)") }
    var stored: [String: Int] = [:]
    for row in try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst() {
      let fields = row.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count > 2, fields[2] != "loitering" else { continue }
      guard let time = Timestamp(rfc3339: String(fields[0])) else { throw Failure("no time in '\(row)'") }
      stored["\(fields[1]),\(time.milliseconds)", default: 0] += 1
    }
    twice = Array(stored.filter { $0.value > 1 }.keys.prefix(10))
    let lines = try String(contentsOf: record, encoding: .utf8).split(separator: "\n")
    published = lines.count
    let expected = Set(lines.map(String.init))
    missing = Array(expected.subtracting(stored.keys).prefix(10))
    unknown = Array(Set(stored.keys).subtracting(expected).prefix(10))
  }
}
