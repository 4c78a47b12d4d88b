/// The engine's state as bytes: what has to be kept so that a restart is invisible.
import EstateModel
import RingBuffer

/// Layout of a snapshot: four letters, version, sections in the order of the functions below, check sum.
///
/// Devices, signals and rules are named once and referred to by number, so that a snapshot fits an engine with another
/// catalogue or other rules.
enum Snapshot {
  static let letters = Array("GHES".utf8)
  static let version: UInt8 = 2
  /// Letters, version, check sum.
  static let shortest = letters.count + 1 + 8
  /// Times with which everything can be computed; ±73 million years.
  static let times = (Int64.min / 4)...(Int64.max / 4)

  struct DeviceFlags: OptionSet {
    var rawValue: UInt8
    static let wasHeard = DeviceFlags(rawValue: 1)
    static let isOffline = DeviceFlags(rawValue: 2)
    static let hasNewest = DeviceFlags(rawValue: 4)
    static let isWatched = DeviceFlags(rawValue: 8)
  }

  struct InstanceFlags: OptionSet {
    var rawValue: UInt8
    static let isActive = InstanceFlags(rawValue: 1)
    static let wasUnknown = InstanceFlags(rawValue: 2)
    static let hasSince = InstanceFlags(rawValue: 4)
    static let hasClearSince = InstanceFlags(rawValue: 8)
    static let hasLastKnown = InstanceFlags(rawValue: 16)
    static let hasEvaluatedAt = InstanceFlags(rawValue: 32)
    static let hasDue = InstanceFlags(rawValue: 64)
  }

  static func checkSum(_ bytes: [UInt8], count: Int) -> UInt64 {
    bytes.withUnsafeBytes { StableHash.of(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
  }
}

extension RuleEngine {
  /// Everything that moves, so that an engine that takes it in goes on as this one would: readings in windows, visits,
  /// running delays, active alarms, counters, the clock, and transitions not yet taken.
  ///
  /// About 3 to 10 bytes for each reading in a window. Same state, same bytes.
  public func snapshot() -> [UInt8] {
    var writer = StateWriter()
    writer.reserve(64 * (catalogue.devices.count + instances.count) + 1024)
    for letter in Snapshot.letters { writer.byte(letter) }
    writer.byte(Snapshot.version)
    writer.signed(clock.milliseconds)
    writer.signed(start.milliseconds)
    writeCounters(to: &writer)
    writeNames(to: &writer)
    writeDevices(to: &writer)
    writeIslands(to: &writer)
    writeSeries(to: &writer)
    writeInstances(to: &writer)
    writePending(to: &writer)
    writeLessons(to: &writer)
    writeMemories(to: &writer)
    writer.word(Snapshot.checkSum(writer.bytes, count: writer.bytes.count))
    return writer.bytes
  }

  private func writeCounters(to writer: inout StateWriter) {
    for counter in [
      counters.judged, counters.late, counters.historical, counters.notGood, counters.duplicate,
      counters.overrun,
    ] {
      writer.count(counter)
    }
  }

  private func writeNames(to writer: inout StateWriter) {
    writer.count(Signal.all.count)
    for signal in Signal.all { writer.text(signal.name) }
    writer.count(ruleSet.rules.count)
    for rule in ruleSet.rules {
      writer.text(rule.id)
      writer.word(rule.fingerprint)
    }
  }

  private func writeDevices(to writer: inout StateWriter) {
    writer.count(devices.count)
    for (state, device) in zip(devices, catalogue.devices) {
      writer.text(device.path)
      var flags: Snapshot.DeviceFlags = []
      if state.wasHeard { flags.insert(.wasHeard) }
      if state.isOffline { flags.insert(.isOffline) }
      if state.newest != Self.notYet { flags.insert(.hasNewest) }
      if state.island >= 0 { flags.insert(.isWatched) }
      writer.byte(flags.rawValue)
      writer.time(state.lastSeen, after: clock.milliseconds)
      writer.time(state.newest, unless: Self.notYet, after: clock.milliseconds)
      if flags.contains(.isWatched) { writer.count(Int(state.island)) }
    }
  }

  private func writeIslands(to writer: inout StateWriter) {
    writer.count(islands.count)
    for island in islands {
      let standing = standing(of: island)
      writer.time(standing.done, after: clock.milliseconds)
      writer.time(standing.now, after: clock.milliseconds)
    }
  }

  /// Series and event tracks, device by device.
  private func writeSeries(to writer: inout StateWriter) {
    writer.count(series.count)
    writer.count(tracks.count)
    for device in devices.indices {
      let island = Int(devices[device].island)
      let now = island >= 0 ? standing(of: islands[island]).now : clock.milliseconds
      for signal in 0..<Self.signalCount {
        let slot = slot(device, SignalIndex(UInt16(signal)))
        if slot == 0 { continue }
        writer.count(device)
        writer.count(signal)
        if slot > 0 {
          writer.time(traits[slot - 1].watchedSince, after: clock.milliseconds)
          series[slot - 1].write(to: &writer, at: now)
        } else {
          writer.time(trackTraits[-slot - 1].watchedSince, after: clock.milliseconds)
          tracks[-slot - 1].write(to: &writer)
        }
      }
    }
  }

  private func writeInstances(to writer: inout StateWriter) {
    writer.count(instances.count)
    for (number, instance) in instances.enumerated() {
      writer.count(Int(instance.rule))
      writer.count(Int(instance.device))
      var flags: Snapshot.InstanceFlags = []
      let alarm = alarms[Int32(number)]
      let course = self[course: number]
      if alarm != nil { flags.insert(.isActive) }
      if course.wasUnknown { flags.insert(.wasUnknown) }
      if course.since != Instance.never { flags.insert(.hasSince) }
      if course.clearSince != Instance.never { flags.insert(.hasClearSince) }
      if course.lastKnown != Instance.never { flags.insert(.hasLastKnown) }
      if course.evaluatedAt != Instance.never { flags.insert(.hasEvaluatedAt) }
      if course.due != .max { flags.insert(.hasDue) }
      writer.byte(flags.rawValue)
      writer.time(course.since, unless: Instance.never, after: clock.milliseconds)
      writer.time(course.clearSince, unless: Instance.never, after: clock.milliseconds)
      writer.time(course.lastKnown, unless: Instance.never, after: clock.milliseconds)
      writer.time(course.evaluatedAt, unless: Instance.never, after: clock.milliseconds)
      writer.time(course.due, unless: .max, after: clock.milliseconds)
      if let alarm { writer.transition(alarm) }
    }
  }

  private func writePending(to writer: inout StateWriter) {
    writer.count(pending.count)
    for (at, instance, transition) in pending {
      writer.time(at, after: clock.milliseconds)
      writer.count(Int(instance))
      writer.transition(transition)
    }
  }
}

extension RuleSet {
  /// Rules that another set doesn't have, or that would raise or clear at other times there.
  public func fresh(since earlier: RuleSet) -> Set<String> {
    let known = Dictionary(earlier.rules.map { ($0.id, $0.fingerprint) }, uniquingKeysWith: { $1 })
    return Set(rules.filter { known[$0.id] != $0.fingerprint }.map(\.id))
  }
}

extension Rule {
  /// Whether everything that a person wrote is the same.
  public func says(theSameAs other: Rule) -> Bool {
    fingerprint == other.fingerprint && title == other.title && kinds == other.kinds
      && priority == other.priority && category == other.category && source == other.source
  }

  /// Differs when the rule would raise or clear at other times. A new title or priority keeps what has been built up.
  var fingerprint: UInt64 {
    var hash = StableHash()
    hash.add(id)
    hash.add(raiseText)
    hash.add(clearText ?? "")
    hash.add(onDelay)
    hash.add(offDelay)
    hash.add(gap ?? -1)
    hash.add(towards?.rawValue ?? "")
    for name in inhibitedBy { hash.add(name) }
    return hash.value
  }
}
