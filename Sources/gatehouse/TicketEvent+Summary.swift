/// A ticket's step in words.
import EstateModel
import Tickets

extension TicketEvent {
  /// `opened by alarm A-… (sewer-full at w06)`, `resolved: pipe flushed`
  var summary: String {
    switch payload {
    case .opened(let opening, let alarm):
      "opened for \(opening.responsible.title.en): \(Self.words(alarm))"
    case .joined(let alarm, _): "joined by \(Self.words(alarm))"
    case .cleared(let alarm): "cleared: \(Self.words(alarm))"
    case .reopened(let alarm, _, let note):
      "reopened: \(alarm.map(Self.words) ?? note)"
    case .assigned(let party): "assigned to \(party.title.en)"
    case .acknowledged(let note), .commented(let note), .resolved(let note), .closed(let note):
      note.isEmpty ? kind.rawValue : "\(kind.rawValue): \(note)"
    }
  }

  private static func words(_ alarm: AlarmFacts) -> String {
    let place = alarm.towards.map { "\(alarm.place)→\($0)" } ?? alarm.place
    return "\(alarm.rule) at \(place), \(alarm.priority.rawValue) (\(alarm.alarm))"
  }
}
