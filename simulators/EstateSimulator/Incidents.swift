/// What goes wrong in a scenario, each kind with what its device needs to play it.
import Configuration
import EstateModel

/// Louder trips, or trips by the clock.
public struct ElevatorIncident: Sendable {
  public var from: Timestamp
  public var until: Timestamp
  /// dB on top of a well-kept elevator.
  public var wear = 0.0
  /// Milliseconds from trip to trip; nil: as people come and go.
  public var tripEvery: Int64?
  public var tripLength: Int64?
  /// dB(A), flat, in place of motor, brake and doors.
  public var tripLevel: Double?
  /// dB(A), flat, in place of the wandering background.
  public var background: Double?

  public init(from: Timestamp, until: Timestamp) { (self.from, self.until) = (from, until) }

  func holds(at time: Timestamp) -> Bool { from <= time && time < until }
}

/// A wall that moves: by a jump, and by a rate over a time.
public struct WallIncident: Sendable {
  public var from: Timestamp
  public var until: Timestamp
  /// Degrees, at once.
  public var jump = 0.0
  /// Degrees an hour between `from` and `until`.
  public var rate = 0.0

  public init(from: Timestamp, until: Timestamp) { (self.from, self.until) = (from, until) }

  /// Degrees that it has added by `time`.
  func shift(at time: Timestamp) -> Double {
    guard time >= from else { return 0 }
    return jump + rate * Double(min(time, until) - from) / 3_600_000
  }
}

/// A pipe that doesn't let through what it should.
public struct SewerIncident: Sendable {
  public var from: String
  public var towards: String?
  public var since: Timestamp
  public var until: Timestamp
  /// Share of the pipe that is blocked, 0...1.
  public var severity: Double

  public init(
    from: String, towards: String? = nil, since: Timestamp, until: Timestamp, severity: Double = 1
  ) {
    (self.from, self.towards, self.since, self.until) = (from, towards, since, until)
    self.severity = severity
  }

  func holds(at time: Timestamp) -> Bool { since <= time && time < until }
}

/// People who stay before a camera.
public struct CameraIncident: Sendable {
  public var from: Timestamp
  /// Milliseconds.
  public var stay: Int64
  public var people: Int
  /// nil: the zones that count.
  public var zones: [String]?

  public init(from: Timestamp, stay: Int64, people: Int = 1, zones: [String]? = nil) {
    (self.from, self.stay, self.people, self.zones) = (from, stay, people, zones)
  }
}

/// A device that says nothing for a while.
public struct SilenceIncident: Sendable {
  public var from: Timestamp
  public var until: Timestamp

  func holds(at time: Timestamp) -> Bool { from <= time && time < until }
}

/// One incident of a scenario: what happens, where, and where the file says so.
public struct Incident: Sendable {
  public enum Event: Sendable {
    case elevator(ElevatorIncident)
    case wall(WallIncident)
    case sewer(SewerIncident)
    case camera(CameraIncident)
    case silence(SilenceIncident)
  }

  public var event: Event
  /// `estate/device`, or the estate for what isn't bound to a device.
  public var target: String
  public var location: SourceLocation
}
