/// Lays rules and devices out in flat arrays when the engine is made.
import EstateModel
import RingBuffer

/// What all rules together ask of one signal of one device.
private struct Demand {
  var longest: Int64 = 0
  var holdsEnergy = false
  var dependents: [Int32] = []
}

private struct Slot: Hashable {
  var device: Int
  var signal: Int
}

extension RuleEngine {
  mutating func build() {
    let count = catalogue.devices.count
    slots = Array(repeating: 0, count: count * Self.signalCount)
    watchers = Array(repeating: [], count: count)
    intervals = catalogue.devices.map(\.reportInterval)
    measures = catalogue.devices.map { device in
      device.kind.signals.contains { Signal.named($0).map { Signal[$0].form == .measurement } == true }
    }
    buildPrograms()
    buildInstances()
    let demands = gatherDemands()
    for (slot, demand) in demands.sorted(by: {
      ($0.key.device, $0.key.signal) < ($1.key.device, $1.key.signal)
    }) {
      makeSlot(slot, demand)
    }
    for instance in instances.indices { bind(instance) }
    buildIslands()
  }

  private mutating func buildPrograms() {
    let numbers = Dictionary(
      ruleSet.rules.enumerated().map { ($1.id, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    for rule in ruleSet.rules {
      let raise = layOut(rule.raise)
      var clear: Program?
      var readsMeasurements = rule.raise.readsMeasurements
      var isManual = false
      switch rule.clearing {
      case .condition(let plan):
        clear = layOut(plan)
        readsMeasurements = readsMeasurements || plan.readsMeasurements
      case .manual: isManual = true
      case .notRaise: break
      }
      programs.append(
        RuleProgram(
          raise: raise, clear: clear, isManual: isManual, onDelay: rule.onDelay, offDelay: rule.offDelay,
          dependsOnTime: rule.raise.dependsOnTime, readsMeasurements: readsMeasurements,
          inhibitors: rule.inhibitedBy.compactMap { numbers[$0] }))
      recorded = Array(repeating: .nan, count: max(recorded.count, rule.raise.notes.count))
      if case .condition(let plan) = rule.clearing {
        recorded = Array(repeating: .nan, count: max(recorded.count, plan.notes.count))
      }
    }
    activeCounts = Array(repeating: 0, count: ruleSet.rules.count * max(1, catalogue.estates.count + 1))
  }

  private mutating func layOut(_ plan: Plan) -> Program {
    let first = ops.count
    ops += plan.ops
    return Program(firstOp: first, endOp: ops.count, stack: plan.deepestStack + 1, notes: plan.notes.count)
  }

  /// Rule by rule, device by device: the order in which transitions of the same time are told.
  private mutating func buildInstances() {
    let estates = Dictionary(
      catalogue.estates.enumerated().map { ($1.id, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    for (number, rule) in ruleSet.rules.enumerated() {
      for (index, device) in catalogue.devices.enumerated() where rule.kinds.contains(device.kind) {
        instances.append(
          Instance(
            rule: Int32(number), device: Int32(index),
            estate: estates[device.estate] ?? Int32(catalogue.estates.count),
            gap: rule.gap ?? 3 * device.reportInterval))
      }
    }
  }

  private func plans(of rule: Rule) -> [Plan] {
    if case .condition(let plan) = rule.clearing { return [rule.raise, plan] }
    return [rule.raise]
  }

  private func devices(of leaf: Leaf, for device: Int32) -> [Int] {
    catalogue.targets(of: leaf.via, for: DeviceIndex(UInt32(device))).map { Int($0.raw) }
  }

  private mutating func gatherDemands() -> [Slot: Demand] {
    var demands: [Slot: Demand] = [:]
    for (number, instance) in instances.enumerated() {
      for plan in plans(of: ruleSet.rules[Int(instance.rule)]) {
        for leaf in plan.leaves {
          if leaf.form == .ageAny, !watchers[Int(instance.device)].contains(Int32(number)) {
            watchers[Int(instance.device)].append(Int32(number))
          }
          guard let signal = leaf.signal else { continue }
          for device in devices(of: leaf, for: instance.device) {
            let slot = Slot(device: device, signal: Int(signal.raw))
            var demand = demands[slot] ?? Demand()
            demand.longest = max(demand.longest, leaf.window)
            if leaf.form == .leq { demand.holdsEnergy = true }
            if !demand.dependents.contains(Int32(number)) { demand.dependents.append(Int32(number)) }
            demands[slot] = demand
          }
        }
      }
    }
    return demands
  }

  private mutating func makeSlot(_ slot: Slot, _ demand: Demand) {
    let signal = Signal.all[slot.signal]
    let interval = max(1, intervals[slot.device])
    var entry = SeriesTraits(
      scale: signal.unit.scale, hold: signal.form == .state ? .max : interval + interval / 2,
      watchedSince: start.milliseconds)
    entry.firstDependent = Int32(dependents.count)
    dependents += demand.dependents
    entry.endDependent = Int32(dependents.count)
    let position = slot.device * Self.signalCount + slot.signal
    if signal.form == .event {
      var track = EventTrack()
      track.keep(for: demand.longest)
      tracks.append(track)
      trackTraits.append(entry)
      trackDevices.append(Int32(slot.device))
      slots[position] = -Int32(tracks.count)
    } else {
      // Four times the readings to be expected: devices report faster when something happens.
      let expected = (demand.longest + lateness) / interval
      let capacity = Int(min(Int64(RuleSet.mostSamples), expected * 4 + 64))
      series.append(
        WindowedSeries(
          capacity: capacity, step: interval, lateness: lateness, holdsEnergy: demand.holdsEnergy))
      traits.append(entry)
      slots[position] = Int32(series.count)
    }
  }

  private mutating func bind(_ number: Int) {
    let instance = instances[number]
    let rule = ruleSet.rules[Int(instance.rule)]
    for (position, plan) in plans(of: rule).enumerated() {
      let firstLeaf = Int32(leaves.count)
      let firstAttribute = Int32(attributes.count)
      for leaf in plan.leaves { bind(leaf, of: instance) }
      for name in plan.attributes {
        attributes.append(catalogue.attribute(name, of: DeviceIndex(UInt32(instance.device))) ?? .nan)
      }
      if position == 0 {
        (instances[number].raiseLeaves, instances[number].raiseAttributes) = (firstLeaf, firstAttribute)
      } else {
        (instances[number].clearLeaves, instances[number].clearAttributes) = (firstLeaf, firstAttribute)
      }
    }
  }

  private mutating func bind(_ leaf: Leaf, of instance: Instance) {
    let first = Int32(targets.count)
    var form = leaf.form
    switch leaf.form {
    case .ageAny: targets.append(Target(index: instance.device))
    case .during: targets.append(Target(index: calendarHours(leaf.calendar ?? "", estate: instance.estate)))
    default:
      guard let signal = leaf.signal else { break }
      for device in devices(of: leaf, for: instance.device) {
        let slot = slots[device * Self.signalCount + Int(signal.raw)]
        if slot < 0 {
          targets.append(Target(index: -slot - 1))
          if leaf.form == .age { form = .ageOfEvent }
        } else if slot > 0 {
          let index = Int(slot) - 1
          var window: Int32 = -1
          if leaf.window > 0 {
            window = Int32(series[index].window(length: leaf.window, measures: leaf.form.measures))
          }
          targets.append(Target(index: Int32(index), window: window))
        }
      }
    }
    leaves.append(
      BoundLeaf(
        form: form, takesLowest: leaf.takesLowest, first: first, count: Int32(targets.count) - first,
        window: leaf.window, parameter: leaf.parameter))
  }

  private mutating func calendarHours(_ name: String, estate: Int32) -> Int32 {
    let zone =
      Int(estate) < catalogue.estates.count ? catalogue.estates[Int(estate)].timeZone : .gmt
    if let known = hours.firstIndex(where: { $0.name == name && $0.timeZone == zone }) { return Int32(known) }
    let calendar = ruleSet.calendars[name] ?? EstateCalendar(name: name, hours: [])
    hours.append(CalendarHours(name: name, timeZone: zone, calendar: calendar))
    return Int32(hours.count - 1)
  }

  /// Devices joined by a rule that reads a neighbour's signal move through time together.
  private mutating func buildIslands() {
    var root = Array(0..<catalogue.devices.count)
    func find(_ device: Int) -> Int {
      var device = device
      while root[device] != device { device = root[device] }
      return device
    }
    for instance in instances {
      for plan in plans(of: ruleSet.rules[Int(instance.rule)]) {
        for leaf in plan.leaves where leaf.via != .own {
          for device in devices(of: leaf, for: instance.device) {
            let (a, b) = (find(Int(instance.device)), find(device))
            root[max(a, b)] = min(a, b)
          }
        }
      }
    }
    islandOf = Array(repeating: -1, count: catalogue.devices.count)
    var islandOfRoot: [Int: Int32] = [:]
    for number in instances.indices {
      let device = Int(instances[number].device)
      let key = find(device)
      let island = islandOfRoot[key] ?? Int32(islands.count)
      if islandOfRoot[key] == nil {
        islandOfRoot[key] = island
        islands.append(Island(done: start.milliseconds, now: start.milliseconds))
      }
      instances[number].island = island
      islands[Int(island)].instances.append(Int32(number))
    }
    for device in root.indices { islandOf[device] = islandOfRoot[find(device)] ?? -1 }
  }
}

extension LeafForm {
  /// The sums that a window keeps for it.
  var measures: WindowMeasures {
    switch self {
    case .mean, .stddev: .moments
    case .slope, .fit, .timeTo: .line
    case .leq: .energy
    case .min: .minimum
    case .max: .maximum
    case .stuck: [.minimum, .maximum]
    default: []
    }
  }
}
