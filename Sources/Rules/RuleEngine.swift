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
  static let longestJump: Int64 = 7 * day
  static let day: Int64 = 86_400_000

  public let ruleSet: RuleSet
  public let catalogue: Catalogue
  /// When watching began.
  public internal(set) var start: Timestamp
  public let lateness: Int64
  /// Latest time handed to ``advance(to:)``.
  public internal(set) var clock: Timestamp
  public internal(set) var counters = Counters()

  // Laid out flat when the engine is made; indices instead of names from here on. Islands, their instances, and those
  // instances' leaves and attributes lie in the same order, so that what is used together lies together.
  var programs: [RuleProgram] = []
  var inhibitors: [Int32] = []
  var memoryPrograms: [Program] = []
  var ops: [Op] = []
  var shortOps: [ShortOp] = []
  var leaves: [BoundLeaf] = []
  var questions: [LeafQuestion] = []
  var targets: [Target] = []
  var attributes: [Double] = []
  /// For each signal that rules read: 0 unread, n > 0 the device's series n - 1, n < 0 its event track -n - 1. Devices
  /// with the same rules share them.
  var slots: [Int16] = []
  /// For each signal its column among a device's slots; 0, which is always unread, where no rule reads it.
  var columns: [Int32] = []
  var columnCount = 1
  var dependents: [Dependent] = []
  /// Where each instance stands among the dependents: from its own entry here to the next one's.
  var firstEntries: [Int32] = []
  var entries: [Int32] = []
  var watchers: [Int32] = []
  var manners: [SeriesManner] = []
  var traits: [SeriesTraits] = []
  var trackTraits: [SeriesTraits] = []
  var trackDevices: [Int32] = []
  var shareNumbers: [ShareKey: Int32] = [:]
  var shareMembers: [ShareMembers: [Int32]] = [:]
  /// The first one is none.
  var calms = [Calm.none]
  /// Needed until all is laid out.
  var calmNumbers: [Calm: Int32] = [:]

  let availability = Signal.named("available")

  // What moves.
  var instances: [Instance] = []
  /// What instances share.
  var fittings: [Fitting] = []
  var courses: [Course] = []
  var freeCourses: [Int32] = []
  var islands: [Island] = []
  var devices: [DeviceState] = []
  var series = SeriesTable()
  var tracks: [EventTrack] = []
  var hours: [CalendarHours] = []
  var shares: [BoundShare] = []
  var lessons: [Lesson] = []
  var baselines: [HourBaseline] = []
  var fits: [ThermalFit] = []
  var stretches: [SteadyStretch] = []
  var memories: [DayMemory] = []
  var clocks: [LocalHours] = []
  /// Alarms active, by rule · estates + estate.
  var activeCounts: [Int32] = []
  var alarms: [Int32: AlarmTransition] = [:]
  var pending: [(at: Int64, instance: Int32, transition: AlarmTransition)] = []
  /// No island wakes before.
  var nextWake = Int64.max

  /// Instances of which the snapshot that was taken in said nothing: their rule is new or has changed, or their device
  /// is new. False for all where there was none.
  var isFresh: [Bool] = []
  // Room to work in.
  var recorded: [Double] = []
  var scratch: [Double] = []
  /// The series of the readings that come next, by their positions; -1: none.
  var coming = Array(repeating: Int32(-1), count: RuleEngine.mostComing)
  /// Against which the latest readings are found fresh or stale: the time of the reading that is being taken in, else
  /// that of the evaluation. A neighbour whose clock leads must not make this device's readings look old.
  var observed: Int64 = 0
  /// Readings that have been handed in: what was found before the last one may be different now.
  var ingested = 0
  /// Nothing can be raised by what is no longer known; so an idle instance needn't look when a reading goes stale.
  var heedsSilence = false

  /// Milliseconds of the years 1970 to 9999: others can't be computed with.
  static let sensibleTimes: Range<Int64> = 0..<253_402_300_800_000
  /// The newest reading's time of a device that has sent none.
  static let notYet = Int64.min / 2
  static let signalCount = Signal.all.count

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
    build()
  }

  /// Takes one reading in, and judges what depends on it. Unknown devices are ignored.
  public mutating func ingest(_ reading: Reading) {
    let device = Int(reading.device.raw)
    guard device < devices.count, Int(reading.signal.raw) < Self.signalCount else { return }
    if reading.marks.contains(.historical) {
      counters.historical += 1
      return
    }
    let time = reading.time.milliseconds
    guard Self.sensibleTimes.contains(time) else {
      counters.notGood += 1
      return
    }
    ingested &+= 1
    var state = devices[device]
    if !reading.marks.contains(.arrivalTime) {
      if time < state.newest - lateness {
        counters.late += 1
        return
      }
      state.newest = max(state.newest, time)
    }
    let island = Int(state.island)
    let now = island >= 0 ? reach(time, island) : time
    let isGood = reading.quality == .good && reading.value.isFinite
    if hear(reading, &state, isGood: isGood) { wake(island) }
    devices[device] = state
    guard island >= 0 else { return }
    observed = time
    if isGood {
      let slot = slot(device, reading.signal)
      if slot > 0 {
        take(reading, series: slot - 1, at: now)
      } else if slot < 0 {
        take(reading, track: -slot - 1, at: now)
      }
    } else {
      counters.notGood += 1
    }
    for position in Int(state.firstWatcher)..<Int(state.endWatcher) {
      let watcher = Int(watchers[position])
      if !isIdle(watcher) { evaluate(watcher, at: now, byReading: true) }
    }
  }

  /// Notes that a device has spoken. - Returns: whether that is more than one reading more.
  private func hear(_ reading: Reading, _ state: inout DeviceState, isGood: Bool) -> Bool {
    let (wasHeard, wasOffline) = (state.wasHeard, state.isOffline)
    if isGood, reading.signal == availability {
      state.isOffline = reading.value == 0
      // That a broker reports a device as gone is no word of the device.
      if state.isOffline { return !wasOffline }
    }
    state.lastSeen = max(state.lastSeen, reading.time.milliseconds)
    state.wasHeard = true
    return !wasHeard || wasOffline != state.isOffline
  }

  private mutating func take(_ reading: Reading, series index: Int, at now: Int64) {
    let traits = traits[index]
    let lesson = Int(traits.lesson)
    if lesson >= 0 {
      // Nothing older than the lateness comes any more.
      let newest = max(devices[Int(reading.device.raw)].newest, reading.time.milliseconds)
      learn(lesson, from: index, until: newest - lateness)
    }
    series.own(index)
    let before = series[index].overruns
    switch series[index].insert(
      time: reading.time.milliseconds, value: reading.value * manners[Int(traits.manner)].scale, now: now)
    {
    case .duplicate:
      counters.duplicate += 1
      return
    case .tooOld:
      counters.late += 1
      return
    case .appended: break
    // Those after it have moved on by one.
    case .late: if lesson >= 0 { lessons[lesson].next = -1 }
    }
    counters.judged += 1
    counters.overrun += Int(series[index].overruns - before)
    let latest = series[index].ring.lastValue
    for position in Int(traits.firstDependent)..<Int(traits.endDependent) {
      let dependent = dependents[position]
      if dependent.calm > 0, !dependent.isBusy, calms[Int(dependent.calm)].contains(latest) { continue }
      judge(dependent, at: now)
    }
  }

  private mutating func take(_ reading: Reading, track index: Int, at now: Int64) {
    let isNew = tracks[index].take(
      time: reading.time.milliseconds, seconds: reading.value, id: reading.event,
      isEnd: reading.marks.contains(.end), isLasting: reading.marks.contains(.lasting))
    guard isNew else {
      counters.duplicate += 1
      return
    }
    counters.judged += 1
    for position in Int(trackTraits[index].firstDependent)..<Int(trackTraits[index].endDependent) {
      judge(dependents[position], at: now)
    }
  }

  private mutating func judge(_ dependent: Dependent, at now: Int64) {
    let index = Int(dependent.instance)
    if !dependent.isBusy, instances[index].looked & dependent.leaves == 0, now < instances[index].quietUntil {
      return
    }
    evaluate(index, at: now, byReading: true)
  }
}
