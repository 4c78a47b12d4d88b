/// Which clocks begin when, and until when they run.
import EstateModel
import Foundation

extension TicketBook {
  func timeZone(of estate: String) -> TimeZone { catalogue.estate(estate)?.timeZone ?? .gmt }

  private func clock(
    _ kind: ServiceClock.Kind, _ level: ServiceLevel, from: Int64, in timeZone: TimeZone
  ) -> ServiceClock? {
    guard let term = level.term(kind) else { return nil }
    let start = Timestamp(milliseconds: from)
    func end(_ share: Double) -> Int64 {
      routing.workingTime.end(of: term, from: start, share: share, in: timeZone).milliseconds
    }
    return ServiceClock(
      kind: kind, started: from, remind: end(routing.levels.remindAt), warn: end(routing.levels.warnAt),
      due: end(1), term: term.description, isWorking: term.isWorking)
  }

  /// All clocks of a ticket that is opened or reopened.
  func openingTerms(_ category: Category, _ priority: Priority, estate: String, at: Int64) -> Terms {
    let level = routing.level(category, priority)
    let kinds: [ServiceClock.Kind] = [.acknowledge, .onSite, .resolve]
    return Terms(clocks: kinds.compactMap { clock($0, level, from: at, in: timeZone(of: estate)) })
  }

  func reopeningTerms(_ ticket: Ticket, _ priority: Priority, at: Int64) -> Terms {
    openingTerms(routing.category(ticket.category), priority, estate: ticket.estate, at: at)
  }

  /// A ticket that becomes more urgent: what is still to be done gets the shorter times, from now on. None gets longer.
  func raisedTerms(_ ticket: Ticket, to priority: Priority, at: Int64) -> Terms? {
    guard priority < ticket.priority, ticket.state.isWorking else { return nil }
    var terms = openingTerms(routing.category(ticket.category), priority, estate: ticket.estate, at: at)
    terms.clocks = terms.clocks?.compactMap { clock in
      switch clock.kind {
      case .acknowledge where ticket.acknowledged != nil, .onSite where ticket.arrived != nil: return nil
      default: break
      }
      guard let running = ticket.clock(clock.kind), running.isRunning, running.stage != .missed,
        running.due < clock.due
      else { return clock }
      return running
    }
    return terms
  }

  /// After the work: the sensors watch, or a person looks.
  func resolvedTerms(_ ticket: Ticket, at: Int64) -> Terms {
    let category = routing.category(ticket.category)
    if case .sensor(let quiet, let settle) = category.verification,
      !ticket.alarms.isEmpty || !ticket.occurrences.isEmpty
    {
      return Terms(
        clocks: [], watch: Watch(from: at, quiet: quiet, settle: settle, blind: blindDevices(of: ticket)))
    }
    return followUpTerms(ticket, at: at)
  }

  /// After the verification somebody closes it, or it closes by itself.
  func verifiedTerms(_ ticket: Ticket, at: Int64) -> Terms {
    if let after = routing.category(ticket.category).closeAfter { return Terms(closeAfter: after) }
    return followUpTerms(ticket, at: at)
  }

  func followUpTerms(_ ticket: Ticket, at: Int64) -> Terms {
    let level = routing.level(routing.category(ticket.category), ticket.priority)
    return Terms(
      clocks: [clock(.followUp, level, from: at, in: timeZone(of: ticket.estate))].compactMap { $0 })
  }

  /// The clocks go on with what was left of them when they were stopped.
  func resumedTerms(_ ticket: Ticket, at: Int64) -> Terms {
    guard let stopped = ticket.pausedSince else { return Terms() }
    let timeZone = timeZone(of: ticket.estate)
    return Terms(
      clocks: ticket.clocks.filter(\.isRunning).map { clock in
        func moved(_ end: Int64) -> Int64 {
          guard end > stopped else { return end }
          guard clock.isWorking else { return at + (end - stopped) }
          let rest = routing.workingTime.elapsed(
            from: Timestamp(milliseconds: stopped), to: Timestamp(milliseconds: end), in: timeZone)
          return routing.workingTime.adding(rest, to: Timestamp(milliseconds: at), in: timeZone).milliseconds
        }
        var clock = clock
        (clock.remind, clock.warn, clock.due) = (moved(clock.remind), moved(clock.warn), moved(clock.due))
        return clock
      })
  }

  /// Devices of the ticket's alarms that are themselves out of order: their silence proves nothing. Also those that
  /// nobody watches any more.
  func blindDevices(of ticket: Ticket) -> [String] {
    let unwatched = Set(ticket.unproved.map(\.facts.device))
    return Set(ticket.alarms.map(\.facts.device)).filter {
      unwatched.contains($0) || isBlind($0, in: ticket.estate)
    }.sorted()
  }
}
