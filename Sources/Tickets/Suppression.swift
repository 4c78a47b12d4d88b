/// Alarms that are kept but make no ticket for a while. The words are ISA-18.2's.
import EstateModel

public struct Suppression: Hashable, Sendable, Codable, Identifiable {
  public enum Kind: String, CaseIterable, Sendable, Codable {
    /// An operator doesn't want to hear of one rule at one device for a while.
    case shelved
    /// By design: work is being done there.
    case maintenance
    /// The device doesn't count until somebody says so.
    case outOfService = "out-of-service"
  }

  /// What it is about: nil means all of them.
  public struct Scope: Hashable, Sendable, Codable {
    public var estate: String
    /// Its id within the estate.
    public var device: String?
    /// Also what lies in it.
    public var place: String?
    public var rule: String?

    public init(estate: String, device: String? = nil, place: String? = nil, rule: String? = nil) {
      (self.estate, self.device, self.place, self.rule) = (estate, device, place, rule)
    }
  }

  /// What a person asks for. Times are milliseconds since 1970.
  public struct Order: Hashable, Sendable, Codable {
    public var kind: Kind
    public var scope: Scope
    /// nil: now.
    public var from: Int64?
    /// nil: until somebody ends it.
    public var until: Int64?
    public var why: String

    public init(_ kind: Kind, _ scope: Scope, from: Int64? = nil, until: Int64?, why: String) {
      (self.kind, self.scope, self.from, self.until, self.why) = (kind, scope, from, until, why)
    }
  }

  /// `S-7K2QM4`
  public let id: String
  public let kind: Kind
  public let scope: Scope
  /// Milliseconds since 1970.
  public let from: Int64
  public let until: Int64?
  public let why: String
  public let by: String
  public let set: Int64
  /// When it ended, by itself or by somebody; nil: it hasn't.
  public internal(set) var ended: Int64?
  /// nil: time was up.
  public internal(set) var endedBy: String?

  public func isInForce(at time: Int64) -> Bool {
    ended == nil && from <= time && time < until ?? .max
  }

  /// Milliseconds: nothing is shelved for longer; a P1 alarm not for longer than a watch.
  public static let longestShelving: Int64 = 7 * 86_400_000
  public static let longestShelvingOfP1: Int64 = 8 * 3_600_000
  /// Nor is maintenance planned for longer.
  public static let longestMaintenance: Int64 = 30 * 86_400_000
}

public enum SuppressionError: Error, Hashable, Sendable, CustomStringConvertible {
  case unknownEstate(String)
  case unknownDevice(String, estate: String)
  case unknownPlace(String, estate: String)
  case unknownRule(String)
  case notWatched(rule: String, device: String)
  /// The kind needs something that the order lacks.
  case lacks(Suppression.Kind, String)
  case span(String)
  case unknown(String)

  public var description: String {
    switch self {
    case .unknownEstate(let id): "unknown estate '\(id)'"
    case .unknownDevice(let id, let estate): "estate \(estate) has no device '\(id)'"
    case .unknownPlace(let id, let estate): "estate \(estate) has no place '\(id)'"
    case .unknownRule(let id): "unknown rule '\(id)'"
    case .notWatched(let rule, let device): "rule '\(rule)' does not watch '\(device)'"
    case .lacks(let kind, let what): "\(kind.rawValue): expected \(what)"
    case .span(let reason): reason
    case .unknown(let id): "no '\(id)' is in force; 'gatehouse shelved' lists what is"
    }
  }
}
