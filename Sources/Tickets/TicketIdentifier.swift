/// Ticket ids that people can say on the telephone, the same whenever the same incident is worked out.
import EstateModel
import Foundation

enum TicketIdentifier {
  /// `T-260310-7K2QM4`: the onset's date in the estate's time zone, then six letters of a hash of the rule that
  /// opened the ticket, its subject and the onset.
  /// - Parameter attempt: above 0 for another id, when two incidents of one day share the first.
  static func make(for transition: AlarmTransition, in timeZone: TimeZone, attempt: Int64 = 0) -> String {
    var hash = StableHash()
    hash.add(transition.rule)
    hash.add("\(transition.estate)/\(transition.device)")
    hash.add(transition.onset)
    if attempt > 0 { hash.add(attempt) }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    let day = calendar.dateComponents(
      [.year, .month, .day], from: Timestamp(milliseconds: transition.onset).date)
    let date = [(day.year ?? 0) % 100, day.month ?? 0, day.day ?? 0].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return "T-\(date.joined())-\(hash.text(length: 6))"
  }
}
