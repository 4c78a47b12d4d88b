/// Many publications at once.
import MQTTSession
import Testing

@Suite struct BurstTests {
  @Test("50,000 QoS 1 publications on 100 topics are acknowledged and arrive once, in order")
  func burst() throws {
    let broker = try Broker()
    let reader = try broker.subscriber("r", to: "t/#")
    var got: [Int] = []
    reader.onMessage = { got.append(Int(text($0.payload)) ?? -1) }
    let session = try broker.connected(broker.options("s"))
    let began = ContinuousClock.now
    for number in 0..<50_000 {
      try session.publish(topic: "t/\(number % 100)", payload: "\(number)")
      if number % 500 == 499 { #expect(session.drain(timeout: .seconds(10), to: 1_000)) }
    }
    #expect(session.drain(timeout: .seconds(30)))
    let published = ContinuousClock.now
    #expect(reader.turn(seconds: 30) { got.count >= 50_000 })
    let received = ContinuousClock.now
    #expect(got == Array(0..<50_000))
    print("published 50,000 in \(published - began), then received in \(received - published)")
  }

  @Test("Without draining, the limit is an error and nothing is lost")
  func limit() throws {
    let session = try MQTTSession(MQTTOptions(), logger: quiet)
    for _ in 0..<MQTTSession.unacknowledgedLimit { try session.publish(topic: "t", payload: "x") }
    #expect(throws: MQTTError.tooManyUnacknowledged(limit: MQTTSession.unacknowledgedLimit)) {
      try session.publish(topic: "t", payload: "x")
    }
    #expect(session.unacknowledged == MQTTSession.unacknowledgedLimit)
  }

  @Test("All at once without draining in between: 50,000 in order")
  func undrained() throws {
    let broker = try Broker()
    let reader = try broker.subscriber("r", to: "t")
    var got: [Int] = []
    reader.onMessage = { got.append(Int(text($0.payload)) ?? -1) }
    let session = try broker.connected(broker.options("s"))
    let began = ContinuousClock.now
    for number in 0..<50_000 { try session.publish(topic: "t", payload: "\(number)") }
    let queued = ContinuousClock.now
    #expect(session.drain(timeout: .seconds(60)))
    print("undrained: queued in \(queued - began), sent in \(ContinuousClock.now - queued)")
    #expect(reader.turn(seconds: 30) { got.count >= 50_000 })
    #expect(got == Array(0..<50_000))
  }
}
