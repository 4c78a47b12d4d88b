/// Captured traffic: what a capture says and what is refused.
import EstateSimulator
import Foundation
import Testing

@Suite("Captured traffic")
struct CaptureTests {
  @Test("A line holds topic, flags, time and bytes, and comes back as it was")
  func line() throws {
    let message = CapturedMessage(
      ms: 1250, topic: "a/b", qos: 2, retain: true, payload: Data([0, 255, 10, 123]))
    #expect(message.line == #"{"ms":1250,"payload":"AP8Kew==","qos":2,"retain":true,"topic":"a/b"}"#)
    #expect(try CapturedMessage.all(in: message.line + "\n", file: "c.jsonl") == [message])
  }

  @Test(
    "A line that is none is named",
    arguments: ["{", #"{"ms":1}"#, #"{"ms":1,"payload":"","qos":3,"retain":false,"topic":"a"}"#])
  func damaged(_ line: String) throws {
    let whole = #"{"ms":1,"payload":"","qos":0,"retain":false,"topic":"a"}"# + "\n" + line
    let problem = #expect(throws: CapturedMessage.Problem.self) {
      try CapturedMessage.all(in: whole, file: "c.jsonl")
    }
    #expect(try #require(problem).description.hasPrefix("c.jsonl:2: "))
  }
}
