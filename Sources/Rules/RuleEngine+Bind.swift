/// Gives every rule on every device the series, events and attributes that it looks at.
import EstateModel
import RingBuffer

extension RuleEngine {
  /// - Parameter known: where attributes lie that others have as well: most devices of a kind say the same.
  mutating func bind(_ number: Int, _ laidOut: [[LaidOut]], _ known: inout [[UInt64]: Int]) {
    let instance = instances[number]
    for (position, plan) in ruleSet.rules[Int(instance.rule)].plans.enumerated() {
      if position == 0 { bindMemories(number, plan) }
      let start = bindPlan(plan, laidOut[Int(instance.rule)][position], of: instance, number, &known)
      if position == 0 {
        (instances[number].raiseLeaves, instances[number].raiseAttributes) = start
        connect(number, plan, Int(start.leaves), Int(start.attributes))
      } else {
        (instances[number].clearLeaves, instances[number].clearAttributes) = start
      }
    }
  }

  /// - Parameter number: of the instance, which may remember; -1: it may not.
  /// - Returns: where the plan's leaves and attributes on that device begin.
  mutating func bindPlan(
    _ plan: Plan, _ laidOut: LaidOut, of instance: Instance, _ number: Int,
    _ known: inout [[UInt64]: Int]
  ) -> (leaves: Int32, attributes: Int32) {
    // Shared conditions lie before those who ask for them.
    let shares = zip(plan.shares, laidOut.shares).map { bindShare($0, $1, of: instance, &known) }
    let firstLeaf = leaves.count
    var firstAttribute = attributes.count
    for leaf in plan.leaves {
      bind(leaf, of: instance)
      if leaf.form == .days, let memory = memory(of: number) {
        leaves[leaves.count - 1].count = 1
        leaves[leaves.count - 1].target = Target(index: Int32(memory) + leaf.number)
      }
      if leaf.form == .share {
        leaves[leaves.count - 1].count = 1
        leaves[leaves.count - 1].target = Target(index: shares[Int(leaf.number)])
      }
    }
    for name in plan.attributes {
      attributes.append(catalogue.attribute(name, of: DeviceIndex(UInt32(instance.device))) ?? .nan)
    }
    for part in laidOut.parts {
      let value = ShortProgram.value(of: part) { attributes[firstAttribute + $0] }
      attributes.append(value)
    }
    let own = attributes[firstAttribute...].map(\.bitPattern)
    if let earlier = known[own] {
      attributes.removeLast(own.count)
      firstAttribute = earlier
    } else {
      known[own] = firstAttribute
    }
    return (Int32(firstLeaf), Int32(firstAttribute))
  }

  /// Tells the series and events that a condition to raise looks at which of their readings matter to it.
  private mutating func connect(_ number: Int, _ plan: Plan, _ firstLeaf: Int, _ firstAttribute: Int) {
    for (leaf, described) in plan.leaves.enumerated() {
      for (_, position) in wishes(of: described, in: plan, on: instances[number].device) {
        guard let entry = entry(of: number, slot: slots[position]) else { continue }
        dependents[entry].leaves |= Leaf.bit(leaf)
      }
    }
    let program = programs[Int(instances[number].rule)].raise
    let ops = shortOps[Int(program.firstShort)..<Int(program.endShort)]
    guard plan.memories.isEmpty else { return connectMemory(number, plan, firstLeaf, firstAttribute) }
    guard let calm = ops.calm(attribute: { attributes[firstAttribute + Int($0)] }) else { return }
    let known = self.number(of: calm)
    instances[number].calm = known
    // Latest readings are judged before the instance is even looked up.
    let leaf = leaves[firstLeaf]
    if leaf.form == .latest, leaf.count == 1, let entry = entry(of: number, slot: leaf.target.index + 1) {
      dependents[entry].calm = known
    }
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
  private mutating func connectMemory(_ number: Int, _ plan: Plan, _ firstLeaf: Int, _ firstAttribute: Int) {
    let counts = plan.ops.allSatisfy { op in
      guard op.code == .leaf || op.code == .aimed else { return true }
      let form = plan.leaves[Int(op.index)].form
      return form == .days || form == .during
    }
    guard counts, plan.memories.count == 1, let leaf = plan.leaves.first, leaf.form == .latest else { return }
    let program = memoryPrograms[Int(programs[Int(instances[number].rule)].firstMemory)]
    let ops = shortOps[Int(program.firstShort)..<Int(program.endShort)]
    if let calm = ops.calm(attribute: { attributes[firstAttribute + Int($0)] }), leaves[firstLeaf].count == 1,
      let entry = entry(of: number, slot: leaves[firstLeaf].target.index + 1)
    {
      dependents[entry].calm = self.number(of: calm)
    }
  }

  private func entry(of instance: Int, slot: Int32) -> Int? {
    guard slot != 0 else { return nil }
    let traits = slot < 0 ? trackTraits[Int(-slot - 1)] : traits[Int(slot - 1)]
    return (Int(traits.firstDependent)..<Int(traits.endDependent)).first {
      dependents[$0].instance == Int32(instance)
    }
  }

  private mutating func bind(_ leaf: Leaf, of instance: Instance) {
    var bound = BoundLeaf(
      form: leaf.form, takesLowest: leaf.takesLowest, comparison: leaf.comparison,
      statistic: leaf.form.statistic,
      question: question(LeafQuestion(window: leaf.window, parameter: leaf.parameter)))
    var found: [Target] = []
    switch leaf.form {
    case .ageAny: found = [Target(index: instance.device)]
    case .during: found = [Target(index: calendarHours(leaf.calendar ?? "", estate: instance.estate))]
    default:
      for position in positions(of: leaf, on: instance.device) {
        let slot = Int(slots[position])
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
        learnHours(of: Int(target.index), leaf.signal ?? .init(0), estate: instance.estate)
      }
    case .steady:
      found = found.map { Target(index: learnStretch(of: Int($0.index), leaf.parameter)) }
    case .coefficient:
      if found.count == 2 {
        found = [Target(index: learnDependence(of: Int(found[0].index), on: Int(found[1].index)))]
      }
    default: break
    }
    bound.count = Int32(found.count)
    if found.count == 1 {
      bound.target = found[0]
    } else {
      bound.target.index = Int32(targets.count)
      targets += found
    }
    leaves.append(bound)
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
