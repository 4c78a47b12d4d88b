/// Many readings at once: the memory that the next ones need comes while those before them are judged.
import EstateModel
import RingBuffer

extension RuleEngine {
  /// Below this, all that moves stays in the processor's caches.
  private static let fewDevices = 4096
  /// Readings for which a step is taken together.
  private static let block = 8
  /// From a reading to all that it needs there are so many steps, each by what the one before it has asked for. While
  /// one block of readings is judged, another is in each of them.
  private static let steps = 6
  /// A power of two, no less than all that are in one of the steps.
  static let mostComing = 64

  /// The same as ``ingest(_:)`` for each reading in turn; faster with many devices, because memory isn't waited for.
  public mutating func ingest(contentsOf readings: ArraySlice<Reading>) {
    if devices.count <= Self.fewDevices {
      for reading in readings { ingest(reading) }
      return
    }
    var start = readings.startIndex - Self.steps * Self.block
    while start < readings.endIndex {
      func block(_ ahead: Int) -> Range<Int> {
        let first = start + ahead * Self.block
        return (first..<(first + Self.block)).clamped(to: readings.indices)
      }
      for reading in readings[block(6)] { devices.prefetch(Int(reading.device.raw)) }
      prefetchTraits(of: readings[block(5)])
      prefetchSeries(of: readings[block(4)])
      prefetchInstances(block(3))
      prefetchWindows(block(2))
      prefetchLeaving(block(1))
      for position in block(0) { ingest(readings[position]) }
      start += Self.block
    }
  }

  public mutating func ingest(contentsOf readings: [Reading]) { ingest(contentsOf: readings[...]) }

  private mutating func prefetchTraits(of readings: ArraySlice<Reading>) {
    for (position, reading) in zip(readings.indices, readings) {
      let device = Int(reading.device.raw)
      coming[position & (Self.mostComing - 1)] = -1
      guard device < devices.count, Int(reading.signal.raw) < Self.signalCount else { continue }
      islands.prefetch(Int(devices[device].island))
      watchers.prefetch(Int(devices[device].firstWatcher))
      let slot = slot(device, reading.signal)
      guard slot > 0 else { continue }
      coming[position & (Self.mostComing - 1)] = Int32(slot - 1)
      series.prefetchPlace(slot - 1)
      traits.prefetch(slot - 1)
    }
  }

  private func prefetchSeries(of readings: ArraySlice<Reading>) {
    for reading in readings where Int(reading.device.raw) < devices.count {
      let state = devices[Int(reading.device.raw)]
      for watcher in Int(state.firstWatcher)..<Int(state.endWatcher) {
        instances.prefetch(Int(watchers[watcher]))
      }
    }
    for position in readings.indices {
      guard let number = comingSeries(position) else { continue }
      let traits = traits[number]
      series.prefetch(number)
      dependents.prefetch(Int(traits.firstDependent), count: Int(traits.endDependent - traits.firstDependent))
      if traits.lesson >= 0 { lessons.prefetch(Int(traits.lesson)) }
    }
  }

  private func prefetchInstances(_ block: Range<Int>) {
    for position in block {
      guard let number = comingSeries(position) else { continue }
      let traits = traits[number]
      series.pointer(number)?.prefetchHeads()
      for entry in Int(traits.firstDependent)..<Int(traits.endDependent) {
        let dependent = dependents[entry]
        // A calm one will hardly be looked at.
        if dependent.calm == 0 || dependent.isBusy { instances.prefetch(Int(dependent.instance)) }
      }
      if traits.lesson >= 0 {
        let lesson = lessons[Int(traits.lesson)]
        stretches.prefetch(Int(lesson.stretch))
        baselines.prefetch(Int(lesson.baseline))
      }
    }
  }

  private func prefetchWindows(_ block: Range<Int>) {
    for position in block {
      if let number = comingSeries(position) { series.pointer(number)?.prefetchWindows() }
    }
  }

  private func prefetchLeaving(_ block: Range<Int>) {
    for position in block {
      if let number = comingSeries(position) { series.pointer(number)?.prefetchLeaving() }
    }
  }

  @inline(__always) private func comingSeries(_ position: Int) -> Int? {
    let number = coming[position & (Self.mostComing - 1)]
    return number < 0 ? nil : Int(number)
  }
}
