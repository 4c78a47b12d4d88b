/// Prometheus Alertmanager, by its API v2.
import EstateModel
import Foundation

/// Alarms become alerts: raised ones are told again every minute, because Alertmanager takes what it doesn't hear of
/// for five minutes as over, and forgets all when it restarts. Source: Alertmanager's OpenAPI description, `POST
/// /api/v2/alerts`.
final class AlertmanagerChannel: Channel {
  private struct Alert: Encodable {
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    /// nil: it goes on.
    var endsAt: String?

    /// Labels name an alert: they are the same from its beginning to its end.
    init(_ notice: AlarmNotice) {
      let alarm = notice.transition
      labels = [
        "alertname": alarm.rule, "alarm": alarm.alarm, "estate": alarm.estate, "device": alarm.device,
        "place": alarm.place, "category": alarm.category, "priority": alarm.priority.rawValue,
        "severity": alarm.priority <= .p2 ? "critical" : "warning",
      ]
      annotations = [
        "summary": "\(alarm.title.en): \(notice.estateTitle.en), \(notice.placeTitle.en)",
        "summary_zh": "\(alarm.title.zh)：\(notice.estateTitle.zh)，\(notice.placeTitle.zh)",
      ]
      if let towards = alarm.towards { annotations["towards"] = towards }
      let evidence = alarm.evidence.map { seen in
        "\(seen.label) = \(seen.value.map { "\($0) \(seen.unit)" } ?? "unknown")"
      }
      if !evidence.isEmpty { annotations["evidence"] = evidence.joined(separator: "; ") }
      startsAt = Timestamp(milliseconds: alarm.onset).formatted()
      if !notice.isActive { endsAt = Timestamp(milliseconds: max(alarm.at, alarm.onset)).formatted() }
    }
  }

  let refreshInterval: Int64? = 60_000
  private let end: HTTPEnd
  private let user: String?
  private let password: Secret?

  /// - Parameter end: of Alertmanager, with its route prefix where it has one.
  init(_ end: HTTPEnd, user: String?, password: Secret?) {
    let base = end.url.reveal()
    self.end = HTTPEnd(
      Secret((base.hasSuffix("/") ? String(base.dropLast()) : base) + "/api/v2/alerts"), caFile: end.caFile,
      timeout: end.timeout)
    (self.user, self.password) = (user, password)
  }

  func send(_ delivery: Delivery, stop: StopFlag) -> SendOutcome {
    switch delivery.notice {
    case .alarm(let notice): return post([Alert(notice)], stop)
    // That it answers is what a test wants to know.
    case .test: return post([], stop)
    case .ticket, .digest: return .never(reason: "not an alarm")
    }
  }

  func refresh(_ active: [AlarmNotice], stop: StopFlag) -> SendOutcome {
    active.isEmpty ? .sent : post(active.map { Alert($0) }, stop)
  }

  private func post(_ alerts: [Alert], _ stop: StopFlag) -> SendOutcome {
    do throws(TransferError) {
      var post = try HTTPPost(end, body: alerts)
      (post.user, post.password) = (user, password)
      return post.send(stop: stop)
    } catch {
      return .never(reason: error.reason)
    }
  }
}
