public struct Profile: Sendable {}
struct ProfilePlan {
  let topicFilters: [String] = []
  init(_ profiles: [Profile]) {}
}
extension PayloadDecoder {
  func decodeByProfile(_ topic: UnsafeRawBufferPointer, _ message: Message) {
    guard isUTF8(topic) else { return report(printable(topic), .badTopic, "the topic is not UTF-8") }
    report(printable(topic), .unknownTopic, "no profile has this topic")
  }
}
