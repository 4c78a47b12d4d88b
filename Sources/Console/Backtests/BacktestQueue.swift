/// Try-outs of rules, one after the other, on a thread that takes only what others leave.
import Foundation
import Gateway
import RuleTools
import Synchronization

/// One try-out, from its order to its outcome.
struct BacktestJob: Sendable {
  enum State: String, Sendable { case waiting, running, done, cancelled, failed }

  var id: String
  var by: String
  var rule: String
  var changes: [RuleTrial.Key: String]
  var days: Int
  /// Milliseconds since 1970, the system's time.
  var made: Int64
  var state = State.waiting
  /// 0 to 1.
  var progress = 0.0
  var readings = 0
  var outcome: BacktestOutcome?
  /// Why it failed.
  var reason: String?

  var isOver: Bool { state != .waiting && state != .running }
}

/// What a try-out found.
struct BacktestOutcome: Sendable {
  /// Milliseconds since 1970.
  var since: Int64
  var until: Int64
  var report: BacktestReport
}

/// Nothing of it is kept beyond the process: a try-out is quickly made again.
final class BacktestQueue: Sendable {
  /// Those that run or wait.
  static let mostAtOnce = 4
  private static let mostKept = 20
  /// Of the thread, among this machine's: the pipeline goes first.
  private static let niceness: Int32 = 15

  /// - Parameter progress: takes the share that is done and the readings so far; false stops.
  typealias Work =
    @Sendable (_ progress: (_ share: Double, _ readings: Int) -> Bool) throws -> BacktestOutcome?

  private struct Entry {
    var job: BacktestJob
    var work: Work?
  }

  private struct Jobs {
    var entries: [Entry] = []
    var isBusy = false
    var isOver = false
  }

  private let jobs = Mutex(Jobs())

  /// The newest first.
  var all: [BacktestJob] { jobs.withLock { $0.entries.map(\.job) }.reversed() }

  func job(_ id: String) -> BacktestJob? { jobs.withLock { $0.entries.first { $0.job.id == id }?.job } }

  /// - Returns: nil when enough are under way.
  func add(_ job: BacktestJob, work: @escaping Work) -> BacktestJob? {
    let added = jobs.withLock { jobs -> Bool in
      guard !jobs.isOver, jobs.entries.count(where: { !$0.job.isOver }) < Self.mostAtOnce else {
        return false
      }
      jobs.entries.append(Entry(job: job, work: work))
      while jobs.entries.count > Self.mostKept, let oldest = jobs.entries.firstIndex(where: { $0.job.isOver })
      {
        jobs.entries.remove(at: oldest)
      }
      return true
    }
    guard added else { return nil }
    startNext()
    return job
  }

  /// Stops what runs or waits; forgets what is over.
  /// - Returns: false when there is no such try-out.
  func remove(_ id: String) -> Bool {
    jobs.withLock { jobs in
      guard let index = jobs.entries.firstIndex(where: { $0.job.id == id }) else { return false }
      if jobs.entries[index].job.isOver {
        jobs.entries.remove(at: index)
      } else {
        jobs.entries[index].job.state = .cancelled
      }
      return true
    }
  }

  /// Stops all of them; nothing is taken any more.
  func end() {
    jobs.withLock { jobs in
      jobs.isOver = true
      for index in jobs.entries.indices where !jobs.entries[index].job.isOver {
        jobs.entries[index].job.state = .cancelled
      }
    }
  }

  private func startNext() {
    let next = jobs.withLock { jobs -> (String, Work)? in
      guard !jobs.isBusy, let index = jobs.entries.firstIndex(where: { $0.job.state == .waiting }),
        let work = jobs.entries[index].work
      else { return nil }
      jobs.isBusy = true
      jobs.entries[index].job.state = .running
      jobs.entries[index].work = nil
      return (jobs.entries[index].job.id, work)
    }
    guard let (id, work) = next else { return }
    let thread = Thread { [self] in
      // On Linux a priority belongs to a thread.
      setpriority(.init(PRIO_PROCESS.rawValue), 0, Self.niceness)
      run(id, work)
      jobs.withLock { $0.isBusy = false }
      startNext()
    }
    thread.name = "backtest"
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func run(_ id: String, _ work: Work) {
    let result = Result {
      try work { share, readings in
        change(id) { job in
          (job.progress, job.readings) = (min(1, max(job.progress, share)), readings)
          return job.state == .running
        } ?? false
      }
    }
    _ = change(id) { job in
      guard job.state == .running else { return }
      switch result {
      case .success(let outcome):
        (job.outcome, job.state) = (outcome, outcome == nil ? .cancelled : .done)
        if outcome != nil { job.progress = 1 }
      case .failure(let error): (job.reason, job.state) = ("\(error)", .failed)
      }
    }
  }

  private func change<Value>(_ id: String, _ body: (inout BacktestJob) -> Value) -> Value? {
    jobs.withLock { jobs in
      guard let index = jobs.entries.firstIndex(where: { $0.job.id == id }) else { return nil }
      return body(&jobs.entries[index].job)
    }
  }
}
