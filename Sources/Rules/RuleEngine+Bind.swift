/// Gives every rule on every device the series, events and attributes that it looks at.
import EstateModel
import RingBuffer

/// Where leaves and attributes lie that others have as well: most devices of a kind say the same.
struct SharedRuns {
  /// For each rule where its memories begin among a device's, by the device's kind.
  let memories: [[DeviceKind: Int32]]
  var leaves: [[BoundLeaf]: Int32] = [:]
  var attributes: [[UInt64]: Int32] = [:]
  var pairs: [[Target]: Int32] = [:]
  var fittings: [Fitting: Int32] = [:]
}

extension RuleEngine {
  mutating func bind(_ number: Int, _ laidOut: [[LaidOut]], _ known: inout SharedRuns) {
    let rule = instances[number].rule
    let device = instances[number].device
    let memory = known.memories[Int(rule)][catalogue.devices[Int(device)].kind]
    var fitting = Fitting(memory: memory ?? -1)
    for (position, plan) in ruleSet.rules[Int(rule)].plans.enumerated() {
      let start = bindPlan(plan, laidOut[Int(rule)][position], on: device, fitting.memory, &known)
      if position == 0 {
        (instances[number].raiseLeaves, instances[number].raiseAttributes) = (start.leaves, start.attributes)
        connect(number, plan, start)
      } else {
        (fitting.clearLeaves, fitting.clearAttributes) = (start.leaves, start.attributes)
      }
    }
    let place = known.fittings[fitting] ?? Int32(fittings.count)
    if Int(place) == fittings.count {
      known.fittings[fitting] = place
      fittings.append(fitting)
    }
    instances[number].fitting = place
  }

  /// - Parameter memory: where its memories begin among the device's; -1: it has none.
  mutating func bindPlan(
    _ plan: Plan, _ laidOut: LaidOut, on device: Int32, _ memory: Int32, _ known: inout SharedRuns
  ) -> Binding {
    // Shared conditions lie before those who ask for them.
    let shares = zip(plan.shares, laidOut.shares).map { bindShare($0, $1, on: device, &known) }
    var binding = Binding(
      leaves: Int32(leaves.count), attributes: Int32(attributes.count), device: device)
    for leaf in plan.leaves {
      bind(leaf, on: device, &known)
      if leaf.form == .days, memory >= 0 {
        leaves[leaves.count - 1].count = 1
        leaves[leaves.count - 1].target = Target(index: memory + leaf.number)
        leaves[leaves.count - 1].origin = .ownMemories
      }
      if leaf.form == .share {
        leaves[leaves.count - 1].count = 1
        leaves[leaves.count - 1].target = Target(index: shares[Int(leaf.number)])
      }
    }
    for name in plan.attributes {
      attributes.append(catalogue.attribute(name, of: DeviceIndex(UInt32(device))) ?? .nan)
    }
    for part in laidOut.parts {
      let value = ShortProgram.value(of: part) { attributes[Int(binding.attributes) + $0] }
      attributes.append(value)
    }
    let values = attributes[Int(binding.attributes)...].map(\.bitPattern)
    if let earlier = known.attributes[values] {
      attributes.removeLast(values.count)
      binding.attributes = earlier
    } else {
      known.attributes[values] = binding.attributes
    }
    let own = Array(leaves[Int(binding.leaves)...])
    guard own.allSatisfy({ $0.origin != .engine || $0.form == .during || $0.count == 0 }) else {
      return binding
    }
    if let earlier = known.leaves[own] {
      leaves.removeLast(own.count)
      binding.leaves = earlier
    } else {
      known.leaves[own] = binding.leaves
    }
    return binding
  }

  /// Tells the series and events that a condition to raise looks at which of their readings matter to it.
  private mutating func connect(_ number: Int, _ plan: Plan, _ binding: Binding) {
    for (leaf, described) in plan.leaves.enumerated() {
      for (_, position) in wishes(of: described, in: plan, on: binding.device) {
        guard let entry = entry(of: number, slot: Int32(slot(at: position))) else { continue }
        dependents[entry].leaves |= Leaf.bit(leaf)
      }
    }
    let program = programs[Int(instances[number].rule)].raise
    let ops = shortOps[Int(program.firstShort)..<Int(program.endShort)]
    guard plan.memories.isEmpty else { return connectMemory(number, plan, binding) }
    guard let calm = ops.calm(attribute: { attributes[Int(binding.attributes + $0)] }) else { return }
    let known = self.number(of: calm)
    instances[number].calm = known
    // Latest readings are judged before the instance is even looked up.
    if let entry = entryOfLatest(number, binding) { dependents[entry].calm = known }
  }

  /// Most devices of a kind have the same limits.
  private mutating func number(of calm: Calm) -> Int32 {
    if let known = calmNumbers[calm] { return known }
    calms.append(calm)
    calmNumbers[calm] = Int32(calms.count - 1)
    return Int32(calms.count - 1)
  }

  /// A rule that only counts days is not moved by readings with which its condition can't hold. Whether that was known
  /// matters only to one that is active, and that looks at each.
  private mutating func connectMemory(_ number: Int, _ plan: Plan, _ binding: Binding) {
    let counts = plan.ops.allSatisfy { op in
      guard op.code == .leaf || op.code == .aimed else { return true }
      let form = plan.leaves[Int(op.index)].form
      return form == .days || form == .during
    }
    guard counts, plan.memories.count == 1, !plan.leaves.isEmpty else { return }
    let program = memoryPrograms[Int(programs[Int(instances[number].rule)].firstMemory)]
    let ops = shortOps[Int(program.firstShort)..<Int(program.endShort)]
    if let calm = ops.calm(attribute: { attributes[Int(binding.attributes + $0)] }),
      let entry = entryOfLatest(number, binding)
    {
      dependents[entry].calm = self.number(of: calm)
    }
  }

  /// Where an instance stands among the dependents of the series whose latest reading its first leaf is.
  private func entryOfLatest(_ number: Int, _ binding: Binding) -> Int? {
    let leaf = leaves[Int(binding.leaves)]
    guard leaf.form == .latest, leaf.count == 1 else { return nil }
    return entry(of: number, slot: Int32(target(of: leaf, on: binding.device) + 1))
  }

  private func entry(of instance: Int, slot: Int32) -> Int? {
    guard slot != 0 else { return nil }
    let traits = slot < 0 ? trackTraits[Int(-slot - 1)] : traits[Int(slot - 1)]
    return (Int(traits.firstDependent)..<Int(traits.endDependent)).first {
      dependents[$0].instance == Int32(instance)
    }
  }

  private mutating func bind(_ leaf: Leaf, on device: Int32, _ known: inout SharedRuns) {
    let estate = devices[Int(device)].estate
    var bound = BoundLeaf(
      form: leaf.form, takesLowest: leaf.takesLowest, comparison: leaf.comparison,
      statistic: leaf.form.statistic,
      question: question(LeafQuestion(window: leaf.window, parameter: leaf.parameter)))
    var found: [Target] = []
    switch leaf.form {
    case .ageAny: found = [Target(index: device)]
    case .during: found = [Target(index: calendarHours(leaf.calendar ?? "", estate: estate))]
    default:
      for position in positions(of: leaf, on: device) {
        let slot = slot(at: position)
        if slot < 0 {
          found.append(Target(index: Int32(-slot - 1)))
          if leaf.form == .age { bound.form = .ageOfEvent }
        } else if slot > 0 {
          let index = slot - 1
          var window: Int32 = -1
          if leaf.window > 0 {
            window = Int32(series[index].window(length: leaf.window, measures: leaf.form.measures))
          }
          found.append(Target(index: Int32(index), window: window))
        }
      }
    }
    switch leaf.form {
    case .typical:
      for target in found {
        learnHours(of: Int(target.index), leaf.signal ?? .init(0), estate: estate)
      }
    case .steady:
      for target in found { learnStretch(of: Int(target.index), leaf.parameter) }
    case .coefficient:
      if found.count == 2 {
        found = [Target(index: learnDependence(of: Int(found[0].index), on: Int(found[1].index)))]
      }
    default: break
    }
    bound.count = Int32(found.count)
    if found.count == 1 {
      bound.target = found[0]
      countFromDevice(&bound, device)
    } else if found.count == 2, leaf.form == .overlap || leaf.form == .countBeyond {
      let state = devices[Int(device)]
      let pair = found.map {
        Target(index: $0.index - ($0.window >= 0 ? state.firstSeries : state.firstTrack), window: $0.window)
      }
      let place = known.pairs[pair] ?? Int32(targets.count)
      if Int(place) == targets.count {
        known.pairs[pair] = place
        targets += pair
      }
      (bound.origin, bound.target.index) = (.ownPair, place)
    } else if found.count > 1 {
      bound.target.index = Int32(targets.count)
      targets += found
    }
    leaves.append(bound)
  }

  /// Gives what a leaf looks at the number that it has from the device's own on: also what is a neighbour's, which is as
  /// far from one device as from the next.
  private func countFromDevice(_ leaf: inout BoundLeaf, _ device: Int32) {
    switch leaf.form {
    case .days, .during, .share, .coefficient: break
    case .ageAny:
      leaf.origin = .ownDevice
      leaf.target.index -= device
    case .count, .dwell, .ageOfEvent:
      leaf.origin = .ownTracks
      leaf.target.index -= devices[Int(device)].firstTrack
    default:
      leaf.origin = .ownSeries
      leaf.target.index -= devices[Int(device)].firstSeries
    }
  }

  private mutating func question(_ question: LeafQuestion) -> Int32 {
    if let known = questions.firstIndex(of: question) { return Int32(known) }
    questions.append(question)
    return Int32(questions.count - 1)
  }

  private mutating func calendarHours(_ name: String, estate: Int32) -> Int32 {
    let zone =
      Int(estate) < catalogue.estates.count ? catalogue.estates[Int(estate)].timeZone : .gmt
    if let known = hours.firstIndex(where: { $0.name == name && $0.timeZone == zone }) { return Int32(known) }
    let calendar = ruleSet.calendars[name] ?? EstateCalendar(name: name, hours: [])
    hours.append(CalendarHours(name: name, timeZone: zone, calendar: calendar))
    return Int32(hours.count - 1)
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
    case .median, .percentile: .ranks
    default: []
    }
  }

  /// What a window is asked for it.
  var statistic: WindowStatistic? {
    switch self {
    case .mean: .mean
    case .median: .median
    case .min: .minimum
    case .max: .maximum
    case .stddev: .standardDeviation
    case .leq: .energyMean
    case .coverage: .coverage
    case .percentile: .percentile
    case .slope: .slope
    case .fit: .fit
    case .delta: .delta
    case .samples: .samples
    default: nil
    }
  }
}
