/// Many readings at once: what the next ones need is fetched while it is on its way.
import EstateModel
import RingBuffer

extension RuleEngine {
  /// Readings whose places in memory are touched before they are judged.
  private static let block = 16
  /// Below this, all that moves stays in the processor's caches.
  private static let fewDevices = 4096

  /// The same as ``ingest(_:)`` for each reading in turn; faster with many devices, because memory is waited for once
  /// for a block of readings and not once for each.
  public mutating func ingest(contentsOf readings: ArraySlice<Reading>) {
    var start = readings.startIndex
    while start < readings.endIndex {
      let end = min(start + Self.block, readings.endIndex)
      if devices.count > Self.fewDevices { touch(readings[start..<end]) }
      for position in start..<end { ingest(readings[position]) }
      start = end
    }
  }

  public mutating func ingest(contentsOf readings: [Reading]) { ingest(contentsOf: readings[...]) }

  /// Loads one word of everything that the readings will need. The loads of a pass don't wait for each other.
  private mutating func touch(_ readings: ArraySlice<Reading>) {
    touched = withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.block) { numbers in
      var sum: Int64 = 0
      for reading in readings where Int(reading.device.raw) < devices.count {
        sum &+= devices[Int(reading.device.raw)].lastSeen
      }
      var known = 0
      for reading in readings {
        let device = Int(reading.device.raw)
        guard device < devices.count, Int(reading.signal.raw) < Self.signalCount else { continue }
        let island = Int(devices[device].island)
        if island >= 0 { sum &+= islands[island].done }
        let slot = slot(device, reading.signal)
        guard slot > 0 else { continue }
        numbers[known] = Int32(slot - 1)
        known += 1
      }
      return sum &+ touch(UnsafeBufferPointer(rebasing: numbers[..<known]))
    }
  }

  private func touch(_ numbers: UnsafeBufferPointer<Int32>) -> Int64 {
    series.withPlaces { places, series in
      var sum: Int64 = 0
      for number in numbers { sum &+= traits[Int(number)].watchedSince &+ Int64(places[Int(number)]) }
      for number in numbers { sum &+= series[Int(places[Int(number)])].touchSelf() }
      for number in numbers {
        let traits = traits[Int(number)]
        sum &+= series[Int(places[Int(number)])].touch()
        for entry in Int(traits.firstDependent)..<Int(traits.endDependent) {
          sum &+= Int64(dependents[entry].instance)
        }
        if traits.lesson >= 0 { sum &+= lessons[Int(traits.lesson)].learned }
      }
      for number in numbers {
        let traits = traits[Int(number)]
        sum &+= series[Int(places[Int(number)])].touchLeaving()
        for entry in Int(traits.firstDependent)..<Int(traits.endDependent) {
          sum &+= instances[Int(dependents[entry].instance)].quietUntil
        }
        if traits.lesson >= 0 {
          let stretch = Int(lessons[Int(traits.lesson)].stretch)
          if stretch >= 0 { sum &+= Int64(stretches[stretch].next) }
        }
      }
      return sum
    }
  }
}
