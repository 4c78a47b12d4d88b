/// Many readings at once: what the next ones need is fetched while it is on its way.
import EstateModel

extension RuleEngine {
  /// Readings whose places in memory are touched before they are judged.
  private static let block = 16
  /// Below this, all that moves stays in the processor's caches.
  private static let fewDevices = 4096

  /// The same as ``ingest(_:)`` for each reading in turn; faster with many devices, because memory is waited for once
  /// for a block of readings and not once for each.
  public mutating func ingest(contentsOf readings: [Reading]) {
    var start = 0
    while start < readings.count {
      let end = min(start + Self.block, readings.count)
      if devices.count > Self.fewDevices { touch(readings[start..<end]) }
      for position in start..<end { ingest(readings[position]) }
      start = end
    }
  }

  /// Loads one word of everything that the readings will need. The loads of a pass don't wait for each other.
  private mutating func touch(_ readings: ArraySlice<Reading>) {
    var sum: Int64 = 0
    for reading in readings {
      guard let position = slot(of: reading) else { continue }
      sum &+= Int64(slots[position]) &+ devices[Int(reading.device.raw)].lastSeen
    }
    for reading in readings {
      guard let position = slot(of: reading) else { continue }
      let (slot, island) = (Int(slots[position]), Int(devices[Int(reading.device.raw)].island))
      if island >= 0 { sum &+= islands[island].done }
      if slot > 0 { sum &+= traits[slot - 1].hold &+ series[slot - 1].ring.lastTime }
    }
    for reading in readings {
      guard let position = slot(of: reading), slots[position] > 0 else { continue }
      let index = Int(slots[position]) - 1
      sum &+= series[index].touch()
      for entry in Int(traits[index].firstDependent)..<Int(traits[index].endDependent) {
        sum &+= Int64(dependents[entry].instance)
      }
    }
    for reading in readings {
      guard let position = slot(of: reading), slots[position] > 0 else { continue }
      let index = Int(slots[position]) - 1
      for entry in Int(traits[index].firstDependent)..<Int(traits[index].endDependent) {
        let instance = instances[Int(dependents[entry].instance)]
        sum &+= instance.since &+ instance.quietUntil
      }
    }
    touched = sum
  }

  private func slot(of reading: Reading) -> Int? {
    let (device, signal) = (Int(reading.device.raw), Int(reading.signal.raw))
    return device < devices.count && signal < Self.signalCount
      ? device * columnCount + Int(columns[signal]) : nil
  }
}
