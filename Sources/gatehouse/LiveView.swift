/// The demo's screen: figures, devices, alarms as they come, and the tickets with their party.
import EstateModel
import Foundation
import Gateway
import Synchronization
import Tickets

final class LiveView: Sendable {
  private struct State {
    var alarms: [AlarmTransition] = []
    var tickets: [String: Ticket] = [:]
    var order: [String] = []
    var lastReadings = 0
    var lastDrawn: Int64 = 0
    var rate: Double = 0
  }

  private let demo: Demo
  private let door: DemoDoor?
  private let zone: TimeZone
  private let state = Mutex(State())

  init(demo: Demo, door: DemoDoor?) {
    (self.demo, self.door) = (demo, door)
    zone = demo.loaded.catalogue.estates.first?.timeZone ?? .gmt
  }

  /// Switches to the terminal's second screen.
  func open() {
    let title = demo.expectation.title.text(isChinese: demo.isChinese)
    if demo.isHeadless {
      print("\(title), from \(clock(demo.expectation.start.milliseconds)), speed \(demo.speed)")
    } else {
      print("\u{1B}[?1049h\u{1B}[?25l", terminator: "")
      Terminal.flush()
    }
  }

  /// Gives the first screen back.
  func close() {
    guard !demo.isHeadless else { return }
    print("\u{1B}[?25h\u{1B}[?1049l", terminator: "")
    Terminal.flush()
  }

  func add(_ step: GatewayStep) {
    state.withLock { state in
      switch step {
      case .alarm(let transition):
        state.alarms.append(transition)
        if state.alarms.count > 200 { state.alarms.removeFirst(100) }
        if demo.isHeadless {
          print(alarmLine(transition))
          Terminal.flush()
        }
      case .ticket(let event, let ticket):
        if state.tickets[ticket.id] == nil { state.order.append(ticket.id) }
        state.tickets[ticket.id] = ticket
        if demo.isHeadless {
          let line = TicketLine(ticket, in: zone, isChinese: demo.isChinese).text
          print("\(clock(event.at))  ticket \(event.kind.rawValue): \(line)")
        }
      }
    }
  }

  func draw(_ status: GatewayStatus) {
    guard !demo.isHeadless else { return }
    let (rows, columns) = Terminal.size
    let lines = state.withLock { state -> [String] in
      let now = GatewayClock.monotonic
      if now > state.lastDrawn {
        let fresh = Double(status.readings - state.lastReadings) * 1000 / Double(now - state.lastDrawn)
        state.rate = state.lastDrawn == 0 ? 0 : state.rate * 0.7 + fresh * 0.3
      }
      (state.lastReadings, state.lastDrawn) = (status.readings, now)
      return screen(state, status, rows: rows, columns: columns)
    }
    let text = lines.prefix(rows - 1).map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
    print("\u{1B}[H\(text)\u{1B}[J", terminator: "")
    Terminal.flush()
  }

  private func screen(_ state: State, _ status: GatewayStatus, rows: Int, columns: Int) -> [String] {
    let isChinese = demo.isChinese
    let title = demo.expectation.title.text(isChinese: isChinese)
    let time = status.now.map(clock) ?? (isChinese ? "等待模拟器" : "waiting for the simulator")
    let names = demo.loaded.catalogue.estates.map { $0.title.text(isChinese: isChinese) }
    var lines = [
      Terminal.styled("Gatehouse", .bold) + "  \(title)",
      Terminal.styled(Terminal.fitted(names.joined(separator: " · "), to: columns - 1), .dim),
      "",
      "  \(Terminal.styled(time, .cyan))   \(isChinese ? "速度" : "speed") \(demo.speed)   "
        + "\(Int(state.rate)) \(isChinese ? "读数/秒" : "readings/s")   \(status.readings) \(isChinese ? "读数" : "readings")   "
        + "\(status.link == "connected" ? Terminal.styled("broker ✓", .green) : Terminal.styled("broker ✗", .red))",
      "  \(isChinese ? "设备" : "devices") \(status.devices):  "
        + Terminal.styled("\(status.reporting) \(isChinese ? "在线" : "reporting")", .green)
        + "  "
        + Terminal.styled(
          "\(status.silent) \(isChinese ? "静默" : "silent")", status.silent > 0 ? .yellow : .dim)
        + "  " + Terminal.styled("\(status.neverSeen) \(isChinese ? "未出现" : "not seen yet")", .dim)
        + "   \(isChinese ? "问题" : "problems") \(status.problems)",
      "",
      Terminal.styled("\(isChinese ? "工单" : "Tickets") (\(state.order.count))", .bold),
    ]
    if state.order.isEmpty { lines.append(Terminal.styled("  \(isChinese ? "暂无" : "none yet")", .dim)) }
    for id in state.order.suffix(max(4, rows / 2 - 5)) {
      guard let ticket = state.tickets[id] else { continue }
      lines += TicketLine(ticket, in: zone, isChinese: isChinese).block(columns: columns - 1)
    }
    lines += [
      "",
      Terminal.styled(
        "\(isChinese ? "报警" : "Alarms") (\(status.activeAlarms) \(isChinese ? "活动" : "active"))", .bold),
    ]
    if state.alarms.isEmpty { lines.append(Terminal.styled("  \(isChinese ? "暂无" : "none yet")", .dim)) }
    let invitation = door?.invitation.map { "\(isChinese ? "网页控制台" : "Web console")  \($0)" }
    let foot = 3 + (invitation == nil ? 0 : 1)
    for alarm in state.alarms.suffix(max(3, rows - lines.count - foot)).reversed() {
      lines.append("  " + alarmLine(alarm))
    }
    lines.append("")
    if let invitation { lines.append(invitation) }
    lines += [Terminal.styled(isChinese ? "按 Ctrl-C 结束" : "Ctrl-C ends the demo", .dim)]
    return lines
  }

  private func alarmLine(_ alarm: AlarmTransition) -> String {
    let place = alarm.towards.map { "\(alarm.place)→\($0)" } ?? alarm.place
    let mark =
      alarm.kind == .raised ? Terminal.styled("▲ raised ", .red) : Terminal.styled("▽ cleared", .green)
    let title = alarm.title.text(isChinese: demo.isChinese)
    return "\(clock(alarm.at))  \(mark)  \(alarm.priority.styled)  \(alarm.estate)/\(place)  \(title)"
  }

  private func clock(_ milliseconds: Int64) -> String {
    LocalTime.text(milliseconds, in: zone)
  }
}
