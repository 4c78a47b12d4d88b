/// Tickets as they would be if each were closed after a quiet day.
import EstateModel
import Tickets

/// One ticket with the time for which it would have been open.
struct TicketEpisode: Sendable {
  /// Milliseconds without an active alarm after which the ticket counts as closed.
  static let quiet: Int64 = 86_400_000

  private(set) var book: TicketBook
  private(set) var end: Int64

  var ticket: Ticket? { book.tickets.values.first }

  /// The tickets of all alarms, one for each cause and episode.
  /// - Parameter alarms: in the order of their raising.
  static func episodes(_ alarms: [AlarmSpan], routing: Routing, catalogue: Catalogue) -> [TicketEpisode] {
    var episodes: [TicketEpisode] = []
    var latest: [String: Int] = [:]
    for alarm in alarms {
      let end = alarm.cleared ?? .max - quiet
      var fresh = TicketBook(routing: routing, catalogue: catalogue)
      _ = fresh.apply(alarm.raised)
      guard let ticket = fresh.tickets.values.first else { continue }
      let cause = "\(ticket.estate) \(ticket.category) \(ticket.cause)"
      if let index = latest[cause], alarm.raised.at <= episodes[index].end + quiet {
        _ = episodes[index].book.apply(alarm.raised)
        episodes[index].end = max(episodes[index].end, end)
      } else {
        latest[cause] = episodes.count
        episodes.append(TicketEpisode(book: fresh, end: end))
      }
    }
    return episodes
  }

  /// Whether both are work on the same cause at the same time.
  func meets(_ other: TicketEpisode) -> Bool {
    guard let a = ticket, let b = other.ticket else { return false }
    return a.estate == b.estate && a.category == b.category && a.cause == b.cause
      && a.opened <= other.end + Self.quiet && b.opened <= end + Self.quiet
  }
}
