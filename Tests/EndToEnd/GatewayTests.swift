/// `gatehouse run` with its embedded broker, and the command line beside it.
import Foundation
import TestSupport
import Testing

@Suite("A running gateway", .serialized)
struct GatewayTests {
  @Test("estatesim's readings become tickets that people work on, and a restart keeps them")
  func wholeWay() throws {
    let running = try RunningGateway(["--clock", "simulation", "--estates", "luyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    let simulator = try Programs.run(
      "estatesim", ["play", "luyuan-sewer-blockage", "--speed", "max", "--data", running.data.path])
    #expect(simulator.status == 0, "\(simulator.errors)")
    let ticket = try running.ticket()
    #expect(try running.command("tickets", "--json").lines.count == 1)
    let id = try #require(ticket["id"] as? String)
    #expect(ticket["estate"] as? String == "luyuan")
    #expect(ticket["category"] as? String == "sewer-blockage")

    let acknowledged = try running.command("ticket", "acknowledge", id, "--by", "guard")
    #expect(acknowledged.status == 0, "\(acknowledged.errors)")
    #expect(
      try running.command("ticket", "comment", id, "cover of the lowest full well lifted", "--by", "guard")
        .status == 0)
    #expect(
      try running.command("ticket", "assign", id, "--to", "sewer-contractor", "--by", "community").status == 0
    )
    let tooEarly = try running.command("ticket", "close", id, "--note", "done", "--by", "guard")
    #expect(tooEarly.status == 1, "closing needs a resolved ticket")
    #expect(
      try running.command("ticket", "resolve", id, "--note", "pipe flushed", "--by", "contractor").status == 0
    )
    let promise = try running.command(
      "ticket", "close", id, "--note", "residents content", "--by", "community")
    #expect(promise.status == 1, "a promise alone closes nothing: the sensors watch for a day")
    let unknown = try running.command("ticket", "acknowledge", "T-000000-AAAAAA", "--by", "guard")
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("T-000000-AAAAAA"))

    let stopped = running.stop()
    #expect(stopped.status == 0, "\(stopped.errors)")
    let shown = try running.command("ticket", "show", id)
    for word in ["guard", "community", "contractor", "pipe flushed"] {
      #expect(shown.output.contains(word), "\(shown.output)")
    }

    let again = try RunningGateway(data: running.data, ["--clock", "simulation", "--estates", "luyuan"])
    #expect(try again.isUp(), "\(again.gateway.errors)")
    let tickets = try again.command("tickets", "--all", "--json").objects()
    #expect(tickets.count == 1)
    #expect(tickets.first?["id"] as? String == id)
    #expect(again.stop().status == 0)
  }

  @Test("No mosquitto is left behind after kill -9, and the next start works", .timeLimit(.minutes(2)))
  func killed() throws {
    let running = try RunningGateway(["--estates", "luyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    let brokers = children(of: running.gateway.identifier)
    #expect(brokers.count == 1)
    running.gateway.signal(SIGKILL)
    _ = running.gateway.wait()
    for broker in brokers { #expect(Programs.eventually(10) { kill(broker, 0) != 0 }) }
    let again = try RunningGateway(data: running.data, ["--estates", "luyuan"])
    #expect(try again.isUp(), "\(again.gateway.errors)")
    #expect(again.stop().status == 0)
  }

  @Test("The broker is started again when it dies, and the gateway goes on")
  func brokerKilled() throws {
    let running = try RunningGateway(["--estates", "luyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp())
    let first = try #require(children(of: running.gateway.identifier).first)
    kill(first, SIGKILL)
    #expect(
      Programs.eventually {
        let now = children(of: running.gateway.identifier)
        return now.count == 1 && now.first != first
      })
    #expect(try running.isUp())
    let now = Int(Date().timeIntervalSince1970 * 1000)
    #expect(
      try Programs.eventually {
        try? running.publish("estates/luyuan/probe-w01/reading", Data(#"{"ts":\#(now),"level":0.08}"#.utf8))
        return try running.status("readings") >= 1
      })
    #expect(running.stop().status == 0)
  }

  @Test("A second gateway on the same data folder is refused by name")
  func locked() throws {
    let running = try RunningGateway(["--estates", "luyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp())
    let second = try RunningGateway(data: running.data, ["--estates", "luyuan"]).gateway.wait()
    #expect(second.status == 1)
    #expect(second.errors.contains("\(running.gateway.identifier)"), "\(second.errors)")
    #expect(running.stop().status == 0)
  }

  @Test("With a URL it connects to the broker that is there")
  func foreignBroker() throws {
    let port = try freePort()
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("broker.conf")
    try "listener \(port) 127.0.0.1\nallow_anonymous true\n".write(
      to: file, atomically: true, encoding: .utf8)
    let broker = try Running("mosquitto", ["-c", file.path])
    let config = try copyOfConfiguration(in: folder) {
      $0.replacingOccurrences(of: "broker: embedded", with: "broker: mqtt://127.0.0.1:\(port)")
    }
    let running = try RunningGateway(config: config, ["--estates", "luyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    let now = Int(Date().timeIntervalSince1970 * 1000)
    let sent = try Programs.run(
      "mosquitto_pub",
      [
        "-p", "\(port)", "-q", "1", "-t", "estates/luyuan/probe-w01/reading", "-m",
        #"{"ts":\#(now),"level":0.08}"#,
      ])
    #expect(sent.status == 0)
    #expect(try Programs.eventually { try running.status("readings") == 1 })
    #expect(children(of: running.gateway.identifier).isEmpty, "no broker of its own")
    #expect(running.stop().status == 0)
    broker.signal(SIGTERM)
    _ = broker.wait()
  }
}

/// Processes whose parent is this one, by /proc.
func children(of parent: Int32) -> [Int32] {
  let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return entries.compactMap(Int32.init).filter { process in
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = stat.lastIndex(of: ")")
    else { return false }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    return fields.count > 1 && fields[0] != "Z" && Int32(fields[1]) == parent
  }
}

/// The shipped configuration in a folder of its own, `gatehouse.yaml` changed.
func copyOfConfiguration(in folder: URL, _ change: (String) -> String) throws -> URL {
  let config = folder.appendingPathComponent("config")
  try FileManager.default.copyItem(at: Programs.root.appendingPathComponent("config"), to: config)
  let seeds = folder.appendingPathComponent("seeds")
  try FileManager.default.copyItem(at: Programs.root.appendingPathComponent("seeds"), to: seeds)
  let main = config.appendingPathComponent("gatehouse.yaml")
  try change(String(contentsOf: main, encoding: .utf8)).write(to: main, atomically: true, encoding: .utf8)
  return config
}
