/// What a snapshot could not bring along, from an engine that has played the stored readings: rules that are new or have
/// changed find their windows full.
import EstateModel
import RingBuffer

extension RuleEngine {
  /// Rules that the snapshot which was taken in said nothing of, on devices for which that matters.
  /// - Parameter hasReadings: whether there may be stored readings of a device.
  public func freshRules(where hasReadings: (DeviceIndex) -> Bool) -> Set<String> {
    var known: [Int32: Bool] = [:]
    var rules: Set<Int32> = []
    for (number, instance) in instances.enumerated() where number < isFresh.count && isFresh[number] {
      if rules.contains(instance.rule) { continue }
      let device = instance.device
      let isKnown = known[device] ?? hasReadings(DeviceIndex(UInt32(device)))
      known[device] = isKnown
      if isKnown { rules.insert(instance.rule) }
    }
    return Set(rules.map { ruleSet.rules[Int($0)].id })
  }

  /// Takes over what the other knows and this one can't: readings in windows that go further back, what is learned of
  /// signals of which nothing was, and the running delays of rules that begin afresh here. An alarm that the other
  /// holds active is raised by the next look, with its true onset.
  /// - Parameters:
  ///   - other: with some of this engine's rules over the same catalogue, played up to the same time.
  ///   - isOver: whether an alarm has been raised and is over, though the other thinks that it is active.
  public mutating func adopt(_ other: RuleEngine, isOver: (_ alarm: String) -> Bool) {
    for device in devices.indices {
      for signal in 0..<Self.signalCount {
        adoptSeries(device, SignalIndex(UInt16(signal)), other)
      }
    }
    // Fits look at other series, too: only now are all of them there.
    for device in devices.indices {
      for signal in 0..<Self.signalCount { adoptLesson(device, SignalIndex(UInt16(signal)), other) }
    }
    for (number, instance) in other.instances.enumerated() { adoptInstance(number, instance, other, isOver) }
    for index in instances.indices { disturb(index) }
  }

  private mutating func adoptSeries(_ device: Int, _ signal: SignalIndex, _ other: RuleEngine) {
    let (here, there) = (slot(device, signal), other.slot(device, signal))
    if here > 0, there > 0 {
      let (mine, theirs) = (series[here - 1].ring, other.series[there - 1].ring)
      guard theirs.count > 0, mine.count == 0 || theirs[theirs.first].time < mine[mine.first].time else {
        return
      }
      series.own(here - 1)
      series[here - 1].adopt(other.series[there - 1])
      traits[here - 1].watchedSince = min(
        traits[here - 1].watchedSince, other.traits[there - 1].watchedSince)
    } else if here < 0, there < 0 {
      let theirs = other.tracks[-there - 1]
      let isLonger =
        theirs.visits.first.map { first in
          tracks[-here - 1].visits.first.map { first.start < $0.start } ?? true
        }
        ?? (tracks[-here - 1].lastMessage == nil)
      guard isLonger else { return }
      tracks[-here - 1].restore(theirs)
      trackTraits[-here - 1].watchedSince = min(
        trackTraits[-here - 1].watchedSince, other.trackTraits[-there - 1].watchedSince)
    }
  }

  private mutating func adoptLesson(_ device: Int, _ signal: SignalIndex, _ other: RuleEngine) {
    guard let here = lessonNumber(device, signal), let there = other.lessonNumber(device, signal) else {
      return
    }
    let theirs = other.lessons[there]
    lessons[here].learned = max(lessons[here].learned, theirs.learned)
    if lessons[here].baseline >= 0, theirs.baseline >= 0, baselines[Int(lessons[here].baseline)].isEmpty {
      baselines[Int(lessons[here].baseline)] = other.baselines[Int(theirs.baseline)]
    }
    var fit = Int(lessons[here].fit)
    while fit >= 0 {
      var found = fits[fit].isEmpty ? Int(theirs.fit) : -1
      while found >= 0 {
        if other.signal(of: Int(other.fits[found].other), on: device)
          == self.signal(of: Int(fits[fit].other), on: device)
        {
          fits[fit].restore(other.fits[found])
        }
        found = Int(other.fits[found].next)
      }
      fit = Int(fits[fit].next)
    }
    var stretch = Int(lessons[here].stretch)
    while stretch >= 0 {
      var found = stretches[stretch].length.isNaN ? Int(theirs.stretch) : -1
      while found >= 0 {
        if other.stretches[found].band == stretches[stretch].band {
          stretches[stretch] = SteadyStretch(
            other.stretches[found], band: stretches[stretch].band, next: stretches[stretch].next)
        }
        found = Int(other.stretches[found].next)
      }
      stretch = Int(stretches[stretch].next)
    }
  }

  private func lessonNumber(_ device: Int, _ signal: SignalIndex) -> Int? {
    let slot = slot(device, signal)
    return slot > 0 && traits[slot - 1].lesson >= 0 ? Int(traits[slot - 1].lesson) : nil
  }

  private mutating func adoptInstance(
    _ number: Int, _ theirs: Instance, _ other: RuleEngine, _ isOver: (String) -> Bool
  ) {
    let rule = other.ruleSet.rules[Int(theirs.rule)].id
    guard let mine = ruleSet.rules.firstIndex(where: { $0.id == rule }),
      let index = instance(rule: Int32(mine), device: theirs.device), index < isFresh.count, isFresh[index],
      !self[course: index].isActive
    else { return }
    if let here = memory(of: index), let there = other.memory(of: number) {
      let program = programs[mine]
      for offset in 0..<Int(program.endMemory - program.firstMemory)
      where there + offset < other.memories.count {
        var memory = other.memories[there + offset]
        memory.clock = memories[here + offset].clock
        memories[here + offset] = memory
      }
    }
    let course = other[course: number]
    guard course.since != Instance.never else { return }
    let alarm = AlarmTransition.identifier(
      rule: rule, device: catalogue.devices[Int(theirs.device)].path,
      onset: Timestamp(milliseconds: course.since))
    if isOver(alarm) { return }
    self[course: index].since = course.since
    self[course: index].wasUnknown = course.wasUnknown
    self[course: index].lastKnown = course.isActive ? Instance.never : course.lastKnown
    self[course: index].evaluatedAt = course.isActive ? Instance.never : course.evaluatedAt
    let due = course.since + programs[mine].onDelay
    setDue(index, due > clock.milliseconds ? due : .max)
  }
}
