/// From a condition's value to alarms: on-delay, off-delay, gaps, inhibition, evidence.
import EstateModel

extension RuleEngine {
  /// Judges one rule on one device at a time that is not before its last.
  mutating func evaluate(_ index: Int, at now: Int64, byReading: Bool) {
    if isIdle(index), staysCalm(index, at: now) { return }
    let rule = Int(instances[index].rule)
    let remembered =
      programs[rule].firstMemory < programs[rule].endMemory ? remember(index, rule, at: now) : nil
    if self[course: index].isActive {
      evaluateClearing(index, rule, at: now, byReading: byReading)
    } else {
      evaluateRaising(index, rule, at: now, byReading: byReading)
    }
    if byReading, !isIdle(index) { self[course: index].evaluatedAt = now }
    if let remembered {
      instances[index].looked |= remembered.looked
      if remembered.until < instances[index].quietUntil { rest(index, until: remembered.until) }
    }
  }

  /// Whether an idle instance's first leaf alone tells that nothing is raised.
  private mutating func staysCalm(_ index: Int, at now: Int64) -> Bool {
    let calm = calms[Int(instances[index].calm)]
    guard calm.above < calm.below else { return false }
    heedsSilence = false
    let glimpse = look(at: 0, of: instances[index].raising, at: now, aim: .nan)
    guard calm.contains(glimpse.value) || glimpse.value.isNaN else { return false }
    let leaf = leaves[Int(instances[index].raiseLeaves)]
    if leaf.form == .steady, leaf.count == 1, calm.above == -.infinity {
      // It grows no faster than time: until it can reach the limit, readings needn't be asked.
      instances[index].looked = 0
      let missing = calm.below - (glimpse.value.isNaN ? 0 : glimpse.value)
      rest(index, until: now + Int64(min(missing, 1e9) * 1000))
      return true
    }
    instances[index].looked = Leaf.bit(0)
    rest(index, until: programs[Int(instances[index].rule)].dependsOnTime ? glimpse.until : .max)
    return true
  }

  /// Whether a delay that was running has been interrupted by too long a time without knowledge.
  private func gapHasOutlasted(_ index: Int, at now: Int64) -> Bool {
    self[course: index].lastKnown != Instance.never && now - self[course: index].lastKnown > gap(index)
  }

  /// Readings bring knowledge. Where a rule looks at none that go stale, the passing of time does.
  private mutating func know(_ index: Int, _ rule: Int, at now: Int64, byReading: Bool) {
    if byReading || !programs[rule].readsMeasurements || self[course: index].lastKnown == Instance.never {
      self[course: index].lastKnown = now
    }
    self[course: index].wasUnknown = false
  }

  private mutating func evaluateRaising(
    _ index: Int, _ rule: Int, at now: Int64, byReading: Bool
  ) {
    heedsSilence = false
    let isIdle = isIdle(index)
    let glimpse = judge(programs[rule].raise, instances[index].raising, at: now, seeksYes: isIdle)
    if glimpse.value != 1, isIdle {
      // Nothing runs and nothing begins, as nearly always.
      instances[index].looked = glimpse.looked
      rest(index, until: programs[rule].dependsOnTime ? glimpse.until : .max)
      return
    }
    if glimpse.value.isNaN {
      self[course: index].wasUnknown = true
      if gapHasOutlasted(index, at: now) { abandon(index) }
    } else if glimpse.value == 0 {
      abandon(index)
    } else {
      hold(index, rule, at: now, byReading: byReading)
    }
    disturb(index)
  }

  /// The condition to raise is known to hold.
  private mutating func hold(_ index: Int, _ rule: Int, at now: Int64, byReading: Bool) {
    if self[course: index].since != Instance.never, self[course: index].wasUnknown,
      gapHasOutlasted(index, at: now)
    {
      abandon(index)
    }
    if self[course: index].since == Instance.never { self[course: index].since = now }
    know(index, rule, at: now, byReading: byReading)
    let due = self[course: index].since + programs[rule].onDelay
    if now < due {
      setDue(index, due)
    } else if !isInhibited(index, rule) {
      raise(index, at: now)
    }
  }

  private mutating func abandon(_ index: Int) {
    self[course: index].since = Instance.never
    self[course: index].evaluatedAt = Instance.never
    self[course: index].lastKnown = Instance.never
    self[course: index].wasUnknown = false
    setDue(index, .max)
  }

  private mutating func evaluateClearing(
    _ index: Int, _ rule: Int, at now: Int64, byReading: Bool
  ) {
    if programs[rule].isManual {
      rest(index, until: .max)
      return
    }
    heedsSilence = true
    let holds = judge(programs[rule].raise, instances[index].raising, at: now)
    var clears = Judgement(value: 1 - holds.value, until: holds.until, looked: holds.looked)
    if programs[rule].hasClear {
      clears = judge(programs[rule].clear, clearing(index), at: now)
      // What still raises doesn't clear, whatever else is said.
      if holds.value == 1 { clears.value = 0 }
      clears.until = min(clears.until, holds.until)
    }
    if clears.value != 1, self[course: index].clearSince == Instance.never {
      rest(index, until: clears.until)
      return
    }
    if clears.value.isNaN {
      self[course: index].wasUnknown = true
      if gapHasOutlasted(index, at: now) { keep(index) }
    } else if clears.value == 0 {
      keep(index)
    } else {
      release(index, rule, at: now, byReading: byReading)
    }
    disturb(index)
  }

  /// The condition to clear is known to hold.
  private mutating func release(_ index: Int, _ rule: Int, at now: Int64, byReading: Bool) {
    if self[course: index].clearSince != Instance.never, self[course: index].wasUnknown,
      gapHasOutlasted(index, at: now)
    {
      keep(index)
    }
    if self[course: index].clearSince == Instance.never { self[course: index].clearSince = now }
    know(index, rule, at: now, byReading: byReading)
    let due = self[course: index].clearSince + programs[rule].offDelay
    if now < due { setDue(index, due) } else { clear(index, at: now) }
  }

  private mutating func keep(_ index: Int) {
    self[course: index].clearSince = Instance.never
    self[course: index].lastKnown = Instance.never
    self[course: index].wasUnknown = false
    setDue(index, .max)
  }

  /// Where alarms of a rule in an instance's estate are counted. - Parameter rule: nil: its own.
  private func activeSlot(of index: Int, rule: Int32? = nil) -> Int {
    let estate = devices[Int(instances[index].device)].estate
    return Int(rule ?? instances[index].rule) * (catalogue.estates.count + 1) + Int(estate)
  }

  private func isInhibited(_ index: Int, _ rule: Int) -> Bool {
    inhibitors[Int(programs[rule].firstInhibitor)..<Int(programs[rule].endInhibitor)].contains {
      activeCounts[activeSlot(of: index, rule: $0)] > 0
    }
  }

  private mutating func raise(_ index: Int, at now: Int64) {
    let transition = transition(.raised, index, at: now)
    activate(index, transition)
    pending.append((now, Int32(index), transition))
  }

  /// Marks an alarm as active, raised just now or before a restart.
  mutating func activate(_ index: Int, _ transition: AlarmTransition) {
    setDue(index, .max)
    self[course: index].isActive = true
    self[course: index].since = transition.onset
    self[course: index].clearSince = Instance.never
    self[course: index].lastKnown = Instance.never
    self[course: index].wasUnknown = false
    activeCounts[activeSlot(of: index)] += 1
    alarms[Int32(index)] = transition
    disturb(index)
  }

  /// Puts the stored alarm in the place of an active one that a replay found.
  mutating func replaceAlarm(_ index: Int, _ transition: AlarmTransition) {
    self[course: index].since = transition.onset
    alarms[Int32(index)] = transition
    // A clearing that began before the alarm was raised can't be its own.
    if self[course: index].clearSince < transition.at { keep(index) }
    disturb(index)
  }

  mutating func clear(_ index: Int, at now: Int64) {
    var transition = transition(.cleared, index, at: now)
    if let raised = alarms[Int32(index)] {
      // The same alarm, also when it was raised under an earlier version of the rule.
      transition.alarm = raised.alarm
      transition.towards = raised.towards
    }
    pending.append((now, Int32(index), transition))
    deactivate(index)
  }

  /// Makes an active alarm idle, without a word.
  mutating func deactivate(_ index: Int) {
    alarms[Int32(index)] = nil
    activeCounts[activeSlot(of: index)] -= 1
    self[course: index].isActive = false
    self[course: index].clearSince = Instance.never
    abandon(index)
    disturb(index)
  }

  private mutating func transition(_ kind: AlarmTransition.Kind, _ index: Int, at now: Int64)
    -> AlarmTransition
  {
    let instance = instances[index]
    let rule = ruleSet.rules[Int(instance.rule)]
    let device = catalogue.devices[Int(instance.device)]
    _ = record(programs[Int(instance.rule)].raise, instance.raising, at: now)
    let onset = Timestamp(milliseconds: self[course: index].since)
    return AlarmTransition(
      kind: kind, alarm: AlarmTransition.identifier(rule: rule.id, device: device.path, onset: onset),
      rule: rule.id, title: rule.title, estate: device.estate, device: device.id, place: device.place,
      priority: rule.priority, category: rule.category, onset: onset, at: Timestamp(milliseconds: now),
      towards: neighbour(of: rule, device: instance.device), evidence: evidence(rule.raise))
  }

  /// The values recorded last, in readable units.
  func evidence(_ plan: Plan) -> [Evidence] {
    plan.notes.enumerated().map { number, note in
      let value = recorded[number] / note.unit.scale
      return Evidence(label: note.label, value: value.isFinite ? value : nil, unit: note.unit.symbol)
    }
  }

  /// The neighbouring place that an alarm points at: of several, the one with the highest latest reading.
  private func neighbour(of rule: Rule, device: Int32) -> String? {
    guard let towards = rule.towards else { return nil }
    let devices = catalogue.targets(
      of: towards == .upstream ? .upstream : .downstream, for: DeviceIndex(UInt32(device)))
    guard devices.count > 1 else { return devices.first.map { catalogue[$0].place } }
    let signals = rule.raise.leaves.filter { $0.via != .own }.compactMap(\.signal)
    func level(_ device: DeviceIndex) -> Double {
      for signal in signals {
        let slot = slot(Int(device.raw), signal)
        if slot > 0, let last = series[slot - 1].ring.last { return last.value }
      }
      return -.infinity
    }
    var best = devices[0]
    for device in devices.dropFirst() where level(device) > level(best) { best = device }
    return catalogue[best].place
  }
}
