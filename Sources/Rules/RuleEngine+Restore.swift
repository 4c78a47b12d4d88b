/// Takes a snapshot in, also one of another catalogue or other rules.
import EstateModel
import RingBuffer

/// Numbers of a snapshot's names in the engine that takes it in; nil: there is no such thing any more.
private struct SnapshotNames {
  var signals: [SignalIndex?] = []
  var rules: [Int32?] = []
  var devices: [Int32?] = []
  /// Of each device of the snapshot, the number of its island there.
  var islands: [Int?] = []
  var instances: [Int32?] = []
}

extension RuleEngine {
  /// Becomes what the engine was that wrote the snapshot: it goes on as that one would have, to the last bit.
  ///
  /// With other rules or another catalogue, what still fits is kept. A rule whose conditions and delays are the same
  /// keeps its delays and alarms; a changed one starts afresh, over the readings that its windows find. Devices that
  /// are gone are dropped; new ones are watched from this engine's `start` on.
  /// - Parameter bytes: what ``snapshot()`` returned.
  /// - Returns: alarms that were active and are not any more, because their device is gone or their rule has changed.
  /// - Throws: when the bytes are damaged; the engine is then as it was.
  @discardableResult
  public mutating func restore(snapshot bytes: [UInt8]) throws(EngineSnapshotError) -> [AlarmTransition] {
    let letters = Snapshot.letters
    guard bytes.count >= Snapshot.shortest, Array(bytes.prefix(letters.count)) == letters else {
      throw .notASnapshot
    }
    guard bytes[letters.count] == Snapshot.version else {
      throw .otherVersion(found: bytes[letters.count], expected: Snapshot.version)
    }
    var tail = StateReader(bytes, in: (bytes.count - 8)..<bytes.count)
    var body = StateReader(bytes, in: (letters.count + 1)..<(bytes.count - 8))
    guard let sum = try? tail.word(), sum == Snapshot.checkSum(bytes, count: bytes.count - 8) else {
      throw .wrongCheckSum
    }
    var restored = RuleEngine(rules: ruleSet, catalogue: catalogue, start: start, lateness: lateness)
    var dropped: [AlarmTransition] = []
    do throws(StateDamage) {
      dropped = try restored.read(from: &body)
      guard body.remaining == 0 else { throw body.damage }
    } catch { throw .damaged(at: error.offset) }
    self = restored
    return dropped
  }

  private mutating func read(from reader: inout StateReader) throws(StateDamage) -> [AlarmTransition] {
    clock = Timestamp(milliseconds: try reader.time(after: 0))
    start = Timestamp(milliseconds: try reader.time(after: 0))
    counters.judged = try reader.total()
    counters.late = try reader.total()
    counters.historical = try reader.total()
    counters.notGood = try reader.total()
    counters.duplicate = try reader.total()
    counters.overrun = try reader.total()
    var names = SnapshotNames()
    try readNames(from: &reader, into: &names)
    try readDevices(from: &reader, into: &names)
    try readIslands(from: &reader, names)
    try readSeries(from: &reader, names)
    let dropped = try readInstances(from: &reader, into: &names)
    try readPending(from: &reader, names)
    try readLessons(from: &reader, devices: names.devices, signals: names.signals)
    try readMemories(from: &reader, instances: names.instances)
    return dropped
  }

  private func readNames(from reader: inout StateReader, into names: inout SnapshotNames)
    throws(StateDamage)
  {
    for _ in 0..<(try reader.count()) { names.signals.append(Signal.named(try reader.text())) }
    var rules: [String: Int32] = [:]
    for (number, rule) in ruleSet.rules.enumerated() { rules[rule.id] = Int32(number) }
    for _ in 0..<(try reader.count(ofAtLeast: 9)) {
      let number = rules[try reader.text()]
      let fingerprint = try reader.word()
      let isSame = number.map { ruleSet.rules[Int($0)].fingerprint == fingerprint } ?? false
      names.rules.append(isSame ? number : nil)
    }
  }

  private mutating func readDevices(from reader: inout StateReader, into names: inout SnapshotNames)
    throws(StateDamage)
  {
    for _ in 0..<(try reader.count(ofAtLeast: 3)) {
      let device = catalogue.device(path: try reader.text()).map { Int($0.raw) }
      let flags = Snapshot.DeviceFlags(rawValue: try reader.byte())
      let seen = try reader.time(after: clock.milliseconds)
      let latest = flags.contains(.hasNewest) ? try reader.time(after: clock.milliseconds) : Self.notYet
      names.devices.append(device.map { Int32($0) })
      names.islands.append(flags.contains(.isWatched) ? try reader.total() : nil)
      guard let device else { continue }
      devices[device].wasHeard = flags.contains(.wasHeard)
      devices[device].isOffline = flags.contains(.isOffline)
      devices[device].lastSeen = seen
      devices[device].newest = latest
    }
  }

  /// Where islands have been joined, what is furthest counts: nothing is judged at a time before its last.
  private mutating func readIslands(from reader: inout StateReader, _ names: SnapshotNames)
    throws(StateDamage)
  {
    var stored: [Island] = []
    for _ in 0..<(try reader.count(ofAtLeast: 2)) {
      stored.append(
        Island(
          done: try reader.time(after: clock.milliseconds), now: try reader.time(after: clock.milliseconds)))
    }
    var isKnown = Array(repeating: false, count: islands.count)
    for (device, number) in zip(names.devices, names.islands) {
      guard let number else { continue }
      guard number < stored.count else { throw reader.damage }
      guard let device, devices[Int(device)].island >= 0 else { continue }
      let island = Int(devices[Int(device)].island)
      let known = isKnown[island] ? islands[island] : stored[number]
      islands[island].done = max(known.done, stored[number].done)
      islands[island].now = max(known.now, stored[number].now)
      isKnown[island] = true
    }
  }

  private mutating func readSeries(from reader: inout StateReader, _ names: SnapshotNames)
    throws(StateDamage)
  {
    let seriesCount = try reader.count()
    let trackCount = try reader.count()
    var state = SeriesState()
    for _ in 0..<(seriesCount + trackCount) {
      let device = try reader.total()
      let signal = try reader.total()
      guard device < names.devices.count, signal < names.signals.count else { throw reader.damage }
      let since = try reader.time(after: clock.milliseconds)
      var slot = 0
      if let device = names.devices[device], let signal = names.signals[signal] {
        slot = self.slot(Int(device), signal)
      }
      // Without its signal's name, nobody could tell whether a series or a track follows: then nothing fits.
      guard let signal = names.signals[signal] else { throw reader.damage }
      if Signal[signal].form == .event {
        var track = EventTrack()
        try track.read(from: &reader)
        guard slot < 0 else { continue }
        tracks[-slot - 1].restore(track)
        trackTraits[-slot - 1].watchedSince = since
      } else {
        try state.read(from: &reader)
        guard slot > 0 else { continue }
        if !state.isEmpty { series.own(slot - 1) }
        series[slot - 1].restore(state)
        traits[slot - 1].watchedSince = since
      }
    }
  }

  private mutating func readInstances(from reader: inout StateReader, into names: inout SnapshotNames)
    throws(StateDamage) -> [AlarmTransition]
  {
    var dropped: [AlarmTransition] = []
    isFresh = Array(repeating: true, count: instances.count)
    for _ in 0..<(try reader.count(ofAtLeast: 3)) {
      let rule = try reader.total()
      let device = try reader.total()
      guard rule < names.rules.count, device < names.devices.count else { throw reader.damage }
      let flags = Snapshot.InstanceFlags(rawValue: try reader.byte())
      let reference = clock.milliseconds
      let since = flags.contains(.hasSince) ? try reader.time(after: reference) : Instance.never
      let clearSince = flags.contains(.hasClearSince) ? try reader.time(after: reference) : Instance.never
      let lastKnown = flags.contains(.hasLastKnown) ? try reader.time(after: reference) : Instance.never
      let evaluatedAt = flags.contains(.hasEvaluatedAt) ? try reader.time(after: reference) : Instance.never
      let due = flags.contains(.hasDue) ? try reader.time(after: reference) : Int64.max
      let alarm = flags.contains(.isActive) ? try reader.transition() : nil
      var index: Int?
      if let rule = names.rules[rule], let device = names.devices[device] {
        index = instance(rule: rule, device: device)
      }
      names.instances.append(index.map { Int32($0) })
      if let index { isFresh[index] = false }
      guard let index, !self[course: index].isActive else {
        if let alarm { dropped.append(alarm) }
        continue
      }
      if let alarm { activate(index, alarm) }
      self[course: index].since = since
      self[course: index].clearSince = clearSince
      self[course: index].lastKnown = lastKnown
      self[course: index].wasUnknown = flags.contains(.wasUnknown)
      self[course: index].evaluatedAt = evaluatedAt
      setDue(index, due)
    }
    // What islands were waiting for is found out anew.
    for index in instances.indices { disturb(index) }
    return dropped
  }

  private mutating func readPending(from reader: inout StateReader, _ names: SnapshotNames)
    throws(StateDamage)
  {
    for _ in 0..<(try reader.count(ofAtLeast: 2)) {
      let at = try reader.time(after: clock.milliseconds)
      let number = try reader.total()
      guard number < names.instances.count else { throw reader.damage }
      // What has happened has to be told, also when its rule is gone.
      pending.append((at, names.instances[number] ?? .max, try reader.transition()))
    }
  }
}

extension StateReader {
  /// A number that is not a count of what follows.
  fileprivate mutating func total() throws(StateDamage) -> Int {
    let value = try number()
    guard value <= UInt64(Int64.max / 4) else { throw damage }
    return Int(value)
  }
}
