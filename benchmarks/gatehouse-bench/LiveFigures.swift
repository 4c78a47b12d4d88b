/// From a device's message to its ticket on the live stream, while 5,000 readings a second come in.
import EstateModel
import EstateSimulator
import Foundation
import Gateway
import Synchronization

private let deviceCount = 3000
private let rate = 5000.0
private let length = 15.0

func liveFigures(_ workshop: Workshop, runs: Int) throws -> [Figure] {
  var median: [Double] = []
  var worst: [Double] = []
  for _ in 0..<runs {
    let delays = try ticketDelays(workshop).sorted()
    median.append(delays[delays.count / 2])
    worst.append(delays[min(delays.count - 1, delays.count * 99 / 100)])
  }
  return [
    Figure(
      name: "message to committed ticket at 5,000 readings/s, p50", unit: "ms", values: median, target: 5),
    Figure(
      name: "message to committed ticket at 5,000 readings/s, p99", unit: "ms", values: worst, target: 20),
  ]
}

/// Milliseconds for each of 300 cameras: somebody has stood at its gate for six minutes.
private func ticketDelays(_ workshop: Workshop) throws -> [Double] {
  let place = try workshop.folder(devices: deviceCount)
  defer { place.remove() }
  let gateway = try workshop.gateway(place)
  defer { gateway.stop() }
  try place.waitForLink()
  let seen = Mutex<[String: ContinuousClock.Instant]>([:])
  guard let client = ControlClient(dataFolder: place.data) else { throw BenchError("no gateway") }
  let watcher = Watcher(client: client)
  let thread = Thread {
    _ = try? watcher.client.ask(.watch)
    while let reply = try? watcher.client.next() {
      guard case .step(.ticket(_, let ticket)) = reply else { continue }
      let now = ContinuousClock.now
      seen.withLock { $0.merge(["\(ticket.estate)/\(ticket.place)": now]) { first, _ in first } }
    }
  }
  thread.start()
  usleep(200_000)

  let publisher = try Publisher(place)
  var load = SyntheticLoad(devices: deviceCount)
  let cameras = deviceCount / 10
  var sent: [String: ContinuousClock.Instant] = [:]
  var published = 0
  let start = ContinuousClock.now
  while seconds(since: start) < length {
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let due = Int(seconds(since: start) * rate)
    while published < due {
      try publisher.publish(load.reading(at: Timestamp(milliseconds: now)))
      published += 1
    }
    let incident = Int(seconds(since: start) / length * Double(cameras))
    if sent.count <= incident, sent.count < cameras {
      let (estate, camera) = (sent.count / 10, sent.count % 10)
      sent["load-\(estate)/gate-\(camera)"] = .now
      try publisher.publish(
        Publication(
          time: Timestamp(milliseconds: now), topic: "estates/load-\(estate)/camera-\(camera)/event",
          payload: #"{"ts":\#(now),"event":"loitering","phase":"update","id":"v","start":\#(now - 360_000)}"#)
      )
    }
    publisher.serve()
    usleep(500)
  }
  try publisher.finish()
  try until("\(sent.count) tickets", seconds: 20) { seen.withLock { $0.count } >= sent.count }
  let arrived = seen.withLock { $0 }
  return sent.compactMap { place, start in arrived[place].map { ($0 - start) / .milliseconds(1) } }
}

/// One thread's client.
private final class Watcher: @unchecked Sendable {
  // Handed to the watching thread and used only there.
  let client: ControlClient
  init(client: ControlClient) { self.client = client }
}
