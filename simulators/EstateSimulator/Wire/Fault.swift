/// What goes wrong with devices and their links, besides what happens to people and walls.
import Configuration
import EstateModel

public enum FaultKind: String, CaseIterable, Sendable {
  /// Says nothing.
  case silent
  /// Says the same for ever.
  case stuck
  /// Is off by more and more.
  case drifting
  /// Is off by something else each time.
  case noisy
  /// Sends a message twice.
  case duplicated
  /// Sends a message after the one that follows it.
  case outOfOrder = "out-of-order"
  /// A message comes an hour after its time.
  case late
  /// The device's clock is off.
  case wrongClock = "wrong-clock"
  /// Half of a message comes.
  case malformed
  /// The link is gone for a while, again and again.
  case flapping
  /// The device starts anew.
  case reboot
  /// The battery goes down to nothing.
  case batteryDying = "battery-dying"

  /// Hits single messages; the others hit devices.
  var isOfMessages: Bool {
    switch self {
    case .duplicated, .outOfOrder, .late, .malformed: true
    default: false
    }
  }
}

/// One line of a scenario's `faults`.
public struct Fault: Sendable {
  public var kind: FaultKind
  public var from: Timestamp
  public var until: Timestamp
  /// `estate/device`; empty: any.
  public var devices: [String] = []
  /// Of the messages, or of the devices where the fault hits devices.
  public var share = 1.0
  /// drifting: per hour, noisy: standard deviation; in the signal's unit.
  public var amount = 0.0
  /// wrong-clock: ahead; late: behind; flapping: from one loss to the next; milliseconds.
  public var by: Int64 = 0
  /// flapping: how long the link is gone, milliseconds.
  public var gone: Int64 = 60_000
  public var location: SourceLocation

  public init(kind: FaultKind, from: Timestamp, until: Timestamp, location: SourceLocation) {
    (self.kind, self.from, self.until, self.location) = (kind, from, until, location)
    by = Self.usual(kind)
    amount = kind == .drifting ? 0.5 : kind == .noisy ? 1 : 0
  }

  func holds(at time: Timestamp) -> Bool { from <= time && time < until }

  private static func usual(_ kind: FaultKind) -> Int64 {
    switch kind {
    case .late: 3_600_000
    case .wrongClock, .flapping: 600_000
    default: 0
    }
  }
}

extension Fault {
  init?(_ node: Node, start: Timestamp, end: Timestamp, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "a fault", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let kind = fields.choice("kind", as: FaultKind.self)
    let at = fields.optional("at")?.duration(diagnostics) ?? 0
    let length = fields.optional("for")?.duration(diagnostics)
    let devices = fields.list("devices").compactMap { $0.text(diagnostics) }
    let share = fields.optional("share")?.number(diagnostics)
    let amount = fields.optional("amount")?.number(diagnostics)
    let isBehind = fields.optional("behind")?.boolean(diagnostics) ?? false
    let by = fields.optional("by")?.duration(diagnostics)
    let gone = fields.optional("gone")?.duration(diagnostics)
    guard let kind else { return nil }
    self.init(
      // What is said at the very end counts as well.
      kind: kind, from: start + at, until: length.map { start + at + $0 } ?? end + 1,
      location: fields.location)
    self.devices = devices
    if let share {
      if !(0...1).contains(share) {
        diagnostics.error(
          "found \(plainNumber(share)), expected a share from 0 to 1", at: fields.keyLocation("share"))
      }
      self.share = share
    }
    if let amount { self.amount = amount }
    if let by { self.by = by }
    if isBehind { self.by = -self.by }
    if let gone { self.gone = gone }
    if kind == .flapping, self.gone >= self.by || self.gone <= 0 {
      diagnostics.error("'gone' must be less than 'by'", at: fields.location)
    }
  }
}
