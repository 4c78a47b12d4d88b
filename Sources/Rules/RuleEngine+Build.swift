/// Lays rules and devices out in flat arrays when the engine is made.
import EstateModel
import RingBuffer

extension RuleEngine {
  mutating func build() {
    let estates = Dictionary(
      catalogue.estates.enumerated().map { ($1.id, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    devices = catalogue.devices.map { device in
      DeviceState(
        lastSeen: start.milliseconds, newest: Self.notYet, interval: device.reportInterval,
        estate: estates[device.estate] ?? Int32(catalogue.estates.count), measures: device.kind.measures)
    }
    buildShareMembers()
    let laidOut = buildPrograms()
    buildInstances()
    buildWatchers()
    buildSlots()
    buildEntries()
    var known = SharedRuns(memories: buildMemories())
    for instance in instances.indices { bind(instance, laidOut, &known) }
    leaves = leaves.withUnsafeBufferPointer { Array($0) }
    lessons = lessons.withUnsafeBufferPointer { Array($0) }
    calmNumbers = [:]
    series.settle()
    for instance in instances.indices { disturb(instance) }
  }

  /// - Returns: for each rule its plans as they are laid out, for raising and for clearing.
  private mutating func buildPrograms() -> [[LaidOut]] {
    let numbers = Dictionary(
      ruleSet.rules.enumerated().map { ($1.id, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    var all: [[LaidOut]] = []
    for rule in ruleSet.rules {
      let plans = rule.plans
      let laidOut = plans.map { layOut($0) }
      all.append(laidOut)
      var program = RuleProgram(
        raise: laidOut[0].program, dependsOnTime: rule.raise.dependsOnTime,
        readsMeasurements: plans.contains(where: \.readsMeasurements), onDelay: rule.onDelay,
        offDelay: rule.offDelay, gap: rule.gap ?? -1)
      if laidOut.count > 1 { (program.clear, program.hasClear) = (laidOut[1].program, true) }
      if case .manual = rule.clearing { program.isManual = true }
      program.firstMemory = Int32(memoryPrograms.count)
      memoryPrograms += laidOut[0].memories
      program.endMemory = Int32(memoryPrograms.count)
      program.firstInhibitor = Int32(inhibitors.count)
      inhibitors += rule.inhibitedBy.compactMap { numbers[$0] }
      program.endInhibitor = Int32(inhibitors.count)
      programs.append(program)
      let notes = plans.map(\.notes.count).max() ?? 0
      recorded = Array(repeating: .nan, count: max(recorded.count, notes))
    }
    activeCounts = Array(repeating: 0, count: ruleSet.rules.count * max(1, catalogue.estates.count + 1))
    return all
  }

  private mutating func layOut(_ plan: Plan) -> LaidOut {
    let short = ShortProgram(plan)
    var laidOut = LaidOut(program: append(plan, short), parts: short.parts)
    laidOut.shares = plan.shares.map { layOut($0.plan) }
    for memory in plan.memories {
      var inner = plan
      inner.ops = memory.ops
      let short = ShortProgram(inner, after: laidOut.parts.count)
      laidOut.memories.append(append(inner, short))
      laidOut.parts += short.parts
    }
    return laidOut
  }

  private mutating func append(_ plan: Plan, _ short: ShortProgram) -> Program {
    let program = Program(
      firstOp: Int32(ops.count), endOp: Int32(ops.count + plan.ops.count), firstShort: Int32(shortOps.count),
      endShort: Int32(shortOps.count + short.ops.count), stack: Int32(plan.deepestStack + 1),
      isMonotone: !short.ops.contains { $0.code == .not })
    ops += plan.ops
    shortOps += short.ops
    return program
  }

  /// Island by island, in each rule by rule and device by device: the order in which they are judged.
  private mutating func buildInstances() {
    var byKind: [DeviceKind: [Int32]] = [:]
    for (index, device) in catalogue.devices.enumerated() {
      byKind[device.kind, default: []].append(Int32(index))
    }
    let subjects = ruleSet.rules.map { rule in
      Set(rule.kinds).flatMap { byKind[$0] ?? [] }.sorted()
    }
    let roots = joinNeighbours(subjects)
    var islandOfRoot: [Int32: Int32] = [:]
    var sizes: [Int32] = []
    for devices in subjects {
      for device in devices {
        let island = islandOfRoot[roots[Int(device)], default: Int32(sizes.count)]
        if Int(island) == sizes.count {
          islandOfRoot[roots[Int(device)]] = island
          sizes.append(0)
        }
        sizes[Int(island)] += 1
        self.devices[Int(device)].island = island
      }
    }
    for (device, root) in roots.enumerated() { devices[device].island = islandOfRoot[root] ?? -1 }
    var next: Int32 = 0
    for size in sizes {
      islands.append(
        Island(
          firstInstance: next, endInstance: next, done: start.milliseconds, now: start.milliseconds))
      next += size
    }
    let nobody = Instance(rule: -1, device: -1)
    instances = Array(repeating: nobody, count: Int(next))
    for (number, devices) in subjects.enumerated() {
      for index in devices {
        let island = self.devices[Int(index)].island
        instances[Int(islands[Int(island)].endInstance)] = Instance(rule: Int32(number), device: index)
        islands[Int(island)].endInstance += 1
      }
    }
  }

  /// Devices joined by a rule that reads a neighbour's signal move through time together.
  /// - Returns: for each device the first of those that it is joined with.
  private func joinNeighbours(_ subjects: [[Int32]]) -> [Int32] {
    var root = Array(0..<Int32(catalogue.devices.count))
    func find(_ device: Int32) -> Int32 {
      var device = device
      while root[Int(device)] != device { device = root[Int(device)] }
      return device
    }
    func join(_ a: Int32, _ b: Int32) {
      let (a, b) = (find(a), find(b))
      root[Int(max(a, b))] = min(a, b)
    }
    func joinAll(_ plan: Plan, of device: Int32) {
      for leaf in plan.leaves where leaf.via != .own {
        for neighbour in catalogue.targets(of: leaf.via, for: DeviceIndex(UInt32(device))) {
          join(device, Int32(neighbour.raw))
        }
      }
    }
    for (rule, devices) in zip(ruleSet.rules, subjects) {
      for plan in rule.plans {
        for device in devices {
          for shared in plan.shares {
            for member in members(of: shared.kind, besides: device) {
              join(device, member)
              joinAll(shared.plan, of: member)
            }
          }
          joinAll(plan, of: device)
        }
      }
    }
    return root.map(find)
  }

  private mutating func buildWatchers() {
    let asks = ruleSet.rules.map { rule in
      rule.plans.contains { $0.leaves.contains { $0.form == .ageAny } }
    }
    var counts = Array(repeating: Int32(0), count: devices.count)
    for instance in instances where asks[Int(instance.rule)] { counts[Int(instance.device)] += 1 }
    var next: Int32 = 0
    for (device, count) in counts.enumerated() {
      (devices[device].firstWatcher, devices[device].endWatcher) = (next, next)
      next += count
    }
    watchers = Array(repeating: 0, count: Int(next))
    for (number, instance) in instances.enumerated() where asks[Int(instance.rule)] {
      watchers[Int(devices[Int(instance.device)].endWatcher)] = Int32(number)
      devices[Int(instance.device)].endWatcher += 1
    }
  }
}

extension Rule {
  /// For raising, and for clearing when it has a condition of its own.
  var plans: [Plan] {
    if case .condition(let plan) = clearing { return [raise, plan] }
    return [raise]
  }
}

extension DeviceKind {
  /// A kind's first signal is its business: a camera's is a kind of event, and the people that it counts come as
  /// they come.
  fileprivate var measures: Bool {
    signals.first.flatMap(Signal.named).map { Signal[$0].form == .measurement } ?? false
  }
}
