/// How much of what devices are known to send decodes as published.
import EstateModel
import Foundation
import Payloads
import Testing

@Suite struct ConformanceTests {
  /// Share of all messages, and of those that hold only raw bytes, that must decode as published.
  static let floor = (all: 1.0, raw: 1.0)

  @Test("Published messages of many vendors decode as published")
  func conformance() throws {
    let cases = try ConformanceCase.all()
    let profiles = try shippedProfiles()
    var counts: [String: (good: Int, all: Int)] = [:]
    var raw = (good: 0, all: 0)
    var failures: [String] = []
    for item in cases {
      // A fresh decoder each: the cases repeat one another's frame counters and addresses.
      let complaint = complaint(item, openDecoder(profiles))
      let good = complaint == nil ? 1 : 0
      counts[item.format, default: (0, 0)].good += good
      counts[item.format, default: (0, 0)].all += 1
      if item.needsCodec { raw = (raw.good + good, raw.all + 1) }
      if let complaint { failures.append("\(item.id) \(item.model) \(item.format): \(complaint)") }
    }
    let good = counts.values.reduce(0) { $0 + $1.good }
    print("decoded as published: \(good) of \(cases.count); of raw bytes \(raw.good) of \(raw.all)")
    for (format, count) in counts.sorted(by: { $0.key < $1.key }) {
      let name = format.padding(toLength: 26, withPad: " ", startingAt: 0)
      print("  \(name)\(count.good) of \(count.all)")
    }
    for failure in failures { print("  not: \(failure)") }
    #expect(cases.count == 245)
    #expect(Double(good) / Double(cases.count) >= Self.floor.all)
    #expect(Double(raw.good) / Double(raw.all) >= Self.floor.raw)
  }

  /// What is wrong with the decoded message; nil when all is as published.
  private func complaint(_ item: ConformanceCase, _ decoder: PayloadDecoder) -> String? {
    decoder.decode(
      topic: Array(item.topic.utf8), payload: item.payload, isRetained: item.isRetained)
    if item.isNegative {
      let found =
        decoder.summary + decoder.events.map(\.kind) + decoder.statusChanges.map { "\($0.isOnline)" }
      return found.isEmpty ? nil : "nothing expected, found \(found.joined(separator: ", "))"
    }
    for expected in item.expected {
      if let problem = problem(expected, item, decoder) {
        let reasons = decoder.problems.prefix(2).map(\.description).joined(separator: "; ")
        return "\(problem); found \(decoder.summary.prefix(6)) \(reasons)"
      }
    }
    return nil
  }

  private func problem(
    _ expected: ConformanceCase.Expectation, _ item: ConformanceCase, _ decoder: PayloadDecoder
  ) -> String? {
    if expected.quantity == "availability" {
      return decoder.statusChanges.map(\.isOnline) == [expected.value as? Bool] ? nil : "availability"
    }
    if expected.quantity.hasPrefix("event.") { return eventProblem(expected, item, decoder) }
    guard let name = expected.signal, let index = Signal.named(name) else { return nil }
    let found = decoder.readings.filter { $0.signal == index && $0.event == 0 }
    if expected.isFault {
      return found.contains { $0.quality == .fault } ? nil : "\(name): no fault"
    }
    // Some publishers take the network server's time, others the application server's, a moment later.
    let slack: Int64 = item.format == "ttn-v3" ? 300 : 1
    for number in expected.numbers(in: Signal[index]) {
      let time = expected.milliseconds ?? (expected.time == nil ? item.time?.milliseconds : nil)
      let match = found.first { reading in
        abs(reading.value - number) <= max(abs(number) * 1e-6, 1e-9)
          && (time.map { abs(reading.time.milliseconds - $0) <= slack || expected.value is [Any] } ?? true)
          && (expected.device.map { decoder.name(of: reading.device) == $0 } ?? true)
      }
      guard let match else { return "\(name) \(number) missing" }
      if expected.isHistorical, !match.marks.contains(.historical) { return "\(name) isn't historical" }
    }
    return nil
  }

  private func eventProblem(
    _ expected: ConformanceCase.Expectation, _ item: ConformanceCase, _ decoder: PayloadDecoder
  ) -> String? {
    guard let event = decoder.events.first else { return "no event" }
    let text = expected.value as? String
    let isRight: Bool =
      switch expected.quantity {
      case "event.kind": event.kind == text?.replacing("_", with: "-") || event.label == text
      case "event.object": event.kind == text || event.label == text
      case "event.active": event.active == expected.value as? Bool
      case "event.device", "event.camera": event.device.lowercased() == text?.lowercased()
      case "event.id": event.id == text
      case "event.phase": event.phase.rawValue == (text == "new" ? "begin" : text)
      case "event.zones": event.zones == expected.value as? [String]
      case "event.start": Double(event.startMilliseconds) / 1000 >= (expected.value as? Double ?? 0) - 0.001
      default: true
      }
    if !isRight { return "\(expected.quantity) isn't \(expected.value ?? "?"): \(event)" }
    if let time = item.time, event.timeMilliseconds != time.milliseconds { return "time of the event" }
    return nil
  }
}
