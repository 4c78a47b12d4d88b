/// The gateway as systemd and an administrator see it.
import Foundation
import Testing

@Suite("The gateway as a service", .serialized)
struct ServiceTests {
  @Test("It tells systemd when it is ready, that it lives, and that it stops")
  func notify() throws {
    let data = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    let path = data.appendingPathComponent("n.sock").path
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    var said: [String] = []
    func listen() {
      var buffer = [UInt8](repeating: 0, count: 1000)
      while true {
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { return }
        said += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
      }
    }
    let gateway = try Running(
      "gatehouse",
      [
        "run", "--estates", "luyuan", "--data", data.path, "--config",
        Programs.root.appendingPathComponent("config").path,
      ], environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1500000"])
    #expect(
      Programs.eventually {
        listen()
        return said.count { $0 == "WATCHDOG=1" } >= 3
      }, "\(said) \(gateway.errors)")
    #expect(said.first == "READY=1")
    #expect(said.contains { $0.hasPrefix("STATUS=broker connected, 0 alarms") }, "\(said)")
    gateway.signal(SIGTERM)
    #expect(gateway.wait().status == 0)
    listen()
    #expect(said.contains("STOPPING=1"))
  }

  @Test("The log as JSON: every line is an object with time, level and message")
  func jsonLog() throws {
    let running = try RunningGateway(["--estates", "luyuan", "--log", "json"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    try #require(try running.isUp(), "\(running.gateway.errors)")
    let stopped = running.stop()
    let lines = stopped.errors.split(separator: "\n")
    #expect(lines.count >= 3)
    for line in lines {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
      #expect(object["level"] is String && object["message"] is String && object["time"] is String)
    }
  }

  @Test("Under systemd each line begins with its level")
  func journalLog() throws {
    let data = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    let gateway = try Running(
      "gatehouse",
      [
        "run", "--estates", "luyuan", "--data", data.path, "--config",
        Programs.root.appendingPathComponent("config").path,
      ], environment: ["JOURNAL_STREAM": "8:1234"])
    #expect(Programs.eventually { gateway.errors.contains("broker link is up") }, "\(gateway.errors)")
    gateway.signal(SIGTERM)
    for line in gateway.wait().errors.split(separator: "\n") {
      #expect(line.hasPrefix("<6>") || line.hasPrefix("<4>") || line.hasPrefix("<5>"), "\(line)")
    }
  }

  @Test("A device that is enrolled while the gateway runs is heard; revoked, it is not; no secret is logged")
  func enrol() throws {
    let running = try RunningGateway(["--estates", "luyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    try #require(try running.isUp(), "\(running.gateway.errors)")
    let enrolled = try running.command("device", "enrol", "luyuan/probe-w01", "--json").objects().first
    let password = try #require(enrolled?["password"] as? String)
    let port = try #require(try running.brokerArguments().drop { $0 != "-p" }.dropFirst().first)
    func publish(_ time: Int) throws -> Int32 {
      try Programs.run(
        "mosquitto_pub",
        [
          "-p", port, "-u", "luyuan/probe-w01", "-P", password, "-q", "1", "-t",
          "estates/luyuan/probe-w01/reading", "-m", #"{"ts":\#(time),"level":0.08}"#,
        ]
      ).status
    }
    let now = Int(Date().timeIntervalSince1970 * 1000)
    usleep(500_000)
    #expect(try publish(now) == 0)
    #expect(try Programs.eventually { try running.status("readings") == 1 })
    #expect(try running.command("device", "enrol", "luyuan/probe-w99").errors.contains("probe-w0"))
    #expect(try running.command("device", "revoke", "luyuan/probe-w01").status == 0)
    #expect(try publish(now + 1) != 0)
    #expect(try running.command("device", "list").output.contains("no device"))
    let own = try String(contentsOf: running.data.appendingPathComponent("broker/password"), encoding: .utf8)
    let log = try String(
      contentsOf: running.data.appendingPathComponent("broker/mosquitto.log"), encoding: .utf8)
    let said = running.stop()
    for text in [said.errors, said.output, log] { #expect(!text.contains(own) && !text.contains(password)) }
  }

  @Test("The running gateway's figures are there for Prometheus")
  func metrics() throws {
    let running = try RunningGateway(["--estates", "luyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    try #require(try running.isUp(), "\(running.gateway.errors)")
    let file = running.data.appendingPathComponent("console.url")
    #expect(Programs.eventually { FileManager.default.fileExists(atPath: file.path) })
    let url = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    let now = Int(Date().timeIntervalSince1970 * 1000)
    try running.publish("estates/luyuan/probe-w01/reading", Data(#"{"ts":\#(now),"level":0.08}"#.utf8))
    try running.publish("estates/luyuan/probe-w01/reading", Data("nonsense".utf8))
    func page(_ path: String) throws -> String {
      try Programs.run("curl", ["-s", "-m", "5", url + path]).output
    }
    var text = ""
    let areCounted = try Programs.eventually {
      text = try page("metrics")
      return text.contains("gatehouse_readings_total 1\n")
        && text.contains(#"gatehouse_decode_failures_total{reason="not-json"} 1"#)
    }
    #expect(areCounted, "\(text)")
    #expect(text.contains("gatehouse_broker_connected 1\n"))
    #expect(try page("healthz") == "ok\n")
    #expect(try Programs.eventually { try page("readyz") == "ready\n" })
    #expect(running.stop().status == 0)
  }
}
