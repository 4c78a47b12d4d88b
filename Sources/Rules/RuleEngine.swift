/// Runs all rules over the readings of all devices, in event time.
import EstateModel
import Foundation
import RingBuffer

/// The engine is pure: readings and time come in, alarm transitions come out.
///
///     engine.ingest(reading)                  // in the order of arrival
///     engine.advance(to: clock)               // after all readings up to that time
///     for transition in engine.takeTransitions() { … }
///
/// A reading is judged at its own event time, and rules that depend on time besides on a grid of 10 s and at the
/// exact end of their delays. As long as readings come before the clock passes them, the result does not depend on
/// how often the clock is moved.
public struct RuleEngine: Sendable {
  /// What was not judged, and why.
  public struct Counters: Hashable, Sendable {
    public var judged = 0
    /// Older than the device's newest reading by more than the lateness.
    public var late = 0
    public var historical = 0
    /// Fault, out of range, implausible or outside the zones.
    public var notGood = 0
    public var duplicate = 0
    /// Dropped from a full ring while a window still wanted them.
    public var overrun = 0
  }

  /// Distance of the grid's points, in milliseconds; they lie at its multiples since 1970.
  public static let gridStep: Int64 = 10_000
  /// How much older than its device's newest reading a reading may be, in milliseconds.
  public static let usualLateness: Int64 = 120_000
  /// A clock that jumps further than this, in milliseconds, is followed only through the last day before its new
  /// time: a board without a battery may wake up years ago.
  static let longestJump: Int64 = 7 * 86_400_000

  public let ruleSet: RuleSet
  public let catalogue: Catalogue
  /// When watching began.
  public internal(set) var start: Timestamp
  public let lateness: Int64
  /// Latest time handed to ``advance(to:)``.
  public internal(set) var clock: Timestamp
  public internal(set) var counters = Counters()

  // Laid out flat when the engine is made; indices instead of names from here on.
  var programs: [RuleProgram] = []
  var ops: [Op] = []
  var instances: [Instance] = []
  var leaves: [BoundLeaf] = []
  var targets: [Target] = []
  var attributes: [Double] = []
  var islands: [Island] = []
  var islandOf: [Int32] = []
  /// For each (device, signal): 0 unread, n > 0 series n - 1, n < 0 event track -n - 1.
  var slots: [Int32] = []
  var dependents: [Int32] = []
  var traits: [SeriesTraits] = []
  var trackTraits: [SeriesTraits] = []
  /// Instances that ask a device's age, by device.
  var watchers: [[Int32]] = []

  // What moves.
  var series: [WindowedSeries] = []
  var tracks: [EventTrack] = []
  var trackDevices: [Int32] = []
  var lastSeen: [Int64]
  var wasHeard: [Bool]
  var isOffline: [Bool]
  var newest: [Int64]
  var intervals: [Int64] = []
  /// Kinds that report measurements by themselves: their silence makes counts of events unknown.
  var measures: [Bool] = []
  var hours: [CalendarHours] = []
  /// Alarms active, by rule · estates + estate.
  var activeCounts: [Int32] = []
  var alarms: [Int32: AlarmTransition] = [:]
  var pending: [(at: Int64, instance: Int32, transition: AlarmTransition)] = []
  var recorded: [Double] = []
  /// Against which the latest readings are found fresh or stale: the time of the reading that is being taken in, else
  /// that of the evaluation. A neighbour whose clock leads must not make this device's readings look old.
  var observed: Int64 = 0

  /// Milliseconds of the years 1970 to 9999: others can't be computed with.
  static let sensibleTimes: Range<Int64> = 0..<253_402_300_800_000
  /// The newest reading's time of a device that has sent none.
  static let notYet = Int64.min / 2
  static let signalCount = Signal.all.count
  static let availability = Signal.named("available")

  /// - Parameters:
  ///   - start: when watching begins: devices that have never spoken are silent since then.
  ///   - lateness: how late readings may come, in milliseconds.
  public init(
    rules: RuleSet, catalogue: Catalogue, start: Timestamp, lateness: Int64 = RuleEngine.usualLateness
  ) {
    ruleSet = rules
    self.catalogue = catalogue
    self.start = start
    self.lateness = max(0, lateness)
    clock = start
    let count = catalogue.devices.count
    lastSeen = Array(repeating: start.milliseconds, count: count)
    wasHeard = Array(repeating: false, count: count)
    isOffline = Array(repeating: false, count: count)
    newest = Array(repeating: Self.notYet, count: count)
    build()
  }

  /// Takes one reading in, and judges what depends on it. Unknown devices are ignored.
  public mutating func ingest(_ reading: Reading) {
    let device = Int(reading.device.raw)
    guard device < islandOf.count, Int(reading.signal.raw) < Self.signalCount else { return }
    if reading.marks.contains(.historical) {
      counters.historical += 1
      return
    }
    let time = reading.time.milliseconds
    guard Self.sensibleTimes.contains(time) else {
      counters.notGood += 1
      return
    }
    if !reading.marks.contains(.arrivalTime) {
      if time < newest[device] - lateness {
        counters.late += 1
        return
      }
      newest[device] = max(newest[device], time)
    }
    let island = Int(islandOf[device])
    if island >= 0, islands[island].done < time - 1 { run(island, through: time - 1) }
    // That a broker reports a device as gone is no word of the device.
    let isGood = reading.quality == .good && reading.value.isFinite
    let saysOffline = isGood && reading.signal == Self.availability && reading.value == 0
    if isGood, reading.signal == Self.availability { isOffline[device] = reading.value == 0 }
    if !saysOffline {
      lastSeen[device] = max(lastSeen[device], time)
      wasHeard[device] = true
    }
    guard island >= 0 else { return }
    islands[island].now = max(islands[island].now, time)
    let now = islands[island].now
    let slot = Int(slots[device * Self.signalCount + Int(reading.signal.raw)])
    if !isGood {
      counters.notGood += 1
    } else if slot > 0 {
      take(reading, series: slot - 1, at: now)
    } else if slot < 0 {
      take(reading, track: -slot - 1, at: now)
    }
    observed = time
    for watcher in watchers[device] where instances[Int(watcher)].since != Instance.never {
      evaluate(Int(watcher), at: now, byReading: true)
    }
  }

  private mutating func take(_ reading: Reading, series index: Int, at now: Int64) {
    let before = series[index].overruns
    switch series[index].insert(
      time: reading.time.milliseconds, value: reading.value * traits[index].scale)
    {
    case .duplicate:
      counters.duplicate += 1
      return
    case .tooOld:
      counters.late += 1
      return
    case .appended, .late: break
    }
    counters.judged += 1
    observed = reading.time.milliseconds
    counters.overrun += series[index].overruns - before
    judge(Int(traits[index].firstDependent)..<Int(traits[index].endDependent), at: now)
  }

  private mutating func take(_ reading: Reading, track index: Int, at now: Int64) {
    let isNew = tracks[index].take(
      time: reading.time.milliseconds, seconds: reading.value, id: reading.event,
      isEnd: reading.marks.contains(.end))
    guard isNew else {
      counters.duplicate += 1
      return
    }
    counters.judged += 1
    observed = reading.time.milliseconds
    judge(Int(trackTraits[index].firstDependent)..<Int(trackTraits[index].endDependent), at: now)
  }

  private mutating func judge(_ range: Range<Int>, at now: Int64) {
    for position in range { evaluate(Int(dependents[position]), at: now, byReading: true) }
  }

  /// Moves the clock: delays end, windows empty, silence grows. Never back.
  public mutating func advance(to now: Timestamp) {
    guard now > clock else { return }
    // Point by point for all, so that an alarm is there in time for the rules that it inhibits.
    var point = max(clock.milliseconds, now.milliseconds - 86_400_000)
    point -= point.modulo(Self.gridStep)
    while point + Self.gridStep <= now.milliseconds {
      point += Self.gridStep
      for island in islands.indices where islands[island].done < point { run(island, through: point) }
    }
    for island in islands.indices where islands[island].done < now.milliseconds {
      run(island, through: now.milliseconds)
    }
    clock = now
  }

  /// Moves the clock over a time in which nothing could be heard: it counts as no data, not as silence. Delays whose
  /// gap it outlasts are broken off; nothing else is judged inside it.
  public mutating func resume(at now: Timestamp) {
    guard now > clock else { return }
    let time = now.milliseconds
    for device in lastSeen.indices { lastSeen[device] = max(lastSeen[device], time) }
    for island in islands.indices {
      islands[island].done = max(islands[island].done, time - Self.gridStep)
    }
    advance(to: now)
  }

  /// Works through an island's grid points and deadlines up to and with a time.
  private mutating func run(_ index: Int, through time: Int64) {
    if time - islands[index].done > Self.longestJump { islands[index].done = time - 86_400_000 }
    while true {
      let done = islands[index].done
      let grid = done - done.modulo(Self.gridStep) + Self.gridStep
      let point = min(grid, max(islands[index].due, done))
      guard point <= time else { break }
      let isGrid = point == grid
      islands[index].now = max(islands[index].now, point)
      for position in islands[index].instances.indices {
        let instance = Int(islands[index].instances[position])
        let isDue = instances[instance].due <= point
        let isWatched =
          isGrid
          && (programs[Int(instances[instance].rule)].dependsOnTime
            || instances[instance].since != Instance.never)
        guard isDue || isWatched, instances[instance].evaluatedAt < point else { continue }
        observed = point
        evaluate(instance, at: point, byReading: false)
      }
      islands[index].done = point
      // A deadline that passed without a decision is left to the grid.
      settleDue(index, after: point)
    }
    islands[index].done = max(islands[index].done, time)
  }

  private mutating func settleDue(_ index: Int, after point: Int64) {
    var due = Int64.max
    for position in islands[index].instances.indices {
      let instance = Int(islands[index].instances[position])
      if instances[instance].due <= point { instances[instance].due = .max }
      due = min(due, instances[instance].due)
    }
    islands[index].due = due
  }

  /// Sets or lifts the end of a running delay.
  mutating func setDue(_ instance: Int, _ due: Int64) {
    guard instances[instance].due != due else { return }
    instances[instance].due = due
    let island = Int(instances[instance].island)
    islands[island].due = min(islands[island].due, due)
  }
}

extension Int64 {
  /// The remainder that is never negative.
  func modulo(_ divisor: Int64) -> Int64 {
    let remainder = self % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }
}
