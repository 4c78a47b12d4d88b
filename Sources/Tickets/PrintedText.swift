/// Proposals, visits, councils and recurrences as they are put up on the notice board, in Chinese or English.
import EstateModel
import Foundation

/// Cents as money: `1234.05`.
public func money(_ cents: Int64) -> String {
  let (whole, rest) = cents.magnitude.quotientAndRemainder(dividingBy: 100)
  return "\(cents < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
}

/// A decimal number as a whole number of its smallest parts, without rounding: `12.5` with 2 digits is 1250.
/// - Returns: nil when it is no such number, has more digits behind the point, or is out of range.
public func smallestParts(_ text: some StringProtocol, digits: Int) -> Int64? {
  let parts = text.split(separator: ".", omittingEmptySubsequences: false)
  guard 1...2 ~= parts.count, !parts[0].isEmpty, parts[0].count <= 12,
    parts.joined().utf8.allSatisfy({ (48...57).contains($0) })
  else { return nil }
  let fraction = parts.count == 2 ? String(parts[1]) : ""
  guard fraction.count <= digits, parts.count == 1 || !fraction.isEmpty else { return nil }
  return Int64(parts[0] + fraction + String(repeating: "0", count: digits - fraction.count))
}

/// cm² as m²: `84.6`.
private func squareMetres(_ area: Int64) -> String { plainNumber(Double(area) / 10_000, digits: 2) }

private func date(_ milliseconds: Int64, in timeZone: TimeZone) -> String {
  String(Timestamp(milliseconds: milliseconds).formatted(in: timeZone).prefix(10))
}

private func moment(_ milliseconds: Int64, in timeZone: TimeZone) -> String {
  String(Timestamp(milliseconds: milliseconds).formatted(in: timeZone).prefix(16)).replacing("T", with: " ")
}

extension ConsentRule {
  public func text(isChinese: Bool) -> String {
    switch kind {
    case .unanimous: isChinese ? "全体同意" : "all must agree"
    case .civilCode278, .civilCode278Special, .custom:
      isChinese
        ? "参与表决：户数和面积各不少于\(quorum)；同意：参与者户数和面积各\(isStrict ? "超过" : "不少于")\(majority)"
        : "at least \(quorum) take part, and \(isStrict ? "more than" : "at least") \(majority) of those agree, by heads and by area"
    }
  }
}

extension Proposal {
  /// A sheet with every household's share and vote.
  public func text(isChinese: Bool, in timeZone: TimeZone) -> String {
    var lines = [
      isChinese ? "征询 \(number)：\(text)" : "Proposal \(number): \(text)",
      isChinese ? "金额：\(money(amount)) 元" : "Amount: \(money(amount)) CNY",
      isChinese ? "规则：\(rule.text(isChinese: true))" : "Rule: \(rule.text(isChinese: false))",
    ]
    if let deadline {
      lines.append((isChinese ? "截止：" : "Until: ") + moment(deadline, in: timeZone))
    }
    lines.append("")
    let last = Dictionary(consents.map { ($0.household, $0) }, uniquingKeysWith: { $1 })
    for household in households {
      let consent = last[household.id]
      let vote = consent.map { Self.words($0.vote, isChinese) } ?? (isChinese ? "未答复" : "no answer")
      let area = household.area > 0 ? "  \(squareMetres(household.area)) m²" : ""
      let on = consent.map { "  " + date($0.on, in: timeZone) } ?? ""
      lines.append("\(household.id)\(area)  \(money(household.share))  \(vote)\(on)")
    }
    let tally = tally
    lines += [
      "",
      isChinese
        ? "参与 \(tally.votingHeads)/\(tally.heads) 户，同意 \(tally.agreeingHeads) 户"
        : "\(tally.votingHeads) of \(tally.heads) households took part, \(tally.agreeingHeads) agree",
    ]
    if tally.area > 0 {
      let (voting, all, agreeing) = (
        squareMetres(tally.votingArea), squareMetres(tally.area), squareMetres(tally.agreeingArea)
      )
      lines.append(
        isChinese
          ? "参与面积 \(voting)/\(all) m²，同意 \(agreeing) m²"
          : "\(voting) of \(all) m² took part, \(agreeing) m² agree")
    }
    let outcome = decision.map { $0.outcome == .accepted }
    lines.append(
      isChinese
        ? "结果：\(outcome.map { $0 ? "通过" : "未通过" } ?? "待定")"
        : "Outcome: \(outcome.map { $0 ? "accepted" : "rejected" } ?? "open")")
    return lines.joined(separator: "\n")
  }

  private static func words(_ vote: Vote, _ isChinese: Bool) -> String {
    guard isChinese else { return vote.rawValue }
    return switch vote {
    case .agree: "同意"
    case .object: "反对"
    case .abstain: "弃权"
    }
  }
}

extension Visit {
  public func text(isChinese: Bool, in timeZone: TimeZone) -> String {
    let span = "\(moment(start, in: timeZone))–\(moment(end, in: timeZone).suffix(5))"
    let people = attendees.joined(separator: isChinese ? "、" : ", ")
    return isChinese
      ? "上门 \(span)（\(minutes) 分钟）：\(people)。\(note)" : "Visit \(span) (\(minutes) min): \(people). \(note)"
  }
}

extension Council {
  public func text(isChinese: Bool, in timeZone: TimeZone) -> String {
    var lines = [
      (isChinese ? "协商议事会：" : "Council: ") + parties.joined(separator: isChinese ? "、" : ", ")
    ]
    lines += claims.map { isChinese ? "诉求（\($0.party)）：\($0.text)" : "Claim of \($0.party): \($0.text)" }
    lines.append((isChinese ? "结果：" : "Outcome: ") + outcome)
    lines += items.map { item in
      let due = date(item.due, in: timeZone)
      return isChinese ? "待办：\(item.what)（\(item.who)，\(due)前）" : "Due \(due): \(item.what) (\(item.who))"
    }
    return lines.joined(separator: "\n")
  }
}

extension Ticket {
  /// When it happened, how long after the time before, and what was done; empty for a ticket without a list.
  public func recurrenceText(isChinese: Bool, in timeZone: TimeZone) -> String {
    var former: Int64?
    return occurrences.enumerated().map { number, occurrence in
      defer { former = occurrence.onset }
      let days = former.map { plainNumber(Double(occurrence.onset - $0) / 86_400_000, digits: 1) }
      let interval = days.map { isChinese ? "，间隔 \($0) 天" : ", \($0) days after" } ?? ""
      let measure = occurrence.measure.map { " (\($0.rawValue))" } ?? ""
      let done = occurrence.done.isEmpty ? (isChinese ? "未处理完" : "not done yet") : occurrence.done + measure
      return
        "\(number + 1). \(date(occurrence.onset, in: timeZone))\(interval)  \(occurrence.ticket)  \(done)"
    }.joined(separator: "\n")
  }
}
