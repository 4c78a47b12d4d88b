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
  private var offsets: [Int64: Int64] = [:]
  private var dates: [Int64: [UInt8]] = [:]

  /// Adds `2026-03-10 22:45`.
  mutating func write(minute milliseconds: Int64, to bytes: inout [UInt8]) {
    let quarter = milliseconds / 900_000
    let time = Timestamp(milliseconds: milliseconds)
    let offset = offsets[quarter] ?? Int64(time.secondsFromGMT(in: zone))
    offsets[quarter] = offset
    let local = milliseconds &+ offset * 1000
    let sinceMidnight = (local % 86_400_000 + 86_400_000) % 86_400_000
    let day = local - sinceMidnight
    let date = dates[day] ?? Array(time.formatted(secondsFromGMT: Int(offset)).utf8.prefix(10))
    dates[day] = date
    bytes.append(contentsOf: date)
    bytes.append(UInt8(ascii: " "))
    Self.write(sinceMidnight / 3_600_000, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    Self.write(sinceMidnight / 60_000 % 60, to: &bytes)
  }

  private static func write(_ number: Int64, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "0") + UInt8(number / 10))
    bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
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
