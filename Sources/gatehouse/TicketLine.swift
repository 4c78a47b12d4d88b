/// One ticket for a person's eye.
import EstateModel
import Foundation
import Tickets

enum LocalTime {
  /// `2026-03-10 22:45:00`
  static func text(_ milliseconds: Int64, in zone: TimeZone) -> String {
    Timestamp(milliseconds: milliseconds).localText(in: zone)
  }
}

/// Local times of many rows: a zone's offset changes at full quarters of an hour, so it is asked for once in each.
struct LocalClock {
  private let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
  private var offsets: [Int64: Int] = [:]

  /// `2026-03-10 22:45`
  mutating func minute(_ milliseconds: Int64) -> String {
    let quarter = milliseconds / 900_000
    let time = Timestamp(milliseconds: milliseconds)
    let offset = offsets[quarter] ?? time.secondsFromGMT(in: zone)
    offsets[quarter] = offset
    var bytes = Array(time.formatted(secondsFromGMT: offset).utf8.prefix(16))
    bytes[10] = UInt8(ascii: " ")
    return String(decoding: bytes, as: UTF8.self)
  }
}

struct TicketLine {
  private let ticket: Ticket
  private let zone: TimeZone
  private let isChinese: Bool

  init(_ ticket: Ticket, in zone: TimeZone, isChinese: Bool) {
    (self.ticket, self.zone, self.isChinese) = (ticket, zone, isChinese)
  }

  private var place: String {
    ticket.towards.map { "\(ticket.place)→\($0)" } ?? ticket.place
  }

  private var title: String { ticket.title.text(isChinese: isChinese) }

  /// `T-260310-7K2QM4  P3  new  elevator-noise  yulongting-3/b1u1  → elevator contractor (物业…)`
  var text: String {
    "\(ticket.id)  \(ticket.priority.styled)  \(ticket.state.rawValue)  \(ticket.estate)/\(place)  \(title)"
      + "  → \(ticket.responsible.title.text(isChinese: isChinese))"
  }

  /// Two lines for the live view.
  func block(columns: Int) -> [String] {
    let head =
      "  \(ticket.priority.styled)  \(LocalTime.text(ticket.opened, in: zone))  \(ticket.estate)/\(place)  \(title)"
    let party = ticket.responsible.title.text(isChinese: isChinese)
    return [
      head,
      "      \(Terminal.styled("→ " + party, .cyan))  "
        + Terminal.styled("\(ticket.id) \(ticket.state.rawValue)", .dim),
    ]
  }
}
