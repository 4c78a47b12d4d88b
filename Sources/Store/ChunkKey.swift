/// Which readings a chunk holds, as one number that orders chunks by hour, device and signal.

/// Chunks of one hour lie together, so that a new hour is written at the table's end, and the oldest are deleted at
/// its front; those of one signal are found by one look-up an hour.
struct ChunkKey: Hashable, Comparable, Sendable {
  static let deviceBits: Int64 = 26
  static let signalBits: Int64 = 12
  static let hourLength: Int64 = 3_600_000
  /// Hours since 1970. Times outside are kept with the first or the last: a chunk has its times whole.
  static let hours: ClosedRange<Int64> = 0...(1 << 24 - 1)

  /// The row's id.
  let raw: Int64

  init(raw: Int64) { self.raw = raw }

  /// nil when a number is too large for this: beyond 67 million devices or 4095 signals.
  init?(hour: Int64, device: UInt32, signal: UInt16) {
    guard Int64(device) < 1 << Self.deviceBits, Int64(signal) < 1 << Self.signalBits else { return nil }
    raw = (hour << Self.deviceBits | Int64(device)) << Self.signalBits | Int64(signal)
  }

  var hour: Int64 { raw >> (Self.deviceBits + Self.signalBits) }
  var device: UInt32 { UInt32(truncatingIfNeeded: raw >> Self.signalBits & (1 << Self.deviceBits - 1)) }
  var signal: UInt16 { UInt16(truncatingIfNeeded: raw & (1 << Self.signalBits - 1)) }

  /// - Parameter time: milliseconds since 1970.
  static func hour(of time: Int64) -> Int64 {
    let hour = time >= 0 ? time / hourLength : -1
    return min(max(hour, hours.lowerBound), hours.upperBound)
  }

  /// The first id of an hour.
  static func first(ofHour hour: Int64) -> Int64 { hour << (deviceBits + signalBits) }

  static func < (a: ChunkKey, b: ChunkKey) -> Bool { a.raw < b.raw }
}
