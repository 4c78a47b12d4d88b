/// A start with a million readings in the log, none of them in a snapshot.
import EstateModel
import Foundation
import Gateway
import Store

private let readingCount = 1_000_000
private let deviceCount = 1000

func recoveryFigures(_ workshop: Workshop, runs: Int) throws -> [Figure] {
  var values: [Double] = []
  var empty: [Double] = []
  for _ in 0..<runs {
    let place = try workshop.folder(devices: deviceCount, reportInterval: "10 s")
    defer { place.remove() }
    empty.append(try start(workshop, place))
    try? FileManager.default.removeItem(at: place.data)
    try fill(place)
    values.append(try start(workshop, place, says: "recovered \(readingCount) readings"))
  }
  return [
    Figure(name: "start with 1,000,000 readings to recover", unit: "s", values: values, target: 2),
    Figure(name: "start with none", unit: "s", values: empty),
  ]
}

/// Seconds until the gateway answers.
private func start(_ workshop: Workshop, _ place: Workplace, says line: String = "") throws -> Double {
  let began = ContinuousClock.now
  let gateway = try workshop.gateway(place)
  defer { gateway.stop() }
  try until("an answer", every: 1000) { ((try? place.status()) ?? nil) != nil }
  let took = seconds(since: began)
  guard line.isEmpty || gateway.text.contains(line) else {
    throw BenchError("expected '\(line)' in:\n\(gateway.text)")
  }
  return took
}

/// As a gateway leaves it that was killed before its first snapshot.
private func fill(_ place: Workplace) throws {
  let loaded = try place.loaded()
  try FileManager.default.createDirectory(at: place.data, withIntermediateDirectories: true)
  let store = try Store.open(folder: place.data, catalogue: loaded.catalogue)
  guard let laeq = Signal.named("laeq"), let level = Signal.named("level") else {
    throw BenchError("no laeq")
  }
  let rounds = readingCount / deviceCount
  let end = Int64(Date().timeIntervalSince1970 * 1000)
  for round in 0..<rounds {
    let now = Timestamp(milliseconds: end - Int64(rounds - round) * 10_000)
    var batch = Batch(now: now)
    if round == 0 { batch.facts["watched-since"] = String(now.milliseconds) }
    for number in 0..<deviceCount {
      let isWell = loaded.catalogue.devices[number].kind == .sewerLevelProbe
      batch.readings.append(
        Reading(
          device: DeviceIndex(UInt32(number)), signal: isWell ? level : laeq, time: now, arrival: now,
          value: (isWell ? 0.05 : 26) + Double((round * 7 + number) % 20) / 1000))
    }
    try store.commit(batch)
  }
}
