/// What the engine keeps for each rule on each device, and where its expressions find their readings.
import EstateModel

/// A leaf of a plan on one device: which series, windows, events, devices or calendar hours it looks at.
struct BoundLeaf: Sendable, BitwiseCopyable {
  var form: LeafForm
  var takesLowest = false
  /// The first of `count` entries among the engine's targets.
  var first: Int32
  var count: Int32
  /// Milliseconds.
  var window: Int64
  var parameter: Double
}

/// A series with one of its windows; or a track, a device, or a calendar's hours in an estate.
struct Target: Sendable, BitwiseCopyable {
  var index: Int32
  var window: Int32 = -1
}

/// A plan laid out in the engine's flat arrays.
struct Program: Sendable, BitwiseCopyable {
  var firstOp = 0
  var endOp = 0
  var stack = 1
  var notes = 0
}

/// How a rule runs; the same for all its devices.
struct RuleProgram: Sendable {
  var raise: Program
  /// nil: clears when the condition to raise doesn't hold, or never.
  var clear: Program?
  var isManual: Bool
  var onDelay: Int64
  var offDelay: Int64
  /// Whether time alone can raise it.
  var dependsOnTime: Bool
  var readsMeasurements: Bool
  /// Numbers of the rules that inhibit it.
  var inhibitors: [Int32]
}

/// One rule on one device.
struct Instance: Sendable, BitwiseCopyable {
  static let never = Int64.min

  let rule: Int32
  let device: Int32
  let estate: Int32
  var island: Int32 = 0
  /// Where its leaves and attributes begin, for raising and for clearing.
  var raiseLeaves: Int32 = 0
  var raiseAttributes: Int32 = 0
  var clearLeaves: Int32 = 0
  var clearAttributes: Int32 = 0
  let gap: Int64

  var isActive = false
  /// While idle: since when the condition has held. While active: the onset.
  var since = never
  /// While active: since when the condition to clear has held.
  var clearSince = never
  /// When the condition that it waits for was last known.
  var lastKnown = never
  var wasUnknown = false
  var evaluatedAt = never
  /// When a running delay is over; `.max`: none runs.
  var due = Int64.max
}

/// Devices whose rules share readings, and which therefore move through time together.
struct Island: Sendable {
  var instances: [Int32] = []
  /// Grid points and deadlines up to here have been worked through.
  var done: Int64
  /// No evaluation lies before this.
  var now: Int64
  /// The earliest `due` of its instances.
  var due = Int64.max
}

/// One (device, signal) that rules read.
struct SeriesTraits: Sendable, BitwiseCopyable {
  /// From the signal's unit to base units.
  var scale: Double
  /// For how long the latest reading counts as present, in milliseconds.
  var hold: Int64
  /// Before the first reading, its age counts from here.
  var watchedSince: Int64
  var firstDependent: Int32 = 0
  var endDependent: Int32 = 0
}
