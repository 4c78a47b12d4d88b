/// A notice in words, in one language.
import EstateModel
import Foundation
import Tickets

struct NoticeText: Hashable, Sendable {
  var title: String
  var body: String

  /// The text, cut at a whole character where it has more bytes.
  func whole(upTo bytes: Int) -> String {
    guard body.utf8.count > bytes else { return body }
    var cut = ""
    var count = "…".utf8.count
    for character in body {
      count += String(character).utf8.count
      if count > bytes { break }
      cut.append(character)
    }
    return cut + "…"
  }
}

struct NoticeWords: Sendable {
  let language: ChannelPlan.Language
  private let texts: NoticeTexts
  private let link: String?
  private var isChinese: Bool { language == .zh }

  init(_ texts: NoticeTexts, _ language: ChannelPlan.Language, link: String?) {
    (self.texts, self.language, self.link) = (texts, language, link)
  }

  func text(of notice: Notice) -> NoticeText {
    switch notice {
    case .ticket(let notice):
      let values = values(notice)
      return NoticeText(
        title: texts.render(.ticketTitle, language, values), body: texts.render(.ticket, language, values))
    case .digest(let digest):
      let values = values(digest)
      return NoticeText(
        title: texts.render(.digestTitle, language, values), body: texts.render(.digest, language, values))
    case .alarm(let notice):
      let title = notice.transition.title.text(isChinese: isChinese)
      return NoticeText(title: title, body: title)
    case .test(let at):
      let text = texts.render(.test, language, ["time": Timestamp(milliseconds: at).formatted()])
      return NoticeText(title: text, body: text)
    }
  }

  /// Where the ticket can be looked at.
  func link(to notice: Notice) -> String? {
    guard case .ticket(let notice) = notice else { return nil }
    return link?.replacingOccurrences(of: "{ticket}", with: notice.ticket)
  }

  private func values(_ notice: TicketNotice) -> [String: any Sendable] {
    func name(_ title: Title) -> String { title.text(isChinese: isChinese) }
    func names(_ parties: [TicketNotice.Party]) -> String {
      parties.map { name($0.title) }.joined(separator: isChinese ? "、" : ", ")
    }
    // Missing values are left out: a section of that name is not shown.
    var values: [String: any Sendable] = [
      "priority": notice.priority.rawValue, "occasion": occasion(notice), "title": name(notice.title),
      "estate": name(notice.estateTitle), "place": name(notice.placeTitle),
      "category": name(notice.categoryTitle), "time": time(notice.at, notice.timeZone),
      "responsible": name(notice.responsible.title), "state": state(notice.state), "ticket": notice.ticket,
    ]
    values["towards"] = notice.towardsTitle.map(name)
    if !notice.others.isEmpty { values["others"] = names(notice.others) }
    values["due"] = notice.due.map { time($0, notice.timeZone) }
    if !notice.note.isEmpty { values["note"] = notice.note }
    values["asked"] = notice.asked.map { name($0.title) }
    values["clock"] = notice.clock.map(clock)
    values["link"] = link(to: .ticket(notice))
    return values
  }

  private func values(_ digest: DigestNotice) -> [String: any Sendable] {
    var values: [String: any Sendable] = [
      "estate": digest.estateTitle.text(isChinese: isChinese), "count": digest.count,
      "time": time(digest.at, digest.timeZone), "items": digest.listed.map(self.values),
    ]
    if digest.count > digest.listed.count { values["more"] = digest.count - digest.listed.count }
    return values
  }

  /// `2026-03-10 22:45`
  private func time(_ milliseconds: Int64, _ zone: String) -> String {
    let text = Timestamp(milliseconds: milliseconds).formatted(in: TimeZone(identifier: zone) ?? .gmt)
    return text.prefix(16).replacingOccurrences(of: "T", with: " ")
  }

  private func occasion(_ notice: TicketNotice) -> String {
    let words: Title =
      switch (notice.occasion, notice.event, notice.reminder) {
      case (.opened, _, _): Title(zh: "新工单", en: "new")
      case (.urgent, _, _): Title(zh: "升级为更紧急", en: "more urgent")
      case (.reopened, _, _): Title(zh: "重新打开", en: "reopened")
      case (.assigned, _, _): Title(zh: "改派", en: "assigned")
      case (.informed, _, _): Title(zh: "知会", en: "for your information")
      case (.reminded, _, .look): Title(zh: "告警已消除，请到现场查看", en: "alarms are over, please look")
      case (.reminded, _, .followUp): Title(zh: "请回访核实", en: "please follow up")
      case (.reminded, _, .blind): Title(zh: "传感器失联，请人工核实", en: "sensors are silent, please look")
      case (.reminded, _, .item): Title(zh: "议定事项到期", en: "an agreed item is due")
      case (.reminded, _, _): Title(zh: "提醒", en: "reminder")
      case (.warned, _, _): Title(zh: "即将超时", en: "nearly out of time")
      case (.escalated, _, _): Title(zh: "超时，已上报", en: "overdue, escalated")
      case (.resolved, _, _): Title(zh: "已处理，待核实", en: "resolved, to be verified")
      case (.verified, _, _): Title(zh: "已核实", en: "verified")
      case (.closed, .cancelled, _): Title(zh: "已取消", en: "cancelled")
      case (.closed, .merged, _): Title(zh: "已并入其他工单", en: "merged")
      case (.closed, _, _): Title(zh: "已结案", en: "closed")
      case (nil, _, _): Title(zh: "", en: "")
      }
    return words.text(isChinese: isChinese)
  }

  private func state(_ state: Ticket.State) -> String {
    guard isChinese else { return state.rawValue }
    return switch state {
    case .new: "待响应"
    case .acknowledged: "已响应"
    case .onSite: "已到场"
    case .resolved: "已处理"
    case .verified: "已核实"
    case .reopened: "重新打开"
    case .closed: "已结案"
    case .merged: "已合并"
    case .cancelled: "已取消"
    }
  }

  private func clock(_ kind: ServiceClock.Kind) -> String {
    let words: Title =
      switch kind {
      case .acknowledge: Title(zh: "响应", en: "acknowledgement")
      case .onSite: Title(zh: "到场", en: "arrival")
      case .resolve: Title(zh: "处理", en: "resolution")
      case .followUp: Title(zh: "回访", en: "follow-up")
      }
    return words.text(isChinese: isChinese)
  }
}
