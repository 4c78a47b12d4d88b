/// Ticket ids that people can say on the telephone, the same whenever the same incident is worked out.
import EstateModel
import Foundation

enum TicketIdentifier {
  /// `T-260310-7K2QM4`: the onset's date in the estate's time zone, then six letters of a hash of the rule that
  /// opened the ticket, its subject and the onset.
  /// - Parameters:
  ///   - subject: `estate/device`, or whatever else the ticket is about.
  ///   - onset: milliseconds since 1970.
  ///   - attempt: above 0 for another id, when two incidents of one day share the first.
  static func make(rule: String, subject: String, onset: Int64, in timeZone: TimeZone, attempt: Int64 = 0)
    -> String
  {
    var hash = StableHash()
    hash.add(rule)
    hash.add(subject)
    hash.add(onset)
    if attempt > 0 { hash.add(attempt) }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    let day = calendar.dateComponents([.year, .month, .day], from: Timestamp(milliseconds: onset).date)
    let date = [(day.year ?? 0) % 100, day.month ?? 0, day.day ?? 0].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return "T-\(date.joined())-\(hash.text(length: 6))"
  }
}
