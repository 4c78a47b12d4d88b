/// Which of a ticket's events somebody is told of, and who.
import EstateModel
import Tickets

/// Why a message is sent. These are the words of `events:` in `notifications.yaml`.
public enum Occasion: String, CaseIterable, Sendable, Codable {
  case opened
  /// It has become more urgent.
  case urgent
  case reopened
  case assigned
  /// Another party was brought in.
  case informed
  /// Half of a time is over, or somebody is to look.
  case reminded
  /// Most of a time is over.
  case warned
  /// A time was missed: the next of the chain is asked.
  case escalated
  case resolved, verified
  /// Closed, cancelled, or merged into another.
  case closed

  /// What channels tell that say nothing else.
  public static let standard = Set(allCases).subtracting([.resolved, .verified])

  /// Of danger now, these are told whatever a channel leaves out.
  static let always: Set<Occasion> = [.opened, .urgent, .reopened, .assigned, .informed, .escalated]
}

extension TicketEvent {
  /// Why and whom this event is told; nil: nobody.
  /// - Parameter ticket: as it is after the event.
  public func telling(on ticket: Ticket) -> (occasion: Occasion, recipients: [TicketParty])? {
    let all = [ticket.responsible] + ticket.others
    switch payload {
    case .opened: return (.opened, all)
    // Terms begin anew only for what has become more urgent.
    case .joined(_, let revision):
      if terms != nil { return (.urgent, all) }
      return revision.others.isEmpty ? nil : (.informed, revision.others)
    case .prioritised(_, let informed, _): return (.urgent, Self.unique(all + informed))
    case .reopened: return (.reopened, all)
    case .assigned(let party): return (.assigned, Self.unique([party] + all))
    case .informed(let parties, _): return (.informed, parties)
    case .reminded(let reminder):
      let occasion: Occasion = reminder.reason == .dueSoon ? .warned : .reminded
      return (occasion, reminder.reason == .halfTime ? [ticket.responsible] : all)
    case .escalated(let escalation):
      return (.escalated, Self.unique([escalation.party].compactMap { $0 } + all))
    case .resolved: return (.resolved, all)
    case .verified: return (.verified, all)
    case .closed, .cancelled, .merged: return (.closed, all)
    case .cleared, .acknowledged, .arrived, .commented, .paused, .resumed, .absorbed, .scheduled, .watched,
      .recurred, .contacted, .visited, .council, .proposed, .consented, .decided, .inspected:
      return nil
    }
  }

  private static func unique(_ parties: [TicketParty]) -> [TicketParty] {
    var seen: Set<TicketParty> = []
    return parties.filter { seen.insert($0).inserted }
  }
}
