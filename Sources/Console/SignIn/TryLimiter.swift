/// Wrong tries are counted, for each account and for each address, so that passwords can't be guessed.
import Synchronization

/// At most so many wrong tries in a minute; right ones aren't counted.
public final class TryLimiter: Sendable {
  public static let most = 5
  private let most: Int
  /// Milliseconds.
  public static let window: Int64 = 60_000
  /// Names beyond so many are forgotten from the oldest on.
  private static let capacity = 10_000

  private let tries = Mutex<[String: [Int64]]>([:])

  public init(most: Int = TryLimiter.most) { self.most = most }

  /// Takes a try up front, so that many at once count as well; ``forgive(_:at:)`` gives a right one back.
  /// - Parameters:
  ///   - keys: the account and the address.
  ///   - now: milliseconds of a clock that nobody sets.
  /// - Returns: 0 when the try is allowed, else the milliseconds to wait.
  public func take(_ keys: [String], at now: Int64) -> Int64 {
    tries.withLock { tries in
      var wait: Int64 = 0
      for key in keys {
        let recent = (tries[key] ?? []).filter { now - $0 < Self.window }
        tries[key] = recent.isEmpty ? nil : recent
        if recent.count >= most, let oldest = recent.first {
          wait = max(wait, oldest + Self.window - now)
        }
      }
      guard wait == 0 else { return wait }
      if tries.count > Self.capacity { tries = tries.filter { now - ($0.value.last ?? 0) < Self.window } }
      if tries.count > Self.capacity { return Self.window }
      for key in keys { tries[key, default: []].append(now) }
      return 0
    }
  }

  /// - Parameter now: as it was given to ``take(_:at:)``.
  public func forgive(_ keys: [String], at now: Int64) {
    tries.withLock { tries in
      for key in keys {
        guard let position = tries[key]?.lastIndex(of: now) else { continue }
        tries[key]?.remove(at: position)
      }
    }
  }
}
