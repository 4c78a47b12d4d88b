/// Gives every signal of a device that rules read its series or its events.
import EstateModel
import RingBuffer

/// What all rules together ask of one signal of one device.
private struct Demand {
  var longest: Int64 = 0
  /// The longest window that asks for an energy mean.
  var longestEnergy: Int64 = 0
  var dependents: [Int32] = []
}

extension RuleEngine {
  mutating func buildSlots() {
    let plans = ruleSet.rules.map(\.plans)
    let read = plans.joined().flatMap { $0.leaves + $0.shares.flatMap(\.plan.leaves) }
    let signals = Set(read.flatMap(\.signals).map(\.raw)).sorted()
    columns = Array(repeating: 0, count: Self.signalCount)
    for (number, signal) in signals.enumerated() { columns[Int(signal)] = Int32(number + 1) }
    columnCount = signals.count + 1
    // The numbers of demands, from 1.
    var numbers = Array(repeating: Int32(0), count: devices.count * columnCount)
    var demands: [Demand] = []
    for (number, instance) in instances.enumerated() {
      for plan in plans[Int(instance.rule)] {
        for (leaf, position) in plan.leaves.flatMap({ wishes(of: $0, in: plan, on: instance.device) }) {
          if numbers[position] == 0 {
            demands.append(Demand())
            numbers[position] = Int32(demands.count)
          }
          let index = Int(numbers[position]) - 1
          demands[index].longest = max(demands[index].longest, leaf.window)
          if leaf.form == .leq {
            demands[index].longestEnergy = max(demands[index].longestEnergy, leaf.window)
          }
          if demands[index].dependents.last != Int32(number) {
            demands[index].dependents.append(Int32(number))
          }
        }
      }
    }
    var known: [SeriesManner: Int32] = [:]
    dependents.reserveCapacity(demands.reduce(0) { $0 + $1.dependents.count })
    /// The signal of a position among the slots that is read.
    func signal(_ position: Int) -> Signal { Signal.all[Int(signals[position % columnCount - 1])] }
    traits.reserveCapacity(numbers.indices.count { numbers[$0] > 0 && signal($0).form != .event })
    var layouts: [[Int16]: Int32] = [:]
    for device in devices.indices {
      (devices[device].firstSeries, devices[device].firstTrack) = (Int32(series.count), Int32(tracks.count))
      var layout = Array(repeating: Int16(0), count: columnCount)
      for column in 0..<columnCount where numbers[device * columnCount + column] > 0 {
        let position = device * columnCount + column
        layout[column] = makeSlot(
          device: device, signal(position), demands[Int(numbers[position]) - 1], &known)
      }
      devices[device].firstSlot = layouts[layout] ?? Int32(slots.count)
      if Int(devices[device].firstSlot) == slots.count {
        layouts[layout] = Int32(slots.count)
        slots += layout
      }
    }
  }

  /// 0 unread, n > 0 series n - 1, n < 0 event track -n - 1.
  @inline(__always) func slot(_ device: Int, _ signal: SignalIndex) -> Int {
    slot(device, column: Int(columns[Int(signal.raw)]))
  }

  /// The same, by its position among all devices' columns.
  func slot(at position: Int) -> Int { slot(position / columnCount, column: position % columnCount) }

  @inline(__always) private func slot(_ device: Int, column: Int) -> Int {
    let own = Int(slots[Int(devices[device].firstSlot) + column])
    if own == 0 { return 0 }
    return own > 0 ? Int(devices[device].firstSeries) + own : own - Int(devices[device].firstTrack)
  }

  /// What a leaf reads, with where it stands among the slots; of a shared condition all leaves on all devices.
  func wishes(of leaf: Leaf, in plan: Plan, on device: Int32) -> [(leaf: Leaf, position: Int)] {
    guard leaf.form == .share else { return positions(of: leaf, on: device).map { (leaf, $0) } }
    let shared = plan.shares[Int(leaf.number)]
    return members(of: shared.kind, besides: device).flatMap { member in
      shared.plan.leaves.flatMap { inner in positions(of: inner, on: member).map { (inner, $0) } }
    }
  }

  /// Where the things that a leaf reads stand among the slots.
  func positions(of leaf: Leaf, on device: Int32) -> [Int] {
    leaf.signals.flatMap { signal in
      catalogue.targets(of: leaf.via, for: DeviceIndex(UInt32(device))).map {
        Int($0.raw) * columnCount + Int(columns[Int(signal.raw)])
      }
    }
  }

  private mutating func makeSlot(
    device: Int, _ signal: Signal, _ demand: Demand, _ known: inout [SeriesManner: Int32]
  ) -> Int16 {
    let interval = max(1, devices[device].interval)
    let manner = SeriesManner(
      scale: signal.unit.scale, hold: signal.form == .state ? .max : interval + interval / 2)
    let number = known[manner] ?? Int32(manners.count)
    if Int(number) == manners.count {
      known[manner] = number
      manners.append(manner)
    }
    var entry = SeriesTraits(watchedSince: start.milliseconds, manner: number)
    entry.firstDependent = Int32(dependents.count)
    dependents += demand.dependents.map { Dependent(instance: $0) }
    entry.endDependent = Int32(dependents.count)
    if signal.form == .event {
      var track = EventTrack()
      track.keep(for: demand.longest)
      tracks.append(track)
      trackTraits.append(entry)
      trackDevices.append(Int32(device))
      return Int16(Int(devices[device].firstTrack) - tracks.count)
    }
    // Four times the readings to be expected: devices report faster when something happens.
    let expected = (demand.longest + lateness) / interval
    let most = Int64(RuleSet.mostSamples)
    series.append(
      WindowedSeries(
        capacity: Int(min(most, expected * 4 + 64)), usual: Int(min(most, expected + 4)), step: interval,
        lateness: lateness, holdsEnergy: demand.longestEnergy > 0,
        energies: Int(min(most, demand.longestEnergy / interval + 1))))
    traits.append(entry)
    return Int16(series.count - Int(devices[device].firstSeries))
  }

  /// Where each instance stands among the dependents.
  mutating func buildEntries() {
    var counts = Array(repeating: Int32(0), count: instances.count + 1)
    for dependent in dependents { counts[Int(dependent.instance)] += 1 }
    firstEntries = []
    firstEntries.reserveCapacity(counts.count)
    var next: Int32 = 0
    for count in counts {
      firstEntries.append(next)
      next += count
    }
    var ends = firstEntries
    entries = Array(repeating: 0, count: dependents.count)
    for (position, dependent) in dependents.enumerated() {
      entries[Int(ends[Int(dependent.instance)])] = Int32(position)
      ends[Int(dependent.instance)] += 1
    }
  }
}
