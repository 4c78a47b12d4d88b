/// The shapes in which the API tells of estates, devices, alarms and tickets.
import EstateModel
import Foundation
import Gateway
import Rules
import Store
import Tickets

/// A point in time as RFC 3339, in UTC.
struct Moment: Encodable, Sendable {
  var milliseconds: Int64

  init(_ milliseconds: Int64) { self.milliseconds = milliseconds }
  init?(_ milliseconds: Int64?) {
    guard let milliseconds else { return nil }
    self.init(milliseconds)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Timestamp(milliseconds: milliseconds).formatted())
  }
}

/// A part of a list, with what leads to the next part.
struct PageBody<Item: Encodable & Sendable>: Encodable, Sendable {
  var items: [Item]
  /// nil: this was the last part.
  var next: String?
}

struct EstateBody: Encodable, Sendable {
  struct PlaceBody: Encodable, Sendable {
    var id: String
    var kind: String
    var title: Title
    var `in`: String?
    var sewer: String?
    var downstream: String?
  }

  var id: String
  var title: Title
  var community: Title
  var subDistrict: Title
  var district: Title
  var management: String
  var timeZone: String
  var devices: Int
  var places: [PlaceBody]?

  init(_ estate: Estate, devices: Int, withPlaces: Bool = false) {
    (id, title, community) = (estate.id, estate.title, estate.community)
    (subDistrict, district, management) = (estate.subDistrict, estate.district, estate.management.rawValue)
    (timeZone, self.devices) = (estate.timeZone.identifier, devices)
    guard withPlaces else { return }
    places = estate.places.map {
      PlaceBody(
        id: $0.id, kind: $0.kind.rawValue, title: $0.title, in: $0.parent, sewer: $0.sewer,
        downstream: $0.downstream)
    }
  }
}

struct DeviceBody: Encodable, Sendable {
  struct ValueBody: Encodable, Sendable {
    var value: Double?
    var unit: String
    var at: Moment
  }

  var path: String
  var estate: String
  var kind: String
  var title: Title
  var place: String
  /// Seconds.
  var reportInterval: Double
  var lastSeen: Moment?
  var online: Bool?
  var values: [String: ValueBody]

  init(_ device: Device, _ state: DeviceState?) {
    (path, estate, kind) = (device.path, device.estate, device.kind.rawValue)
    (title, place, reportInterval) = (device.title, device.place, Double(device.reportInterval) / 1000)
    (lastSeen, online) = (Moment(state?.lastSeen), state?.online)
    values = Dictionary(
      uniqueKeysWithValues: (state?.values ?? [:]).map { name, value in
        let unit = Signal.named(name).map { Signal[$0].unit.symbol } ?? ""
        return (name, ValueBody(value: value.value, unit: unit, at: Moment(value.time)))
      })
  }
}

struct AlarmBody: Encodable, Sendable {
  var id: String
  var rule: String
  var title: Title
  var estate: String
  var device: String
  var place: String
  var towards: String?
  var priority: String
  var category: String
  var onset: Moment
  var raised: Moment
  var cleared: Moment?
  var active: Bool
  var evidence: [Evidence]

  init(_ stored: StoredAlarm) { self.init(stored.raised, cleared: stored.cleared) }

  init(_ alarm: AlarmTransition, cleared: Int64?) {
    (id, rule, title) = (alarm.alarm, alarm.rule, alarm.title)
    (estate, device, place, towards) = (alarm.estate, alarm.device, alarm.place, alarm.towards)
    (priority, category) = (alarm.priority.rawValue, alarm.category)
    (onset, raised, self.cleared) = (Moment(alarm.onset), Moment(alarm.at), Moment(cleared))
    (active, evidence) = (cleared == nil, alarm.evidence)
  }
}

struct TicketBody: Encodable, Sendable {
  struct PartyBody: Encodable, Sendable {
    var role: String?
    var title: Title
    init(_ party: TicketParty) { (role, title) = (party.role?.rawValue, party.title) }
  }

  struct ClockBody: Encodable, Sendable {
    var kind: String
    var started: Moment
    var due: Moment
    var met: Moment?
    var stage: String
    var working: Bool

    init(_ clock: ServiceClock) {
      (kind, stage, working) = (clock.kind.rawValue, clock.stage.rawValue, clock.isWorking)
      (started, due, met) = (Moment(clock.started), Moment(clock.due), Moment(clock.met))
    }
  }

  struct PauseBody: Encodable, Sendable {
    var reason: String
    var until: Moment
  }

  var id: String
  var estate: String
  var category: String
  var state: String
  var priority: String
  var title: Title
  var place: String
  var towards: String?
  var responsible: PartyBody
  var others: [PartyBody]
  var onset: Moment
  var opened: Moment
  var updated: Moment
  var acknowledged: Moment?
  var arrived: Moment?
  var resolved: Moment?
  var verified: Moment?
  var closed: Moment?
  var due: Moment?
  var overdue: Bool
  var clocks: [ClockBody]
  var pause: PauseBody?
  var supervisor: PartyBody?
  var mergedInto: String?
  var rootCause: String?
  var normalSince: Moment?
  var reopenings: Int
  var former: String?
  var alarms: [String]
  /// Number of the last event: the ticket's ETag.
  var sequence: Int
  var allowed: [String]

  init(_ ticket: Ticket) {
    (id, estate, category) = (ticket.id, ticket.estate, ticket.category)
    (state, priority, title) = (ticket.state.rawValue, ticket.priority.rawValue, ticket.title)
    (place, towards) = (ticket.place, ticket.towards)
    (responsible, others) = (PartyBody(ticket.responsible), ticket.others.map(PartyBody.init))
    (onset, opened, updated) = (Moment(ticket.onset), Moment(ticket.opened), Moment(ticket.updated))
    (acknowledged, arrived) = (Moment(ticket.acknowledged), Moment(ticket.arrived))
    (resolved, verified) = (Moment(ticket.resolved), Moment(ticket.verified))
    (due, overdue, clocks) = (Moment(ticket.due), ticket.isOverdue, ticket.clocks.map(ClockBody.init))
    pause = ticket.pause.map { PauseBody(reason: $0.reason.rawValue, until: Moment($0.until)) }
    supervisor = ticket.supervisor.map(PartyBody.init)
    (mergedInto, rootCause) = (ticket.mergedInto, ticket.rootCause)
    (closed, normalSince) = (Moment(ticket.closed), Moment(ticket.normalSince))
    (reopenings, former) = (ticket.reopenings, ticket.former)
    (alarms, sequence) = (ticket.alarms.map(\.facts.alarm), ticket.sequence)
    allowed = ticket.state.allowedActions.map(\.rawValue)
  }
}

struct TicketEventBody: Encodable, Sendable {
  var ticket: String
  var sequence: Int
  var kind: String
  var at: Moment
  var by: String
  var via: String
  var note: String?
  var alarm: String?
  var party: TicketBody.PartyBody?

  init(_ event: TicketEvent) {
    (ticket, sequence, kind, at) = (event.ticket, event.sequence, event.kind.rawValue, Moment(event.at))
    (by, via) = (event.by, event.via.rawValue)
    note = event.note.isEmpty ? nil : event.note
    alarm = event.alarm?.alarm
    if case .assigned(let party) = event.payload { self.party = TicketBody.PartyBody(party) }
  }
}

struct RuleBody: Encodable, Sendable {
  var id: String
  var title: Title
  var on: [String]
  var raise: String
  /// Seconds.
  var `for`: Double
  var clear: String?
  var clearFor: Double
  var priority: String
  var category: String
  var source: String?
  var devices: Int
  var active: Int
  /// In the last 30 days.
  var raised: Int

  init(_ rule: Rule, devices: Int, count: RuleCount?) {
    (id, title, on) = (rule.id, rule.title, rule.kinds.map(\.rawValue))
    (raise, `for`) = (rule.raiseText, Double(rule.onDelay) / 1000)
    (clear, clearFor) = (rule.clearText, Double(rule.offDelay) / 1000)
    (priority, category, source) = (rule.priority.rawValue, rule.category, rule.source)
    (self.devices, active, raised) = (devices, count?.active ?? 0, count?.raised ?? 0)
  }
}

struct ReadingsBody: Encodable, Sendable {
  var device: String
  var signal: String
  var unit: String
  /// Readings that were there before the thinning.
  var readings: Int
  /// [milliseconds since 1970, value]
  var points: [[Double?]]
}

struct ReloadBody: Encodable, Sendable {
  var result: String
  var at: Moment
  var by: String
  var changes: [String]
  var problems: [String]
  var warnings: [String]
  var needsRestart: [String]
  var stoodStillMilliseconds: Int64?

  init(_ report: ReloadReport) {
    (result, at, by) = (report.result.rawValue, Moment(report.at), report.by)
    (changes, problems, warnings) = (report.changes, report.problems, report.warnings)
    (needsRestart, stoodStillMilliseconds) = (report.needsRestart, report.stoodStill)
  }
}
