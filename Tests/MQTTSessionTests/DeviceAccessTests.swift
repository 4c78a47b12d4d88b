/// Who gets into the embedded broker, and what they can do there: each thing that must not work is tried.
import EstateModel
import Foundation
import Gateway
import MQTTSession
import TestSupport
import Testing

/// A real mosquitto with both listeners for devices, and the gateway's own session, which reads everything.
private final class GuardedBroker {
  let data: URL
  let broker: EmbeddedBroker
  let options: MQTTOptions
  let listener: DeviceListenerSettings
  let gateway: MQTTSession
  private(set) var heard: [String] = []

  init(isSimulated: Bool = false) throws {
    data = try temporaryFolder()
    var listener = DeviceListenerSettings()
    listener.address = "127.0.0.1"
    listener.port = try freePort()
    listener.certificatePort = try freePort()
    self.listener = listener
    broker = EmbeddedBroker(
      dataFolder: data, template: nil, preferredPort: try freePort(), listener: listener,
      isSimulated: isSimulated, logger: quiet)
    options = try broker.start()
    var own = options
    own.clientID = "gatehouse"
    gateway = try MQTTSession(own, logger: quiet)
    gateway.onMessage = { [unowned self] in heard.append("\(text($0.topic)) \(text($0.payload).prefix(40))") }
    gateway.subscribe([("#", 1)])
    gateway.connect()
    try #require(gateway.turn { gateway.subscriptions.allSatisfy { $0.state == .granted(qos: 1) } })
  }

  deinit {
    broker.stop()
    try? FileManager.default.removeItem(at: data)
  }

  var book: EnrolmentBook { EnrolmentBook(dataFolder: data) }
  var folder: URL { data.appendingPathComponent("broker") }

  func enrol(_ name: String, replacing: Bool = false) throws -> String {
    let password = try book.enrolWithPassword(
      name, topics: ["estates/\(name)/#"], replacing: replacing, at: Timestamp(milliseconds: 0))
    // mosquitto reads its files again in the next turn of its loop.
    usleep(400_000)
    return password
  }

  /// As a device on another machine connects.
  func device(_ name: String?, password: String?, plain: Bool = false, clientID: String = "any")
    -> MQTTOptions
  {
    MQTTOptions(
      port: Int32(plain ? Int(options.port) : listener.port), clientID: clientID, username: name,
      password: password,
      tls: plain ? nil : MQTTOptions.TLS(caFile: book.authorityFile))
  }

  func certified(_ name: String) throws -> MQTTOptions {
    let files = (
      key: data.appendingPathComponent("d.key").path, pem: data.appendingPathComponent("d.pem").path
    )
    try book.enrolWithCertificate(
      name, topics: ["estates/\(name)/#"], replacing: false, at: Timestamp(milliseconds: 0), key: files.key,
      certificate: files.pem)
    usleep(400_000)
    return MQTTOptions(
      port: Int32(listener.certificatePort), clientID: "any",
      tls: MQTTOptions.TLS(caFile: book.authorityFile, certificateFile: files.pem, keyFile: files.key))
  }

  /// Whether the broker lets these in at the first try.
  func letsIn(_ options: MQTTOptions) throws -> Bool {
    let session = try MQTTSession(options, logger: quiet)
    session.connect()
    _ = session.turn(seconds: 3) {
      if case .disconnected = session.linkState { true } else { session.linkState.isConnected }
    }
    return session.linkState.isConnected
  }

  func connected(_ options: MQTTOptions) throws -> MQTTSession {
    let session = try MQTTSession(options, logger: quiet)
    session.connect()
    try #require(session.turn { session.linkState.isConnected }, "\(session.linkState)")
    return session
  }

  /// Waits until the gateway has heard it.
  func hears(_ message: String) -> Bool { gateway.turn { heard.contains(message) } }
}

@Suite("Devices at the embedded broker", .serialized)
struct DeviceAccessTests {
  @Test("Without a name, with a guessed password, or without TLS nobody gets in")
  func strangers() throws {
    let guarded = try GuardedBroker()
    let password = try guarded.enrol("luyuan/probe-w01")
    #expect(try !guarded.letsIn(guarded.device(nil, password: nil, plain: true)), "anonymous on loopback")
    #expect(try !guarded.letsIn(guarded.device(nil, password: nil)), "anonymous over TLS")
    #expect(try !guarded.letsIn(guarded.device("luyuan/probe-w01", password: "guess")))
    #expect(try !guarded.letsIn(guarded.device("luyuan/probe-w02", password: password)), "another's password")
    #expect(try !guarded.letsIn(guarded.device("gatehouse", password: "")))
    var withoutTLS = guarded.device("luyuan/probe-w01", password: password)
    withoutTLS.tls = nil
    #expect(try !guarded.letsIn(withoutTLS))
    #expect(try guarded.letsIn(guarded.device("luyuan/probe-w01", password: password)))
  }

  @Test("A device publishes under its own topics only, and reads nothing, retained messages neither")
  func ownTopics() throws {
    let guarded = try GuardedBroker()
    let password = try guarded.enrol("luyuan/probe-w01")
    _ = try guarded.enrol("luyuan/probe-w02")
    try guarded.gateway.publish(topic: "estates/luyuan/probe-w02/status", payload: "online", retain: true)
    #expect(guarded.hears("estates/luyuan/probe-w02/status online"))

    let device = try guarded.connected(guarded.device("luyuan/probe-w01", password: password))
    var read: [String] = []
    device.onMessage = { read.append(text($0.topic)) }
    device.subscribe([("#", 1), ("estates/luyuan/probe-w01/#", 1), ("$SYS/#", 1)])
    _ = device.turn(seconds: 1) { false }
    for topic in [
      "estates/luyuan/probe-w02/reading", "estates/luyuan/probe-w01", "estates/luyuan/probe-w01x/reading",
      "simulation/clock", "gatehouse/tickets", "estates/luyuan/probe-w01/reading",
    ] {
      try device.publish(topic: topic, payload: "mine")
    }
    #expect(device.drain(timeout: .seconds(5)))
    try guarded.gateway.publish(topic: "estates/luyuan/probe-w01/command", payload: "x")
    #expect(guarded.hears("estates/luyuan/probe-w01/command x"))
    _ = device.turn(seconds: 1) { false }
    let mine = guarded.heard.filter { $0.hasSuffix(" mine") }
    // 'a/#' also stands for 'a' itself (MQTT 3.1.1, 4.7.1.2).
    #expect(mine == ["estates/luyuan/probe-w01 mine", "estates/luyuan/probe-w01/reading mine"])
    #expect(read.isEmpty)
  }

  @Test("A certificate of the gateway's authority lets in, one of another authority or none doesn't")
  func certificates() throws {
    let guarded = try GuardedBroker()
    let options = try guarded.certified("luyuan/cam-gate")
    let device = try guarded.connected(options)
    try device.publish(topic: "estates/luyuan/cam-gate/event", payload: "seen")
    try device.publish(topic: "estates/luyuan/probe-w01/reading", payload: "not mine")
    #expect(device.drain(timeout: .seconds(5)))
    #expect(guarded.hears("estates/luyuan/cam-gate/event seen"))
    #expect(!guarded.heard.contains { $0.contains("not mine") })

    var none = options
    none.tls = MQTTOptions.TLS(caFile: guarded.book.authorityFile)
    #expect(try !guarded.letsIn(none))
    // The right name, signed by somebody else.
    let other = try GuardedBroker()
    var forged = try other.certified("luyuan/cam-gate")
    forged.port = options.port
    forged.tls?.caFile = guarded.book.authorityFile
    #expect(try !guarded.letsIn(forged))
  }

  @Test("Whoever is revoked is cut off at once and can't come back; others stay", arguments: [false, true])
  func revoked(byCertificate: Bool) throws {
    let guarded = try GuardedBroker()
    let options =
      byCertificate
      ? try guarded.certified("luyuan/rogue")
      : guarded.device("luyuan/rogue", password: try guarded.enrol("luyuan/rogue"))
    let password = try guarded.enrol("luyuan/honest")
    let rogue = try guarded.connected(options)
    let honest = try guarded.connected(guarded.device("luyuan/honest", password: password))
    let began = ContinuousClock.now
    try guarded.book.revoke("luyuan/rogue")
    #expect(rogue.turn(seconds: 2) { !rogue.linkState.isConnected })
    #expect(ContinuousClock.now - began < .seconds(3))
    #expect(try !guarded.letsIn(options))
    #expect(honest.linkState.isConnected && honest.turn { honest.linkState.isConnected })
    #expect(honest.linksLost == 0)
    #expect(try guarded.book.all().map(\.name) == ["luyuan/honest"])
    #expect(throws: DeviceAccessError.notEnrolled("luyuan/rogue")) { try guarded.book.revoke("luyuan/rogue") }
  }

  @Test("A device can't take the gateway's session by its client id")
  func takeOver() throws {
    let guarded = try GuardedBroker()
    let password = try guarded.enrol("luyuan/probe-w01")
    let device = guarded.device("luyuan/probe-w01", password: password, clientID: "gatehouse")
    #expect(try guarded.letsIn(device))
    #expect(guarded.gateway.turn(seconds: 1) { !guarded.gateway.linkState.isConnected } == false)
    #expect(guarded.gateway.linksLost == 0)
  }

  @Test("A message of more than a mebibyte is not taken")
  func oversize() throws {
    let guarded = try GuardedBroker()
    let password = try guarded.enrol("luyuan/probe-w01")
    let device = try guarded.connected(guarded.device("luyuan/probe-w01", password: password))
    let large = String(repeating: "x", count: 1_048_577)
    try device.publish(topic: "estates/luyuan/probe-w01/reading", payload: large)
    _ = device.drain(timeout: .seconds(2))
    _ = guarded.gateway.turn(seconds: 1) { false }
    #expect(guarded.heard.isEmpty)
  }

  @Test("Enrolling again makes the earlier password worthless")
  func replaced() throws {
    let guarded = try GuardedBroker()
    let first = try guarded.enrol("luyuan/probe-w01")
    #expect(throws: DeviceAccessError.enrolled("luyuan/probe-w01")) { try guarded.enrol("luyuan/probe-w01") }
    let second = try guarded.enrol("luyuan/probe-w01", replacing: true)
    #expect(first != second)
    #expect(try !guarded.letsIn(guarded.device("luyuan/probe-w01", password: first)))
    #expect(try guarded.letsIn(guarded.device("luyuan/probe-w01", password: second)))
  }

  @Test("The simulator's account exists in simulated runs only, publishes as any device, and reads nothing")
  func simulator() throws {
    let guarded = try GuardedBroker(isSimulated: true)
    let file = guarded.folder.appendingPathComponent("simulator.password")
    let password = try String(contentsOf: file, encoding: .utf8)
    let simulator = try guarded.connected(guarded.device("simulator", password: password, plain: true))
    var read = 0
    simulator.onMessage = { _ in read += 1 }
    simulator.subscribe([("#", 1)])
    try simulator.publish(topic: "estates/luyuan/probe-w01/reading", payload: "played")
    #expect(simulator.drain(timeout: .seconds(5)))
    #expect(guarded.hears("estates/luyuan/probe-w01/reading played"))
    _ = simulator.turn(seconds: 1) { false }
    #expect(read == 0)
    guarded.broker.stop()

    let real = EmbeddedBroker(
      dataFolder: guarded.data, template: nil, preferredPort: try freePort(), logger: quiet)
    let options = try real.start()
    defer { real.stop() }
    #expect(!FileManager.default.fileExists(atPath: file.path))
    let again = MQTTOptions(port: options.port, clientID: "s", username: "simulator", password: password)
    #expect(try !guarded.letsIn(again))
  }

  @Test("Secrets are files of their owner only, and stand neither in the log nor on a command line")
  func secrets() throws {
    let guarded = try GuardedBroker()
    let password = try guarded.enrol("luyuan/probe-w01")
    _ = try guarded.certified("luyuan/cam-gate")
    let own = try #require(guarded.options.password)
    let names = try #require(FileManager.default.enumerator(atPath: guarded.folder.path))
    for case let name as String in names {
      let path = guarded.folder.appendingPathComponent(name).path
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let mode = try #require(attributes[.posixPermissions] as? Int)
      guard attributes[.type] as? FileAttributeType == .typeRegular,
        let contents = FileManager.default.contents(atPath: path)
      else { continue }
      let text = String(decoding: contents, as: UTF8.self)
      if text.contains("PRIVATE KEY") || text.contains(own) || text.contains("$7$") {
        #expect(mode == 0o600, "\(name)")
      }
      #expect(!text.contains(password), "\(name)")
      #expect(name == "password" || !text.contains(own), "\(name)")
    }
    let process = try #require(guarded.broker.processIdentifier)
    let line = try #require(FileManager.default.contents(atPath: "/proc/\(process)/cmdline"))
    #expect(!String(decoding: line, as: UTF8.self).contains(own))
  }

  @Test("A template that would let anybody in, or leave out the rights, is refused")
  func openTemplates() throws {
    for (change, with) in [
      ("allow_anonymous false", "allow_anonymous true"),
      ("allow_anonymous false", "per_listener_settings true"),
      ("acl_file {{rights}}", ""),
    ] {
      let data = try temporaryFolder()
      defer { try? FileManager.default.removeItem(at: data) }
      let template = EmbeddedBroker.defaultTemplate.replacingOccurrences(of: change, with: with)
      let broker = EmbeddedBroker(
        dataFolder: data, template: template, preferredPort: try freePort(), logger: quiet)
      #expect(throws: EmbeddedBrokerError.self) { try broker.start() }
      #expect(!broker.isRunning)
    }
  }

  @Test(
    "Names and topics that would break out of their lines or reach further are refused",
    arguments: [
      "a:b", "a\nuser gatehouse", "a b", "", "gatehouse", "simulator", "日", String(repeating: "x", count: 65),
    ])
  func names(name: String) {
    #expect(!Enrolment.isName(name))
  }

  @Test(
    "A topic of everything is nobody's",
    arguments: ["#", "+/x", "$SYS/#", "a/#/b", "a\nx", "", "simulation/#"])
  func topics(topic: String) {
    #expect(!Enrolment.isTopic(topic))
    #expect(Enrolment.isTopic("application/+/device/#"))
  }
}
