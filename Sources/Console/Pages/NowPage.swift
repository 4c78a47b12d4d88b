/// *Now*: what matters at this moment, for a glance from across the room.
import EstateModel
import Foundation
import Gateway
import Hummingbird
import Store
import Tickets

extension PageRoutes {
  /// More are on the list of tickets.
  private static let mostTickets = 60
  private static let mostAlarms = 40
  /// Quiet estates are shown up to here, those with work up to there.
  private static let fewEstates = 12
  private static let mostEstates = 60

  func view(_ preferences: Preferences) -> View {
    View(
      catalogue: catalogue, routing: api.configuration.routing, speech: pages.speech(preferences),
      now: api.now,
      devicesNow: api.now)
  }

  /// With the devices' own present: a simulated hour may pass between two times that states are kept.
  func view(_ preferences: Preferences, _ states: [String: DeviceState]) -> View {
    var view = view(preferences)
    let isSimulated = abs(view.now - GatewayClock.wall.milliseconds) > 3_600_000
    if isSimulated, let latest = states.values.compactMap(\.lastSeen).max() { view.devicesNow = latest }
    return view
  }

  @Sendable func now(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let preferences = context.preferences
    // Before the contents: a step in between is told again rather than lost.
    let position = try await store.read { try $0.latestStep() }
    let body = try await nowPages.part("now \(preferences.language)", position: position) {
      try await nowBody(preferences)
    }
    let speech = pages.speech(preferences)
    return pages.page(
      body, title: speech("nav.now"), section: "now", request: request, context: context,
      attributes: liveAttributes(speech, position: position, every: 5))
  }

  private func nowBody(_ preferences: Preferences) async throws -> String {
    let states = try await api.devices.all()
    let view = view(preferences, states)
    let (tickets, counts, alarms) = try await store.read { reader in
      (
        try reader.tickets(.open, after: nil, limit: Self.mostTickets), try reader.openTicketCounts(),
        try reader.newestAlarms(limit: Self.mostAlarms)
      )
    }
    let status = api.status()
    let speech = view.speech
    let open = counts.reduce(0) { $0 + $1.open }
    let urgent = Priority.allCases.prefix(2).compactMap { priority -> String? in
      let count = counts.filter { $0.priority == priority }.reduce(0) { $0 + $1.open }
      return count > 0 ? "\(priority.rawValue): \(count)" : nil
    }
    let isLinked = status.link == "connected"
    let tiles = estateTiles(view, counts, states)
    let busy = Set(counts.map(\.estate)).count
    let shown = min(Self.mostEstates, max(Self.fewEstates, busy))
    var values: [String: Any] = [
      "openTickets": open, "newTickets": counts.reduce(0) { $0 + $1.new },
      "hasNew": counts.contains { $0.new > 0 },
      "urgent": urgent.joined(separator: " · "),
      "hasUrgent": !urgent.isEmpty, "activeAlarms": status.activeAlarms, "reporting": status.reporting,
      "devices": status.devices, "silent": status.silent, "hasSilent": status.silent > 0,
      "linkLost": !isLinked,
      "link": speech(isLinked ? "now.link.up" : "now.link.down"),
      "estates": Array(tiles.prefix(shown)), "tickets": tickets.map(view.card),
      "alarms": alarmLines(alarms, view),
    ]
    if open > tickets.count { values["more"] = "\(speech("now.all")) (\(open))" }
    if tiles.count > shown { values["moreEstates"] = "\(speech("now.all")) (\(tiles.count))" }
    return pages.part("now", values, preferences)
  }

  /// Raised and cleared, the newest first.
  private func alarmLines(_ alarms: [StoredAlarm], _ view: View) -> [[String: Any]] {
    var lines: [(at: Int64, isRaised: Bool, alarm: AlarmTransition)] = []
    for stored in alarms {
      lines.append((stored.raised.at, true, stored.raised))
      if let cleared = stored.cleared { lines.append((cleared, false, stored.raised)) }
    }
    lines.sort { ($0.at, $0.alarm.alarm) > ($1.at, $1.alarm.alarm) }
    return lines.prefix(Self.mostAlarms).map { line in
      let alarm = line.alarm
      let kind = line.isRaised ? "raised" : "cleared"
      return [
        "key": "\(alarm.alarm)-\(kind)", "kind": kind, "kindText": view.speech("alarm.\(kind)"),
        "mark": line.isRaised ? "▲" : "▽", "priority": alarm.priority.rawValue,
        "title": view.speech(alarm.title),
        "time": LocalTime.clock(line.at, in: view.zone(alarm.estate)), "estate": view.estate(alarm.estate),
        "place": view.location(alarm.place, alarm.towards, in: alarm.estate),
      ]
    }
  }

  /// Each estate with its state at a glance; those with work come first.
  func estateTiles(_ view: View, _ counts: [TicketCount], _ states: [String: DeviceState]) -> [[String: Any]]
  {
    let byEstate = Dictionary(grouping: counts, by: \.estate)
    var silent: [String: Int] = [:]
    var heard: Set<String> = []
    var devices: [String: Int] = [:]
    for device in catalogue.devices {
      devices[device.estate, default: 0] += 1
      guard let seen = states[device.path]?.lastSeen else { continue }
      heard.insert(device.estate)
      if view.devicesNow - seen > 3 * device.reportInterval { silent[device.estate, default: 0] += 1 }
    }
    let tiles = catalogue.estates.map { estate -> (rank: String, values: [String: Any]) in
      let own = byEstate[estate.id] ?? []
      let worst = own.map(\.priority).min()
      let open = own.reduce(0) { $0 + $1.open }
      let text: String
      if let worst {
        text = "\(worst.rawValue) · \(open) \(view.speech("now.open"))"
      } else {
        text = heard.contains(estate.id) ? view.speech("now.quiet") : view.speech("estate.none")
      }
      var values: [String: Any] = [
        "id": estate.id, "title": view.speech(estate.title), "text": text,
        "level": worst?.rawValue ?? (heard.contains(estate.id) ? "quiet" : "unknown"),
        "community": view.speech(estate.community), "subDistrict": view.speech(estate.subDistrict),
        "devices": devices[estate.id] ?? 0,
      ]
      if let count = silent[estate.id] { values["missing"] = count }
      return (worst?.rawValue ?? "P9", values)
    }
    return tiles.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
      .map(\.element.values)
  }
}
