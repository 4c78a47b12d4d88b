/// One device sends ten thousand messages a second beside a thousand that send what they should.
import Foundation
import Testing

@Suite("A device that floods", .serialized)
struct FloodTests {
  /// A visitor stays at the gate of one camera; a connected client waits to say so.
  private final class Gate {
    let client: Running
    private let pipe: FileHandle
    private let fifo: String

    init(_ number: Int, broker: [String], in folder: URL) throws {
      fifo = folder.appendingPathComponent("gate-\(number)").path
      guard mkfifo(fifo, 0o600) == 0 else { throw Failure("mkfifo: \(String(cString: strerror(errno)))") }
      let words = broker + ["-q", "1", "-t", "estates/load-\(number % 10)/camera-\(number / 10)/event", "-l"]
      let command = "exec mosquitto_pub " + words.map { "'\($0)'" }.joined(separator: " ") + " <'\(fifo)'"
      client = try Running("sh", ["-c", command])
      // Waits until the client has opened its end.
      guard let pipe = FileHandle(forWritingAtPath: fifo) else { throw Failure("no \(fifo)") }
      self.pipe = pipe
    }

    func visit(_ now: Int) throws {
      let line =
        #"{"ts":\#(now),"event":"loitering","phase":"update","id":"f","start":\#(now - 360_000)}"# + "\n"
      try pipe.write(contentsOf: Data(line.utf8))
    }

    deinit { try? pipe.close() }
  }

  private static var milliseconds: Int { Int(Date().timeIntervalSince1970 * 1000) }

  /// From the visitor's message to the line of `gatehouse watch`, each in milliseconds.
  private func latencies(_ gates: [Gate], _ watch: Running) throws -> [Int] {
    try gates.map { gate in
      let before = watch.output.count { $0 == "\n" }
      let sent = Self.milliseconds
      try gate.visit(sent)
      let end = Date().addingTimeInterval(20)
      while watch.output.count(where: { $0 == "\n" }) == before {
        guard Date() < end else { throw Failure("no alarm within 20 s") }
        usleep(500)
      }
      let took = Self.milliseconds - sent
      usleep(200_000)
      return took
    }
  }

  private func median(_ values: [Int]) -> Int { values.sorted()[values.count / 2] }

  @Test("A device that floods costs the others nothing", .timeLimit(.minutes(3)))
  func flood() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) { $0 }
    let estates = folder.appendingPathComponent("seeds/estates")
    try FileManager.default.removeItem(at: estates)
    #expect(
      try Programs.run("estatesim", ["load", "--devices", "1000", "--write-catalogue", estates.path]).status
        == 0)
    let running = try RunningGateway(config: config, data: folder.appendingPathComponent("data"))
    try #require(try running.isUp(), "\(running.gateway.errors)")
    let watch = try Running(
      "gatehouse", ["watch", "--json", "--config", config.path, "--data", running.data.path])
    let broker = try running.brokerArguments()
    let gates = try (0..<22).map { try Gate($0, broker: broker, in: folder) }
    let normal = try Running(
      "estatesim", ["load", "--devices", "1000", "--rate", "1000", "--data", running.data.path])
    sleep(3)
    _ = try latencies(Array(gates[..<2]), watch)
    let quiet = median(try latencies(Array(gates[2..<12]), watch))

    let before = try running.status("messages")
    let began = Self.milliseconds
    let rogue = try Running(
      "estatesim", ["load", "--devices", "1", "--rate", "10000", "--data", running.data.path])
    sleep(3)
    let flooded = median(try latencies(Array(gates[12...]), watch))
    let rate = (try running.status("messages") - before) * 1000 / (Self.milliseconds - began)
    rogue.signal(SIGTERM)
    normal.signal(SIGTERM)
    watch.signal(SIGTERM)
    print("alert latency: \(quiet) ms, \(flooded) ms beside the flood; \(rate) messages/s taken")
    // Commits of a millisecond vary by more than that by themselves.
    #expect(flooded <= max(2 * quiet, quiet + 15), "\(quiet) ms became \(flooded) ms")
    #expect(rate > 5000, "the flood arrived at the gateway")
    let problems = try running.command("devices", "--problems", "--json").objects()
    #expect(
      problems.contains {
        $0["device"] as? String == "load-0/noise-0" && $0["reason"] as? String == "flooding"
      })
    #expect(running.stop().status == 0)
  }
}
