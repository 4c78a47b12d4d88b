/// What was done wrong on purpose, and what of it a gateway can see.

public struct FaultCounts: Codable, Hashable, Sendable {
  /// Everything sent but clocks.
  public var messages = 0
  /// By kind: messages where the fault hits messages, times where it hits devices.
  public var injected: [String: Int] = [:]
  /// Devices that each kind has hit, in order.
  public var devices: [String: [String]] = [:]
  public var visible = Visible()

  /// What a gateway's counters must show at the end. Where a fault can't be told from a message that never was, nothing is
  /// counted.
  public struct Visible: Codable, Hashable, Sendable {
    /// Messages with a number that came before.
    public var repeats = 0
    /// Readings of the same device, signal and time, in messages without a number.
    public var duplicates = 0
    /// Numbers that never came, or came and could not be read.
    public var missed = 0
    public var disordered = 0
    public var late = 0
    public var joins = 0
    /// Problems by their reason.
    public var problems: [String: Int] = [:]
    /// Devices whose clock is wrong.
    public var wrongClocks: [String] = []
    /// Stretches in which nothing that can be read came from a device for longer than three reports and five minutes.
    public var silences: [Silence] = []

    public init() {}
  }

  public struct Silence: Codable, Hashable, Sendable {
    public var device: String
    /// The moment from which it is too long: milliseconds since 1970.
    public var at: Int64
  }

  public init() {}

  mutating func note(_ kind: FaultKind, _ device: String, _ count: Int = 1) {
    injected[kind.rawValue, default: 0] += count
    if devices[kind.rawValue]?.contains(device) != true {
      devices[kind.rawValue, default: []].append(device)
    }
  }

  mutating func noteProblem(_ reason: String, _ count: Int = 1) {
    visible.problems[reason, default: 0] += count
  }
}
