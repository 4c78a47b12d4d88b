/// How many messages a device may send: one that floods must not cost the others their place.
import EstateModel

/// What `device-budget:` in `gatehouse.yaml` says.
public struct DeviceBudget: Hashable, Sendable {
  /// Messages a second that a device may send for ever.
  public var rate: Double = 50
  /// Messages in one go: a device that was away for a day tells what it kept.
  public var burst: Double = 10_000

  public init() {}
}

/// A bucket of tokens for each device, in event time. What finds its bucket empty is left out.
struct DeviceBudgets {
  private struct Bucket {
    var tokens: Float
    var filled: Timestamp
  }

  private let budget: DeviceBudget
  private var buckets: [Bucket?]

  init(_ budget: DeviceBudget, devices: Int) {
    self.budget = budget
    buckets = Array(repeating: nil, count: devices)
  }

  /// - Returns: false when the device has spent what it has.
  mutating func take(_ device: DeviceIndex, at now: Timestamp) -> Bool {
    let place = Int(device.raw)
    guard place < buckets.count else { return true }
    var bucket = buckets[place] ?? Bucket(tokens: Float(budget.burst), filled: now)
    let passed = Float(max(0, now - bucket.filled)) / 1000
    bucket.tokens = min(Float(budget.burst), bucket.tokens + passed * Float(budget.rate))
    bucket.filled = now
    defer { buckets[place] = bucket }
    guard bucket.tokens >= 1 else { return false }
    bucket.tokens -= 1
    return true
  }
}
