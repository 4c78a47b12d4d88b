/// What the broker delivers again, and what it doesn't.
import MQTTSession
import Testing

@Suite struct HeldAcknowledgementTests {
  private func publish(_ count: Int, from first: Int = 0, on broker: Broker) throws {
    let publisher = try broker.connected(broker.options("publisher"))
    for number in first..<(first + count) {
      try publisher.publish(topic: "t/\(number % 7)", payload: "\(number)")
    }
    try #require(publisher.drain(timeout: .seconds(10)))
    publisher.disconnect()
  }

  @Test("Messages that were read but not released come again, in order; released ones don't")
  func redelivery() throws {
    let broker = try Broker()
    var got: [String] = []
    let session = try broker.subscriber("gateway", to: "t/#")
    session.onMessage = { got.append(text($0.payload)) }
    try publish(500, on: broker)
    #expect(session.readOnly { got.count >= 500 })
    let all = (0..<500).map(String.init)
    #expect(got == all)

    session.dropLink()
    #expect(!session.linkState.isConnected)
    got = []
    #expect(session.turn { session.linkState.isConnected })
    #expect(session.readOnly { got.count >= 500 })
    #expect(got == all)

    #expect(session.flush())
    session.dropLink()
    got = []
    #expect(session.turn { session.linkState.isConnected })
    try publish(1, from: 999, on: broker)
    #expect(session.turn { !got.isEmpty })
    #expect(got == ["999"])
  }

  @Test("What an old link held is not released by a new one, however often that one writes")
  func oldLinkForgotten() throws {
    let broker = try Broker()
    var got = 0
    let session = try broker.subscriber("gateway", to: "t/#")
    session.onMessage = { _ in got += 1 }
    try publish(300, on: broker)
    #expect(session.readOnly { got >= 300 })
    session.dropLink()
    #expect(session.linksLost == 1)
    // The new link comes up, and writes, while its owner takes nothing more than the broker's answer.
    var mayRead = true
    session.onConnect = { _ in mayRead = false }
    session.wantsMore = { mayRead }
    #expect(session.turn { session.linkState.isConnected })
    for _ in 0..<50 {
      session.flush()
      session.maintain()
      session.wait(milliseconds: 2)
    }
    session.dropLink()
    session.onConnect = nil
    session.wantsMore = nil
    (got, mayRead) = (0, true)
    #expect(session.turn { session.linkState.isConnected })
    #expect(session.turn { got >= 300 })
    #expect(got == 300)
  }

  @Test("A session that ends without release leaves its messages to the next one of that name")
  func nextLife() throws {
    let broker = try Broker()
    var got: [String] = []
    var session: MQTTSession? = try broker.subscriber("gateway", to: "t/#")
    session?.onMessage = { got.append(text($0.payload)) }
    try publish(100, on: broker)
    #expect(session?.readOnly { got.count >= 100 } == true)
    session?.onMessage = nil
    session = nil
    got = []
    var kept: Bool?
    let next = try MQTTSession(broker.options("gateway", cleanSession: false), logger: quiet)
    next.onConnect = { kept = $0 }
    next.onMessage = { got.append(text($0.payload)) }
    next.connect()
    #expect(next.turn { got.count >= 100 })
    #expect(kept == true)
    #expect(got == (0..<100).map(String.init))
  }

  @Test("Held messages survive a restart of the broker")
  func brokerRestart() throws {
    let broker = try Broker()
    var got: [String] = []
    let session = try broker.subscriber("gateway", to: "t/#")
    session.onMessage = { got.append(text($0.payload)) }
    try publish(200, on: broker)
    #expect(session.readOnly { got.count >= 200 })
    broker.stop()
    #expect(session.readOnly { !session.linkState.isConnected })
    got = []
    try broker.start()
    #expect(session.turn { session.linkState.isConnected && got.count >= 200 })
    #expect(got == (0..<200).map(String.init))
  }

  @Test("An owner without room leaves messages in the socket and gets them later")
  func backPressure() throws {
    let broker = try Broker()
    var got = 0
    var room = 50
    let session = try broker.subscriber("gateway", to: "t/#")
    session.onMessage = { _ in
      got += 1
      room -= 1
    }
    session.wantsMore = { room > 0 }
    try publish(300, on: broker)
    #expect(session.readOnly { got >= 50 })
    for _ in 0..<20 { session.read(upTo: 1000) }
    #expect(got == 50)
    room = 1000
    #expect(session.turn { got == 300 })
  }

  @Test("read(upTo:) stops at its limit")
  func limit() throws {
    let broker = try Broker()
    let session = try broker.subscriber("gateway", to: "t/#")
    try publish(100, on: broker)
    session.wait(milliseconds: 1000)
    #expect(session.read(upTo: 10) == 10)
  }
}
