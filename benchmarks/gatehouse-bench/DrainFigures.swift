/// A queue of 200,000 messages: the gateway with rules and durable commits against a client that only counts.
import EstateModel
import EstateSimulator
import Foundation
import Gateway
import Store

private let messages = 200_000
private let deviceCount = 1000
/// Messages before the clock starts, so that no start-up is measured.
private let skipped = 20_000

func drainFigures(_ workshop: Workshop, runs: Int) throws -> [Figure] {
  var bare: [Double] = []
  var full: [Double] = []
  for run in 0..<runs {
    // In turn, and each first in every other run.
    let first = run % 2 == 0
    if first { bare.append(try drainBare(workshop)) }
    full.append(try drainGateway(workshop))
    if !first { bare.append(try drainBare(workshop)) }
  }
  return [
    Figure(
      name: "drain, gateway to bare consumer", unit: "times", values: zip(full, bare).map { $0 / $1 },
      target: 0.9, isAtLeast: true),
    Figure(name: "drain, gateway", unit: "messages/s", values: full),
    Figure(name: "drain, bare consumer", unit: "messages/s", values: bare),
  ]
}

/// Fills the queue: readings ten seconds apart, the newest now.
private func publish(to broker: BenchBroker) throws {
  let publisher = try Publisher(broker.options)
  var load = SyntheticLoad(devices: deviceCount)
  let rounds = messages / deviceCount
  let end = Int64(Date().timeIntervalSince1970 * 1000)
  for round in 0..<rounds {
    let time = Timestamp(milliseconds: end - Int64(rounds - round) * 10_000)
    for _ in 0..<deviceCount { try publisher.publish(load.reading(at: time)) }
  }
  try publisher.finish()
  publisher.close()
}

/// - Returns: messages a second.
private func drainBare(_ workshop: Workshop) throws -> Double {
  let place = try workshop.folder(devices: 1)
  defer { place.remove() }
  let broker = try BenchBroker(workshop, in: place.folder)
  defer { broker.stop() }
  func consume(_ count: Int) throws -> Double {
    let child = try Child(
      workshop.program("gatehouse-bench"),
      ["bare-consumer", "--port", "\(broker.port)", "--count", "\(count)", "--skip", "\(skipped)"],
      output: place.folder.appendingPathComponent("bare.log"))
    return Double(try child.finish().split(separator: "\n").last ?? "") ?? .nan
  }
  try until("the broker") { (try? consume(0)) != nil }
  try publish(to: broker)
  return Double(messages - skipped) / (try consume(messages))
}

/// - Returns: messages a second, from the first 20,000 on disk to the last.
private func drainGateway(_ workshop: Workshop) throws -> Double {
  var place = try workshop.folder(devices: deviceCount, reportInterval: "10 s")
  defer { place.remove() }
  let broker = try BenchBroker(workshop, in: place.folder)
  defer { broker.stop() }
  place = try workshop.folder(
    devices: deviceCount, reportInterval: "10 s", broker: "{url: \"\(broker.url)\", max-in-flight: 20000}")
  let known = try workshop.gateway(place)
  try place.waitForLink()
  known.stop()
  try publish(to: broker)
  let gateway = try workshop.gateway(place)
  defer { gateway.stop() }
  try until("a database") { place.hasDatabase }
  let reader = try Store.reader(folder: place.data)
  var first = (count: 0, at: ContinuousClock.now)
  try until("\(messages) readings on disk", every: 2000) {
    let count = try reader.summary().readings
    if first.count < skipped { first = (count, .now) }
    return count >= messages
  }
  return Double(messages - first.count) / seconds(since: first.at)
}

extension Workplace {
  var hasDatabase: Bool {
    FileManager.default.fileExists(atPath: data.appendingPathComponent("gatehouse.sqlite").path)
  }
}
