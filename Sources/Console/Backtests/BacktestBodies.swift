/// The shapes in which the API tells of try-outs and of alarm quality.
import EstateModel
import Foundation
import RuleTools
import Tickets

struct BacktestBody: Encodable, Sendable {
  struct TicketLine: Encodable, Sendable {
    var opened: Moment
    var title: Title
    var priority: String
    var category: String
    var estate: String
    var place: String
    var towards: String?
    var responsible: Title
    var alarms: Int

    init(_ ticket: Ticket) {
      (opened, title, priority) = (Moment(ticket.opened), ticket.title, ticket.priority.rawValue)
      (category, estate, place, towards) = (ticket.category, ticket.estate, ticket.place, ticket.towards)
      (responsible, alarms) = (ticket.responsible.title, ticket.alarms.count)
    }
  }

  struct Result: Encodable, Sendable {
    struct Counts: Encodable, Sendable {
      /// With the rule as it is, and as it was tried.
      var present: Int
      var tried: Int
      var added: Int
      var spared: Int
    }

    var since: Moment
    var until: Moment
    var alarms: Counts
    /// In both, a minute or more apart.
    var movedAlarms: Int
    var tickets: Counts
    /// The first of them.
    var added: [TicketLine]
    var spared: [TicketLine]

    static let longestList = 200

    init(_ outcome: BacktestOutcome) {
      let report = outcome.report
      let line = report.rules.first
      (since, until) = (Moment(outcome.since), Moment(outcome.until))
      alarms = Counts(
        present: line?.did ?? 0, tried: line?.would ?? 0, added: line?.new.count ?? 0,
        spared: line?.gone.count ?? 0)
      movedAlarms = line?.moved.count ?? 0
      tickets = Counts(
        present: report.didTickets, tried: report.wouldTickets, added: report.addedTickets.count,
        spared: report.sparedTickets.count)
      added = report.addedTickets.prefix(Self.longestList).map(TicketLine.init)
      spared = report.sparedTickets.prefix(Self.longestList).map(TicketLine.init)
    }
  }

  var id: String
  var rule: String
  var changes: [String: String]
  var days: Int
  var state: String
  /// 0 to 1.
  var progress: Double
  var readings: Int
  var by: String
  var made: Moment
  var reason: String?
  var result: Result?

  init(_ job: BacktestJob) {
    (id, rule, days, by) = (job.id, job.rule, job.days, job.by)
    changes = Dictionary(uniqueKeysWithValues: job.changes.map { ($0.rawValue, $1) })
    (state, progress, readings) = (job.state.rawValue, job.progress, job.readings)
    (made, reason, result) = (Moment(job.made), job.reason, job.outcome.map(Result.init))
  }
}

struct QualityBody: Encodable, Sendable {
  struct SourceBody: Encodable, Sendable {
    var rule: String
    var device: String
    var count: Int
    var chatterings: Int
    /// Seconds.
    var medianDuration: Double?

    init(_ source: AlarmQuality.Source) {
      (rule, device, count, chatterings) = (source.rule, source.device, source.count, source.chatterings)
      medianDuration = source.medianDuration.map { Double($0) / 1000 }
    }
  }

  struct StaleBody: Encodable, Sendable {
    var rule: String
    var device: String
    var raised: Moment
    var cleared: Moment?
  }

  struct PriorityBody: Encodable, Sendable {
    var priority: String
    var count: Int
    var share: Double
  }

  struct RuleLine: Encodable, Sendable {
    var rule: String
    var alarms: Int
    var faults: [String]
  }

  var since: Moment
  var until: Moment
  var alarms: Int
  var suppressed: Int
  var perHour: Double
  var mostInAnHour: Int
  var mostInTenMinutes: Int
  var floods: Int
  /// Seconds.
  var floodTime: Double
  var priorities: [PriorityBody]
  var mostFrequent: [SourceBody]
  var chattering: [SourceBody]
  var stale: [StaleBody]
  /// Rules that tell too much, the worst first.
  var faulty: [RuleLine]

  init(quality: AlarmQuality, advice: [RuleAdvice]) {
    (since, until) = (Moment(quality.since), Moment(quality.until))
    (alarms, suppressed, perHour) = (quality.count, quality.suppressed, quality.perHour)
    (mostInAnHour, mostInTenMinutes) = (quality.mostInAnHour, quality.mostInTenMinutes)
    (floods, floodTime) = (quality.floods, Double(quality.floodTime) / 1000)
    priorities = quality.priorities.map {
      PriorityBody(priority: $0.priority.rawValue, count: $0.count, share: $0.share)
    }
    mostFrequent = quality.mostFrequent.map(SourceBody.init)
    chattering = quality.chattering.prefix(100).map(SourceBody.init)
    stale = quality.stale.prefix(100).map {
      StaleBody(rule: $0.rule, device: $0.device, raised: Moment($0.raised), cleared: Moment($0.cleared))
    }
    faulty = advice.map {
      RuleLine(rule: $0.rule, alarms: $0.count, faults: $0.faults.map(\.rawValue))
    }
  }
}
