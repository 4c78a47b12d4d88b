/// Connecting, refusals, wills, and coming back.
import Foundation
import MQTTSession
import TestSupport
import Testing

@Suite struct LinkTests {
  @Test("A refused subscription is visible and doesn't hide the granted one")
  func refusedSubscription() throws {
    // mosquitto's own access list grants every subscription; its dynamic security plugin refuses with 0x80.
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("security.json")
    let access = """
      {"defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true, "subscribe": false,
        "unsubscribe": true}, "clients": [], "anonymousGroup": "all",
       "groups": [{"groupname": "all", "roles": [{"rolename": "open"}]}],
       "roles": [{"rolename": "open", "acls": [
         {"acltype": "subscribePattern", "topic": "open/#", "allow": true}]}]}
      """
    try access.write(to: file, atomically: true, encoding: .utf8)
    let plugins = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib")
      .map { "/usr/lib/\($0)/mosquitto_dynamic_security.so" }
    let plugin = try #require(plugins.first(where: FileManager.default.fileExists))
    let broker = try Broker(settings: "plugin \(plugin)\nplugin_opt_config_file \(file.path)")
    let session = try broker.connected(broker.options("s"))
    session.subscribe([("open/#", 1), ("closed/#", 1)])
    #expect(
      session.turn {
        guard case .refused(let attempts) = session.subscriptions[1].state else { return false }
        return attempts >= 2
      })
    #expect(session.subscriptions[0].state == .granted(qos: 1))
  }

  @Test("After the broker is killed and restarted the session is back, with its subscriptions")
  func restart() throws {
    let broker = try Broker()
    let session = try broker.connected(broker.options("s"))
    var got: [String] = []
    session.onMessage = { got.append(text($0.payload)) }
    session.subscribe([("t", 1)])
    #expect(session.turn { session.subscriptions[0].state == .granted(qos: 1) })
    broker.stop()
    #expect(session.turn { !session.linkState.isConnected })
    try session.publish(topic: "t", payload: "while away 1")
    try session.publish(topic: "t", payload: "while away 2")
    #expect(session.unacknowledged == 2)
    try broker.start()
    #expect(session.turn { session.unacknowledged == 0 })
    #expect(session.linkState.isConnected)
    try session.publish(topic: "t", payload: "after")
    #expect(session.turn { got.last == "after" })
    // What was published before the new subscription was made may have had no subscriber yet.
    #expect(got == ["while away 1", "while away 2", "after"].suffix(got.count))
  }

  @Test("Publications without a link arrive later, in order")
  func waiting() throws {
    let broker = try Broker()
    let reader = try broker.subscriber("r", to: "t")
    var got: [String] = []
    reader.onMessage = { got.append(text($0.payload)) }
    let session = try MQTTSession(broker.options("s"), logger: quiet)
    for number in 0..<1000 {
      if number == 300 { session.connect() }
      try session.publish(topic: "t", payload: "\(number)")
    }
    #expect(session.drain(timeout: .seconds(10)))
    #expect(reader.turn { got.count == 1000 })
    #expect(got == (0..<1000).map(String.init))
  }

  @Test("Nobody listens: the link is down with a reason, and nothing crashes")
  func nobodyListens() throws {
    let session = try MQTTSession(MQTTOptions(port: Int32(try freePort())), logger: quiet)
    session.connect()
    #expect(session.turn { if case .disconnected = session.linkState { true } else { false } })
    guard case .disconnected(let reason) = session.linkState else { return }
    #expect(reason.contains("refused"), "\(reason)")
  }

  @Test("A wrong password is refused with a reason")
  func wrongPassword() throws {
    let broker = try Broker(settings: "allow_anonymous false")
    var options = broker.options("s")
    options.username = "a"
    options.password = "b"
    let session = try MQTTSession(options, logger: quiet)
    session.connect()
    #expect(
      session.turn {
        if case .disconnected(let reason) = session.linkState {
          reason.contains("not authorised")
        } else {
          false
        }
      })
  }

  @Test(
    "The will is published when the client vanishes, and not when it says goodbye", arguments: [true, false])
  func will(vanishes: Bool) throws {
    let broker = try Broker()
    let watcher = try broker.subscriber("w", to: "status")
    var got: [String] = []
    watcher.onMessage = { got.append(text($0.payload)) }
    var options = broker.options("s")
    options.will = MQTTOptions.Will(topic: "status", payload: Array("offline".utf8))
    var session: MQTTSession? = try broker.connected(options)
    if !vanishes { session?.disconnect() }
    #expect(session != nil)
    session = nil
    let other = try broker.connected(broker.options("o"))
    try other.publish(topic: "status", payload: "end")
    #expect(other.drain(timeout: .seconds(5)))
    #expect(watcher.turn { got.contains("end") && (!vanishes || got.contains("offline")) })
    #expect(got.contains("offline") == vanishes)
  }

  @Test("Retained messages say so; payload, topic and QoS arrive as they were sent")
  func message() throws {
    let broker = try Broker()
    let session = try broker.connected(broker.options("s"))
    let payload: [UInt8] = [0, 255, 10, 0]
    try session.publish(topic: "a/ü", payload: payload, qos: 1, retain: true)
    try session.publish(topic: "a/empty", payload: [], qos: 0)
    #expect(session.drain(timeout: .seconds(5)))
    var seen: [(String, [UInt8], Int32, Bool)] = []
    session.onMessage = { seen.append((text($0.topic), Array($0.payload), $0.qos, $0.isRetained)) }
    session.subscribe([("a/#", 1)])
    #expect(session.turn { seen.count == 1 })
    #expect(seen.first.map { $0 == ("a/ü", payload, 1, true) } == true)
    try session.publish(topic: "a/empty", payload: [], qos: 0)
    #expect(session.turn { seen.count == 2 })
    #expect(seen.last.map { $0 == ("a/empty", [], 0, false) } == true)
  }

  @Test("Bad options and topics are refused with what was found")
  func refusals() throws {
    #expect(throws: MQTTError.self) { try MQTTSession(MQTTOptions(cleanSession: false), logger: quiet) }
    #expect(throws: MQTTError.self) { try MQTTSession(MQTTOptions(port: 0), logger: quiet) }
    #expect(throws: MQTTError.self) { try MQTTSession(MQTTOptions(keepAlive: 1), logger: quiet) }
    #expect(throws: MQTTError.self) {
      try MQTTSession(MQTTOptions(tls: .init(caFile: "/nonexistent.pem")), logger: quiet)
    }
    let session = try MQTTSession(MQTTOptions(), logger: quiet)
    #expect(throws: MQTTError.self) { try session.publish(topic: "a/+", payload: "x") }
    #expect(throws: MQTTError.self) { try session.publish(topic: "a", payload: "x", qos: 0) }
    #expect(session.unacknowledged == 0)
  }
}
