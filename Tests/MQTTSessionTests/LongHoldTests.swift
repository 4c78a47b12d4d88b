/// Acknowledgements held for longer than the keep-alive, as it happens when a disk is full.
import Foundation
import MQTTSession
import Testing

@Suite struct LongHoldTests {
  @Test(
    "Held beyond 1.5 keep-alives, the broker ends the link; nothing was acknowledged, and everything comes again",
    .timeLimit(.minutes(1)))
  func beyondKeepAlive() throws {
    let broker = try Broker()
    var options = broker.options("gateway", cleanSession: false)
    options.keepAlive = 5
    let session = try broker.connected(options)
    var got: [String] = []
    session.onMessage = { got.append(text($0.payload)) }
    session.subscribe([("t", 1)])
    try #require(session.turn { session.subscriptions[0].state == .granted(qos: 1) })
    let publisher = try broker.connected(broker.options("publisher"))
    for number in 0..<100 { try publisher.publish(topic: "t", payload: "\(number)") }
    #expect(publisher.drain(timeout: .seconds(5)))
    #expect(session.readOnly { got.count == 100 })

    // As the owner does it whose disk is full: nothing is read and nothing is written.
    #expect(session.linksLost == 0)
    // The broker looks every few seconds.
    sleep(14)
    // The disk is back. What is written now goes to a socket that the broker has closed.
    session.flush()
    got = []
    #expect(session.turn { session.linksLost == 1 && session.linkState.isConnected })
    #expect(session.isSessionKept)
    #expect(session.turn { got.count >= 100 })
    #expect(got == (0..<100).map(String.init))
  }

  @Test(
    "While nothing is held, the link outlives many keep-alives without a message", .timeLimit(.minutes(1)))
  func idle() throws {
    let broker = try Broker()
    var options = broker.options("gateway", cleanSession: false)
    options.keepAlive = 5
    let session = try broker.connected(options)
    #expect(!session.turn(seconds: 12) { session.linksLost > 0 })
    #expect(session.linkState.isConnected)
  }
}
