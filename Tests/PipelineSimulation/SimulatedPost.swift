/// Those who are told, and one process's way to them.
import EstateModel
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
