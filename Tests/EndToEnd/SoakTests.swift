/// A day of some two thousand devices, as fast as the machine can, with a broker that is stopped now and then.
///
/// Takes minutes: `SOAK=43 swift test --filter SoakTests` plays 43 copies of each estate, as `make soak` does.
import Foundation
import Testing

@Suite("A long run", .serialized)
struct SoakTests {
  private static let copies = ProcessInfo.processInfo.environment["SOAK"].flatMap { Int($0) }

  /// The estates, each so many times: under other names, without the addresses, which must be unique.
  private func multiply(_ seeds: URL, by copies: Int) throws {
    let folder = seeds.appendingPathComponent("estates")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".yaml")
    {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      for copy in 1..<max(2, copies) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter {
          !$0.trimmingPrefix { $0 == " " }.hasPrefix("address:")
        }.map { $0.hasPrefix("estate: ") ? "\($0)-\(copy)" : String($0) }
        try lines.joined(separator: "\n").write(
          to: folder.appendingPathComponent("\(copy)-\(name)"), atomically: true, encoding: .utf8)
      }
    }
  }

  private struct Sample {
    var resident: Int
    var files: Int

    init?(_ process: Int32) {
      guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
        let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first,
        let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
      else { return nil }
      (resident, self.files) = (kilobytes, files)
    }
  }

  @Test(
    "A day of many devices: memory and files stay, no message is lost, no ticket is made of nothing",
    .enabled(if: copies != nil, "SOAK=43 plays it, in minutes"))
  func day() throws {
    let copies = try #require(Self.copies)
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) { $0 }
    let seeds = folder.appendingPathComponent("seeds")
    try multiply(seeds, by: copies)
    let running = try RunningGateway(
      config: config, data: folder.appendingPathComponent("data"), ["--clock", "simulation"])
    try #require(try running.isUp(), "\(running.gateway.errors)")
    let simulator = try Running(
      "estatesim",
      ["play", "ordinary-day", "--speed", "max", "--data", running.data.path, "--seeds", seeds.path])
    var samples: [Sample] = []
    let began = Date()
    var stops = 0
    while simulator.isRunning, Date().timeIntervalSince(began) < 1200 {
      sleep(1)
      if let sample = Sample(running.gateway.identifier) { samples.append(sample) }
      // It saves what it holds; the gateway starts it again.
      if samples.count % 60 == 30, let broker = children(of: running.gateway.identifier).first {
        kill(broker, SIGTERM)
        stops += 1
      }
    }
    let played = simulator.wait()
    #expect(played.status == 0, "\(played.errors)")
    #expect(
      try Programs.eventually(120) {
        try running.command("status", "--json").output.contains("\"simulationEnded\":true")
      })
    let words = played.output.split(separator: " ")
    let sent = try #require(
      words.firstIndex(of: "messages").flatMap { Int(words[$0 - 1]) }, "\(played.output)")
    let taken = try running.status("messages")
    #expect(taken >= sent)
    #expect(try running.command("tickets", "--all", "--json").lines == [])
    let readings = try running.status("readings") - running.status("duplicates")
    let half = samples[samples.count / 2]
    let last = try #require(samples.last)
    let size =
      try FileManager.default.attributesOfItem(
        atPath: running.data.appendingPathComponent("gatehouse.sqlite").path)[.size] as? Int ?? 0
    let seconds = Int(Date().timeIntervalSince(began))
    print(
      "soak: \(try running.status("devices")) devices, \(sent) messages sent, \(taken) taken, \(readings) readings, \(stops) stops of the broker, in \(seconds) s;"
        + " resident \(half.resident) kB at half, \(last.resident) kB at the end; files \(half.files), \(last.files);"
        + " database \(size) bytes")
    #expect(Double(last.resident) < Double(half.resident) * 1.2 + 10_000)
    #expect(last.files <= half.files + 4)
    #expect(size < 4_000_000_000)
    #expect(running.stop().status == 0)
  }
}
