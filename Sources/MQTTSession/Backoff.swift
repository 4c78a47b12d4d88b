/// Growing pauses between attempts.

/// Doubles from `shortest` to `longest`; each pause is spread over 50…100 % of that, so that many clients of
/// one broker don't come back in step.
struct Backoff {
  let shortest: Duration
  let longest: Duration
  private(set) var failures = 0

  init(shortest: Duration = .milliseconds(200), longest: Duration = .seconds(30)) {
    self.shortest = shortest
    self.longest = longest
  }

  mutating func reset() { failures = 0 }

  /// The pause before the next attempt; at least `shortest`, at most `longest`.
  mutating func next() -> Duration {
    let full = min(longest, shortest * (1 << min(failures, 16)))
    failures += 1
    return max(shortest, full * Double.random(in: 0.5...1))
  }
}
