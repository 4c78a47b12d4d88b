/// A small town with tickets, and the alarms that make them.
import EstateModel
import Foundation
import Notifications
import Tickets

struct Town {
  static let start = Timestamp(rfc3339: "2026-03-10T22:45:00+08:00") ?? .distantPast

  static let estate = Estate(
    id: "luyuan", title: Title(zh: "鹿苑小区", en: "Luyuan"), community: Title(zh: "绿园社区", en: "Lüyuan"),
    subDistrict: Title(zh: "迎宾街道", en: "Yingbin"), district: Title(zh: "平城区", en: "Pingcheng"),
    management: .none, timeZone: TimeZone(identifier: "Asia/Shanghai") ?? .gmt,
    parties: [Party(role: .community, title: Title(zh: "绿园社区", en: "Lüyuan community"))],
    places: (1...40).map {
      Place(id: "w\($0)", kind: .well, title: Title(zh: "\($0)号井", en: "well \($0)"))
    })

  static let routing = {
    var routing = Routing(categories: categories)
    // The tickets' own measure against floods stays out of this.
    routing.newTicketsAMinute = 1000
    return routing
  }()

  private static let categories = [
    Category(
      name: "sewer-blockage", title: Title(zh: "下水道堵塞", en: "blocked sewer"), togetherBy: .place,
      withCompany: Assignment(lead: .propertyCompany),
      withoutCompany: Assignment(lead: .community, others: [.buildingHead, .sewerContractor]),
      atP1: [.municipalDrainage], escalation: [.community, .subDistrict])
  ]

  static let catalogue = Catalogue(estates: [estate])

  var book = TicketBook(routing: routing, catalogue: catalogue)
  var policy: NoticePolicy
  private(set) var outgoing: [OutgoingNotice] = []
  private(set) var digested: [String] = []

  init(_ channels: [ChannelPlan]) {
    var plan = NotificationPlan()
    plan.channels = channels
    policy = NoticePolicy(plan, catalogue: Self.catalogue, routing: Self.routing)
  }

  static func step(
    _ kind: AlarmTransition.Kind = .raised, at place: String, _ priority: Priority = .p3, minute: Int64 = 0,
    rule: String = "sewer-full", onset: Int64 = 0
  ) -> AlarmTransition {
    let began = start + onset * 60_000
    return AlarmTransition(
      kind: kind,
      alarm: AlarmTransition.identifier(rule: rule, device: "luyuan/probe-\(place)", onset: began),
      rule: rule,
      title: Title(zh: "井内水位过高", en: "well nearly full"), estate: "luyuan", device: "probe-\(place)",
      place: place, priority: priority, category: "sewer-blockage", onset: began, at: start + minute * 60_000,
      evidence: [Evidence(label: "level / depth", value: 0.85, unit: "1")])
  }

  /// - Returns: what is sent because of it.
  @discardableResult
  mutating func alarm(
    _ kind: AlarmTransition.Kind = .raised, at place: String, _ priority: Priority = .p3, minute: Int64 = 0,
    rule: String = "sewer-full", onset: Int64 = 0, nowMinute: Int64? = nil
  ) -> [OutgoingNotice] {
    let transition = Self.step(kind, at: place, priority, minute: minute, rule: rule, onset: onset)
    let shown = policy.consider(transition)
    let events = book.advance(to: Self.start + minute * 60_000) + book.apply(transition)
    let told = policy.consider(events, in: book, now: Self.start + (nowMinute ?? minute) * 60_000)
    outgoing += shown + told
    return shown + told
  }

  @discardableResult
  mutating func say(_ step: TicketCommand.Step, minute: Int64, by: String = "guard") throws
    -> [OutgoingNotice]
  {
    let now = Self.start + minute * 60_000
    let ticket = book.open.first?.id ?? ""
    let events = try book.perform(
      TicketCommand(step, ticket: ticket, by: by, at: now, via: .commandLine))
    let told = policy.consider(events, in: book, now: now)
    outgoing += told
    return told
  }

  /// Lets time pass, minute by minute.
  @discardableResult
  mutating func wait(until minute: Int64) -> [OutgoingNotice] {
    let now = Self.start + minute * 60_000
    let told = policy.consider(book.advance(to: now), in: book, now: now)
    let due = policy.advance(to: now)
    outgoing += told + due.digests
    digested += due.digested
    return told + due.digests
  }
}

extension ChannelPlan {
  /// Tells, by no way in particular.
  static func teller(_ id: String = "office", _ change: (inout ChannelPlan) -> Void = { _ in }) -> ChannelPlan
  {
    var plan = ChannelPlan(id: id, transport: .weCom(HTTPEnd(Secret("http://127.0.0.1:9/"))))
    change(&plan)
    return plan
  }
}

extension OutgoingNotice {
  var ticketNotice: TicketNotice? { if case .ticket(let notice) = notice { notice } else { nil } }
  var digest: DigestNotice? { if case .digest(let digest) = notice { digest } else { nil } }
}

/// A ticket's notice, as the town makes it.
func sampleNotice(_ priority: Priority = .p2) -> Notice {
  var town = Town([.teller()])
  return town.alarm(at: "w3", priority).first?.notice ?? .test(at: 0)
}

func delivery(_ notice: Notice = sampleNotice(), key: String = "T-260310-7K2QM4/1/office") -> Delivery {
  Delivery(key: key, subject: "T-260310-7K2QM4", priority: .p2, notice: notice)
}
