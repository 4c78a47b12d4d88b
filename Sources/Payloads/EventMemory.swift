/// Events that have begun and not ended, for devices that give them no id: one visit is one event, whatever the
/// number of messages.
import EstateModel

struct EventMemory {
  private var open: [UInt64: Timestamp] = [:]
  /// Events that may be open at once; beyond it the oldest is forgotten.
  static let limit = 4096

  /// What a message means for the event that its key names.
  /// - Returns: the phase, with repeated begins as updates, and when the event began.
  mutating func step(_ key: UInt64, _ phase: EventDetail.Phase, at time: Timestamp) -> (
    phase: EventDetail.Phase, start: Timestamp
  ) {
    let start = open[key]
    switch phase {
    case .end:
      open[key] = nil
      return (.end, min(start ?? time, time))
    case .begin, .update:
      if let start, start <= time { return (.update, start) }
      if open.count >= Self.limit, let oldest = open.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
        open[oldest.key] = nil
      }
      open[key] = time
      return (.begin, time)
    }
  }
}
