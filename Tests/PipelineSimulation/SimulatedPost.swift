/// Those who are told, and one process's way to them.
import EstateModel
import Foundation
import Gateway
import Notifications
import Store

/// What has arrived stays arrived, whatever becomes of the process.
final class Receiver {
  /// How often each message came, by its key.
  private(set) var arrivals: [String: Int] = [:]
  private var contents: [String: String] = [:]
  /// Keys that came with different contents.
  private(set) var contradictions: [String] = []

  func take(_ entry: OutboxEntry) {
    arrivals[entry.key, default: 0] += 1
    if let known = contents[entry.key], known != entry.json { contradictions.append(entry.key) }
    contents[entry.key] = entry.json
  }

  /// Every message that was kept has arrived, under its key, and no other.
  /// - Returns: what was told, whatever the numbers of the events are, and what is wrong.
  func judge(_ kept: [OutboxEntry]) throws -> (tellings: [TicketTelling], problems: [String]) {
    var problems: [String] = []
    let missing = kept.filter { arrivals[$0.key] == nil }
    if let first = missing.first {
      problems.append("\(missing.count) messages never sent, the first: \(first.key)")
    }
    let open = kept.filter { $0.state != .sent }
    if let first = open.first {
      problems.append("\(open.count) messages without an end, the first: \(first.key)")
    }
    let invented = Set(arrivals.keys).subtracting(kept.map(\.key)).sorted()
    if let first = invented.first { problems.append("sent and not kept: \(first)") }
    if let first = contradictions.first { problems.append("two messages with one key: \(first)") }
    var tellings: [TicketTelling] = []
    for entry in kept {
      guard case .ticket(let notice) = try JSONDecoder().decode(Notice.self, from: Data(entry.json.utf8)),
        let occasion = notice.occasion
      else {
        problems.append("not of a ticket: \(entry.key)")
        continue
      }
      tellings.append(
        TicketTelling(
          ticket: notice.ticket, occasion: occasion, at: notice.at - Workload.start.milliseconds))
    }
    return (tellings, problems)
  }
}

/// What people are told of a ticket, and when it happened: milliseconds since the night's beginning.
struct TicketTelling: Hashable {
  var ticket: String
  var occasion: Occasion
  var at: Int64

  /// A reminder that fell due while nothing could be heard, and whose clock the backlog has set anew before its time
  /// came: nobody is reminded of a term that holds no more.
  func isOvertaken(by others: [TicketTelling]) -> Bool {
    guard occasion == .reminded || occasion == .warned else { return false }
    return others.contains {
      $0.ticket == ticket && $0.at > at && ($0.occasion == .urgent || $0.occasion == .reopened)
    }
  }
}

/// Sends what it is told of after the commit, and what an earlier process left; the marks of what became of it go into
/// the pipeline's next batch, as the real threads' do.
final class SimulatedPost {
  private let receiver: Receiver
  private let fate: Fate
  private let isFaulty: Bool
  private var chance: Chance
  private var waiting: [OutboxEntry]
  private var marks: [OutboxMark] = []

  init(_ receiver: Receiver, fate: Fate, chance: Chance, isFaulty: Bool, left: [OutboxEntry]) {
    (self.receiver, self.fate, self.chance, self.isFaulty) = (receiver, fate, chance, isFaulty)
    waiting = left.filter { $0.state == .pending }
  }

  func add(_ entries: [OutboxEntry]) { waiting += entries.filter { $0.state == .pending } }

  func takeMarks() -> [OutboxMark] {
    defer { marks = [] }
    return marks
  }

  /// Some of what waits goes out, now and then in vain; the process may die between the sending and the mark.
  /// - Parameter mayDie: also where nothing was armed.
  func work(mayDie: Bool) {
    var later: [OutboxEntry] = []
    for entry in waiting {
      if fate.isDead { return }
      if isFaulty, chance.happens(0.3) {
        marks.append(
          OutboxMark(key: entry.key, state: .pending, attempts: entry.attempts + 1, error: "answered 500"))
        later.append(entry)
        continue
      }
      receiver.take(entry)
      if mayDie, chance.happens(0.03) { fate.arm(0) }
      if fate.dies(at: .afterSend) { return }
      marks.append(OutboxMark(key: entry.key, state: .sent, attempts: entry.attempts + 1))
    }
    waiting = later
  }
}

extension NotificationPlan {
  /// One channel that is told of everything, at once and however late it is: what comes too late or in too great a
  /// number is judged elsewhere, and would hide here what is lost.
  static var everything: NotificationPlan {
    var plan = NotificationPlan()
    var channel = ChannelPlan(id: "office", transport: .weCom(HTTPEnd(Secret("http://127.0.0.1:9/"))))
    channel.occasions = Set(Occasion.allCases)
    plan.channels = [channel]
    plan.latest = .max / 4
    plan.flood.moreThan = .max
    return plan
  }
}
