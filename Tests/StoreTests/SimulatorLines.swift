/// What the simulator would publish, read from its dry run: topic, tab, payload.
import EstateModel
import Foundation
import GRDB
import Store

struct SimulatorLines {
  var turns: [(now: Timestamp, readings: ContiguousArray<Reading>)] = []
  var catalogue = Catalogue()

  init(contentsOf file: String) throws {
    var devices: [String: UInt32] = [:]
    var paths: [Device] = []
    var now = Timestamp.distantPast
    var readings: ContiguousArray<Reading> = []
    for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: "\t")
      guard parts.count == 2,
        let payload = try? JSONSerialization.jsonObject(with: Data(parts[1].utf8)) as? [String: Any]
      else { continue }
      if parts[0] == "simulation/clock" {
        let next = (payload["now"] as? NSNumber)?.int64Value ?? 0
        turns.append((Timestamp(milliseconds: next), readings))
        now = Timestamp(milliseconds: next)
        readings = []
      }
      let topic = parts[0].split(separator: "/")
      guard topic.count == 4, topic[3] == "reading" else { continue }
      let path = "\(topic[1])/\(topic[2])"
      if devices[path] == nil {
        devices[path] = UInt32(paths.count)
        paths.append(
          Device(
            id: String(topic[2]), estate: String(topic[1]), kind: .sewerLevelProbe,
            title: Title(zh: path, en: path), place: "here"))
      }
      for (name, value) in payload.sorted(by: { $0.key < $1.key }) {
        guard let signal = Signal.named(name), let number = value as? NSNumber,
          let ts = (payload["ts"] as? NSNumber)?.int64Value
        else { continue }
        readings.append(
          Reading(
            device: DeviceIndex(devices[path] ?? 0), signal: signal, time: Timestamp(milliseconds: ts),
            arrival: now, value: number.doubleValue))
      }
    }
    catalogue = Catalogue(devices: paths)
  }
}

extension Store {
  /// Bytes of the blobs and of the pages that they lie on.
  func sizes() throws -> (batches: Int, chunks: Int) {
    let queue = try DatabaseQueue(path: folder.appendingPathComponent(Store.fileName).path)
    return try queue.read { database in
      func size(_ table: String) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT sum(pgsize) FROM dbstat WHERE name = ?", arguments: [table])
          ?? 0
      }
      return (try size("batches") + size("batch_index"), try size("chunks"))
    }
  }
}
