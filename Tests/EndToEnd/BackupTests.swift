/// A backup of a gateway under load, and what comes of it elsewhere.
import Foundation
import Testing

@Suite("A backup", .serialized)
struct BackupTests {
  /// Rows of `gatehouse export`, but for the time of arrival, which a restart may take anew.
  private func readings(_ running: RunningGateway, in folder: URL) throws -> Set<String> {
    let file = folder.appendingPathComponent("export-\(UUID().uuidString).csv")
    let exported = try running.command("export", "--since", "24h", "--output", file.path)
    guard exported.status == 0 else { throw Failure("export: \(exported.errors)") }
    let rows = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst()
    return Set(
      rows.map { $0.split(separator: ",", omittingEmptySubsequences: false).prefix(4).joined(separator: ",") }
    )
  }

  @Test("under load becomes a folder that starts, with every reading and ticket that was kept before it")
  func underLoad() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) { $0 }
    let estates = folder.appendingPathComponent("seeds/estates")
    try FileManager.default.removeItem(at: estates)
    let written = try Programs.run(
      "estatesim", ["load", "--devices", "1000", "--write-catalogue", estates.path])
    #expect(written.status == 0, "\(written.errors)")
    let data = folder.appendingPathComponent("data")
    let running = try RunningGateway(config: config, data: data)
    try #require(try running.isUp(), "\(running.gateway.errors)")
    let load = try Running(
      "estatesim", ["load", "--devices", "1000", "--rate", "2000", "--data", data.path])
    let now = Int(Date().timeIntervalSince1970 * 1000)
    try running.publish(
      "estates/load-1/camera-1/event",
      Data(
        #"{"ts":\#(now),"event":"loitering","phase":"update","id":"v1","start":\#(now - 360_000)}"#.utf8))
    #expect(try Programs.eventually { try running.command("tickets", "--json").lines.count == 1 })
    let enrolled = try running.command("device", "enrol", "load-1/noise-1", "--json")
    #expect(enrolled.status == 0, "\(enrolled.errors)")
    #expect(try Programs.eventually { try readings(running, in: folder).count > 4000 })

    let before = try readings(running, in: folder)
    let file = folder.appendingPathComponent("gate.backup")
    let made = try running.command("backup", file.path)
    #expect(made.status == 0, "\(made.errors)")
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try running.command("backup", file.path).status == 1, "an earlier backup is not overwritten")
    let messages = try running.status("messages")
    #expect(try Programs.eventually { try running.status("messages") > messages }, "it goes on")
    load.signal(SIGTERM)
    _ = load.wait()
    let intoRunning = try Programs.run(
      "gatehouse", ["restore", file.path, "--replace", "--data", data.path, "--config", config.path])
    #expect(intoRunning.status == 1)
    #expect(intoRunning.errors.contains("\(running.gateway.identifier)"), "\(intoRunning.errors)")
    #expect(running.stop().status == 0)

    #expect(try Programs.run("gatehouse", ["verify", file.path]).status == 0)
    let elsewhere = folder.appendingPathComponent("elsewhere")
    let restored = try Programs.run(
      "gatehouse", ["restore", file.path, "--data", elsewhere.path, "--config", config.path])
    #expect(restored.status == 0, "\(restored.errors)")
    let again = try RunningGateway(config: config, data: elsewhere)
    try #require(try again.isUp(), "\(again.gateway.errors)")
    let after = try readings(again, in: folder)
    #expect(before.subtracting(after).isEmpty)
    #expect(try again.command("tickets", "--json").lines.count == 1)
    #expect(try again.command("device", "list").output.contains("load-1/noise-1"))
    #expect(again.stop().status == 0)
    let twice = try Programs.run(
      "gatehouse", ["restore", file.path, "--data", elsewhere.path, "--config", config.path])
    #expect(twice.status == 1, "a database that is there stays")
    let replaced = try Programs.run(
      "gatehouse", ["restore", file.path, "--replace", "--data", elsewhere.path, "--config", config.path])
    #expect(replaced.status == 0, "\(replaced.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: elsewhere.path).contains {
        $0.hasPrefix("before-restore-")
      })
  }

  @Test("with one changed bit, or of something else, is found out, and nothing is restored from it")
  func damaged() throws {
    let running = try RunningGateway(["--estates", "luyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    try #require(try running.isUp(), "\(running.gateway.errors)")
    let now = Int(Date().timeIntervalSince1970 * 1000)
    for number in 0..<200 {
      if number % 100 == 0 { usleep(1000) }
      try running.publish(
        "estates/luyuan/probe-w01/reading", Data(#"{"ts":\#(now - number),"level":0.08}"#.utf8))
      if number == 3 { break }
    }
    #expect(try Programs.eventually { try running.status("readings") >= 4 })
    #expect(running.stop().status == 0)
    let file = running.data.appendingPathComponent("b")
    #expect(try running.command("backup", file.path).status == 0)
    #expect(try running.command("verify", file.path).status != 0, "verify takes no folder")
    #expect(try Programs.run("gatehouse", ["verify", file.path]).status == 0)
    let whole = try Data(contentsOf: file)
    // The device's name stands in the table of devices: still a good database, but not this one.
    var bytes = whole
    let name = try #require(bytes.range(of: Data("luyuan/probe-w01".utf8)))
    bytes[name.lowerBound] ^= 1
    try bytes.write(to: file)
    let found = try Programs.run("gatehouse", ["verify", file.path])
    #expect(found.status == 1)
    #expect(found.errors.contains("damaged"), "\(found.errors)")
    let target = running.data.appendingPathComponent("target")
    #expect(try Programs.run("gatehouse", ["restore", file.path, "--data", target.path]).status == 1)
    #expect(!FileManager.default.fileExists(atPath: target.appendingPathComponent("gatehouse.sqlite").path))
    try whole.prefix(whole.count / 2).write(to: file)
    #expect(try Programs.run("gatehouse", ["verify", file.path]).status == 1)
    try Data("not a database".utf8).write(to: file)
    #expect(try Programs.run("gatehouse", ["verify", file.path]).errors.contains("not a backup"))
  }
}
