/// What the engine keeps for each rule on each device, and where its expressions find their readings.
import EstateModel
import RingBuffer

/// A series with one of its windows; or a track, a device, or a calendar's hours in an estate.
struct Target: Hashable, Sendable, BitwiseCopyable {
  var index: Int32 = -1
  var window: Int32 = -1
}

/// From where the number of the one thing that a leaf looks at counts. Numbers that count from the device's own things
/// on are the same on all devices that have the same rules and neighbours as far, which share their leaves.
enum LeafOrigin: UInt8, Sendable, BitwiseCopyable {
  case engine, ownSeries, ownTracks, ownMemories, ownDevice
  /// Of two targets: series where they have a window, tracks where not.
  case ownPair
}

/// A plan on one device: where its leaves and attributes begin.
struct Binding: Sendable, BitwiseCopyable {
  var leaves: Int32 = 0
  var attributes: Int32 = 0
  let device: Int32
}

/// A leaf of a plan on one device, or on many: which series, windows, events, devices or calendar hours it looks at.
struct BoundLeaf: Hashable, Sendable, BitwiseCopyable {
  var form: LeafForm
  var takesLowest = false
  var comparison = OpCode.greater
  /// nil: computed from several, or not from a window.
  var statistic: WindowStatistic?
  /// Position among the engine's questions.
  var question: Int32
  /// How many things it looks at. When it is one, as nearly always, that stands in `target`.
  var count: Int32 = 0
  /// Else its index is the position of the first of them among the engine's targets.
  var target = Target()
  /// Of the target's index, when it is one or a pair.
  var origin = LeafOrigin.engine
}

/// What many leaves ask alike.
struct LeafQuestion: Equatable, Sendable, BitwiseCopyable {
  /// Milliseconds.
  var window: Int64
  /// The share asked of a percentile.
  var parameter: Double
}

/// A plan laid out in the engine's flat arrays: as it is written, for evidence, and short, for judging.
struct Program: Sendable, BitwiseCopyable {
  var firstOp: Int32 = 0
  var endOp: Int32 = 0
  var firstShort: Int32 = 0
  var endShort: Int32 = 0
  var stack: Int32 = 1
  /// Without `not`: what is known better never turns a yes of it to a no.
  var isMonotone = false
}

/// How a rule runs; the same for all its devices.
struct RuleProgram: Sendable, BitwiseCopyable {
  var raise: Program
  /// Without one it clears when the condition to raise doesn't hold, or never.
  var clear = Program()
  var hasClear = false
  var isManual = false
  /// Whether time alone can raise it.
  var dependsOnTime: Bool
  var readsMeasurements: Bool
  var onDelay: Int64
  var offDelay: Int64
  /// -1: three of the device's intervals.
  var gap: Int64
  /// Where the numbers of the rules that inhibit it lie.
  var firstInhibitor: Int32 = 0
  var endInhibitor: Int32 = 0
  /// Where the programs of what it remembers lie.
  var firstMemory: Int32 = 0
  var endMemory: Int32 = 0
}

/// What an instance needs now and then, the same for most devices of a kind.
struct Fitting: Hashable, Sendable, BitwiseCopyable {
  /// Where its leaves and attributes begin, for clearing.
  var clearLeaves: Int32 = 0
  var clearAttributes: Int32 = 0
  /// Where its memories of days begin among the device's; -1: it has none.
  var memory: Int32 = -1
}

/// One rule on one device: what every reading needs comes together. What only matters while something runs stands in
/// its course.
struct Instance: Sendable, BitwiseCopyable {
  static let never = Int64.min

  let rule: Int32
  /// Where its leaves and attributes begin, for raising.
  var raiseLeaves: Int32 = 0
  var raiseAttributes: Int32 = 0
  /// Among the engine's courses; -1: nothing runs.
  var course: Int32 = -1
  /// Until then nothing can come of looking again without a new reading.
  var quietUntil = never
  /// While idle: the leaves that its present value comes from, a bit for each. Readings of others can't change it.
  var looked = Leaf.all
  /// Among the engine's calms: values of its first leaf with which it can't be raised, whatever else is known.
  var calm: Int32 = 0
  let device: Int32
  /// Among the engine's fittings; -1: not yet bound.
  var fitting: Int32 = -1

  init(rule: Int32, device: Int32) { (self.rule, self.device) = (rule, device) }

  var raising: Binding { Binding(leaves: raiseLeaves, attributes: raiseAttributes, device: device) }
}

/// How far an instance has come for which something runs: a delay, or an alarm.
struct Course: Equatable, Sendable, BitwiseCopyable {
  /// While idle: since when the condition has held. While active: the onset.
  var since = Instance.never
  var isActive = false
  var wasUnknown = false
  /// When a running delay is over; `.max`: none runs.
  var due = Int64.max
  /// When a reading made it look last while something ran; the grid's points and deadlines up to then are done.
  var evaluatedAt = Instance.never
  /// While active: since when the condition to clear has held.
  var clearSince = Instance.never
  /// When the condition that it waits for was last known.
  var lastKnown = Instance.never

  static let idle = Course()
}

extension RuleEngine {
  @inline(__always) func island(of index: Int) -> Int { Int(devices[Int(instances[index].device)].island) }

  /// What an instance looks at to clear.
  func clearing(_ index: Int) -> Binding {
    let fitting = fittings[Int(instances[index].fitting)]
    return Binding(
      leaves: fitting.clearLeaves, attributes: fitting.clearAttributes, device: instances[index].device)
  }

  /// An instance's course. Few have one: most are idle.
  subscript(course index: Int) -> Course {
    get {
      let number = Int(instances[index].course)
      return number < 0 ? .idle : courses[number]
    }
    set {
      let number = instances[index].course
      if newValue == .idle {
        guard number >= 0 else { return }
        freeCourses.append(number)
        instances[index].course = -1
      } else if number >= 0 {
        courses[Int(number)] = newValue
      } else if let free = freeCourses.popLast() {
        courses[Int(free)] = newValue
        instances[index].course = free
      } else {
        instances[index].course = Int32(courses.count)
        courses.append(newValue)
      }
    }
  }

  /// Whether neither a delay runs nor an alarm is active.
  @inline(__always) func isIdle(_ index: Int) -> Bool {
    let number = Int(instances[index].course)
    return number < 0 || courses[number].since == Instance.never
  }

  /// After so long without knowledge a running delay is broken off, in milliseconds.
  func gap(_ index: Int) -> Int64 {
    let given = programs[Int(instances[index].rule)].gap
    return given >= 0 ? given : 3 * devices[Int(instances[index].device)].interval
  }
}

/// Devices whose rules share readings, and which therefore move through time together.
struct Island: Sendable, BitwiseCopyable {
  /// Its instances, rule by rule.
  var firstInstance: Int32 = 0
  var endInstance: Int32 = 0
  /// Grid points and deadlines up to here have been worked through.
  var done: Int64
  /// No evaluation lies before this.
  var now: Int64
  /// Not before then does time alone demand a look at any of its instances: a point of the grid, or a deadline.
  var wakesAt = Int64.max
}

/// An instance that looks at a series or at events.
struct Dependent: Sendable, BitwiseCopyable {
  var instance: Int32
  /// The leaves of its condition to raise that read them, a bit for each.
  var leaves: UInt32 = 0
  /// Among the engine's calms: while idle, latest readings between these can't raise it, whatever else is known.
  /// Negative while it isn't idle.
  private var idleCalm: Int32 = 0

  init(instance: Int32) { self.instance = instance }

  /// A delay runs or the alarm is active: each reading counts.
  var isBusy: Bool {
    get { idleCalm < 0 }
    set { idleCalm = newValue ? calm | .min : calm }
  }
  var calm: Int32 {
    get { idleCalm & .max }
    set { idleCalm = isBusy ? newValue | .min : newValue }
  }
}

/// What is the same for a signal on all devices that report as often.
struct SeriesManner: Hashable, Sendable, BitwiseCopyable {
  /// From the signal's unit to base units.
  var scale: Double
  /// For how long the latest reading counts as present, in milliseconds.
  var hold: Int64
}

/// One (device, signal) that rules read.
struct SeriesTraits: Sendable, BitwiseCopyable {
  /// Before the first reading, its age counts from here.
  var watchedSince: Int64
  /// Among the engine's manners.
  var manner: Int32
  var firstDependent: Int32 = 0
  var endDependent: Int32 = 0
  /// The number of its lesson; -1: nothing is learned of it.
  var lesson: Int32 = -1
}

/// What is known of a device itself.
struct DeviceState: Sendable, BitwiseCopyable {
  var lastSeen: Int64
  /// The time of its newest reading, by its own clock.
  var newest: Int64
  /// Of its reports, in milliseconds.
  var interval: Int64
  var island: Int32 = -1
  /// Among the catalogue's estates.
  var estate: Int32 = -1
  /// Where its slots, its series, its tracks and its memories of days begin.
  var firstSlot: Int32 = 0
  var firstSeries: Int32 = 0
  var firstTrack: Int32 = 0
  var firstMemory: Int32 = 0
  /// Instances that ask how long it has been silent.
  var firstWatcher: Int32 = 0
  var endWatcher: Int32 = 0
  var wasHeard = false
  var isOffline = false
  /// Reports measurements by itself: its silence makes counts of events unknown.
  var measures: Bool
}
