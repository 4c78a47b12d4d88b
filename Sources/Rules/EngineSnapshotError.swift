/// Why a stored state of the engine can't be taken in.

/// The engine is left as it was. What to do is the same for all: start from the log of readings instead.
public enum EngineSnapshotError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Not the beginning of a snapshot, or too short to be one.
  case notASnapshot
  /// Written by another version of the engine.
  case otherVersion(found: UInt8, expected: UInt8)
  /// The check sum at the end differs from that of the bytes before it.
  case wrongCheckSum
  /// The check sum is right, but something can't be what the engine writes. - Parameter at: bytes from the beginning.
  case damaged(at: Int)

  public var description: String {
    switch self {
    case .notASnapshot: "found other bytes, expected a snapshot of the rule engine"
    case .otherVersion(let found, let expected):
      "found a snapshot of version \(found), expected version \(expected)"
    case .wrongCheckSum: "the snapshot's check sum is wrong: some of its bytes have changed"
    case .damaged(let offset): "the snapshot can't be read from byte \(offset) on"
    }
  }
}
