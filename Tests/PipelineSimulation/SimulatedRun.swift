/// One night of the small estate, with or without troubles.
import EstateModel
import Foundation
import Gateway
import Logging
import Notifications
import Store
import Tickets

/// What a night left behind.
struct Aftermath {
  var kept: [ReadingKey: Int]
  var acknowledged: Set<Int>
  var transitions: [AlarmTransition]
  var tickets: [Ticket]
  /// What was told of tickets.
  var tellings: [TicketTelling]
  /// Messages that arrived more often than once.
  var noticesTwice: Int
  /// What was wrong on the way, whatever a run without troubles may say.
  var problems: [String]
  var crashes: [CrashPoint: Int]
  var duplicates: Int
  var starts: Int
  var rehearsals: Int
  var reloads: Int
  var caughtUp: Bool
}

final class SimulatedRun {
  typealias Process = (
    pipeline: Pipeline<SimulatedLink, SimulatedLog>, link: SimulatedLink, log: SimulatedLog,
    post: SimulatedPost
  )

  /// The night goes on after the workload until everything has settled, in milliseconds.
  static let length = Workload.length + 75 * 60_000

  private let estate: SmallEstate
  private let seed: UInt64
  private let isFaulty: Bool
  private let isWild: Bool
  private let acknowledgesEarly: Bool
  private let broker: SimulatedBroker
  private let disk: Disk
  private let fate = Fate()
  private let receiver = Receiver()
  private var chance: Chance
  private var reloadChance: Chance
  private var process: Process?
  private var restart: Timestamp?
  private var down: Int64 = 0
  private var clockOffset: Int64 = 0
  private var brokerReturns: Timestamp?
  private var diskRecovers: Timestamp?
  private var clockReturns: Timestamp?
  private var told: Set<String> = []
  private var openTickets: [String] = []
  private var comments: [String: Bool] = [:]
  private var problems: [String] = []
  private var starts = 0
  private var rehearsals = 0
  /// What the next start reads, and what runs.
  private var configuration: LoadedConfiguration
  private var reloads = 0
  private var clockIsSteady = true
  private let logger: Logger

  init(
    _ estate: SmallEstate, workload: Workload, seed: UInt64, isFaulty: Bool, isWild: Bool = false,
    acknowledgesEarly: Bool = false, folder: URL? = nil, isTalkative: Bool = false
  ) {
    (self.estate, self.seed, self.isFaulty) = (estate, seed, isFaulty)
    configuration = estate.configuration
    (self.isWild, self.acknowledgesEarly) = (isWild, acknowledgesEarly)
    broker = SimulatedBroker(workload.publications, seed: seed, isFaulty: isFaulty, overtakes: isWild)
    disk = Disk(folder: folder)
    chance = Chance(seed, 4)
    reloadChance = Chance(seed, 5)
    var logger = Logger(label: "simulation")
    logger.logLevel = isTalkative ? .info : .critical
    self.logger = logger
  }

  func play() throws -> Aftermath {
    var troubles = isFaulty ? (isWild ? Fate.wildTroubles(seed) : Fate.troubles(seed))[...] : []
    clockIsSteady = !troubles.contains { if case .clockStep = $0.kind { true } else { false } }
    var now = Workload.start
    let end = Workload.start + Self.length
    while true {
      broker.publish(until: now)
      while let trouble = troubles.first, Workload.start + trouble.at <= now {
        begin(trouble, at: now)
        troubles.removeFirst()
      }
      endTroubles(at: now)
      try turn(at: now)
      if now >= end { break }
      now = min(end, following(now, troubles.first))
    }
    return try close(at: now)
  }

  private func moment(_ now: Timestamp) -> Moment {
    Moment(monotonic: 1_000_000 + (now - Workload.start), wall: now + clockOffset)
  }

  private func begin(_ trouble: Trouble, at now: Timestamp) {
    logger.info("\(trouble.at): \(trouble.kind)")
    switch trouble.kind {
    case .crash(let steps, let down):
      fate.arm(steps)
      self.down = down
    case .linkLoss(let down):
      broker.setReachable(false)
      brokerReturns = max(brokerReturns ?? now, now + down)
    case .brokerRestart(let down):
      broker.setReachable(false)
      broker.forgetAcknowledgements()
      brokerReturns = max(brokerReturns ?? now, now + down)
    case .diskErrors(let length):
      fate.diskFails = true
      diskRecovers = max(diskRecovers ?? now, now + length)
    case .clockStep(let by, let length):
      if !isWild {
        // Deaths may follow each other and last longer than planned: a start under a wrong clock is for wild nights.
        if process == nil { return }
        fate.disarm()
      }
      clockOffset = by
      clockReturns = now + length
    }
  }

  private func endTroubles(at now: Timestamp) {
    if let time = brokerReturns, now >= time {
      broker.setReachable(true)
      brokerReturns = nil
    }
    if let time = diskRecovers, now >= time {
      fate.diskFails = false
      diskRecovers = nil
    }
    if let time = clockReturns, now >= time {
      clockOffset = 0
      clockReturns = nil
    }
  }

  private func turn(at now: Timestamp) throws {
    if process == nil, now >= restart ?? now { process = try start(at: now) }
    guard let process else { return }
    process.link.now = moment(now).monotonic
    process.link.turn()
    // 60 s of keep-alive, and half as much again.
    if process.link.now - process.link.lastWrite > 90_000 { process.link.breakOff("no sign of life") }
    process.pipeline.step(at: moment(now))
    if !fate.isDead {
      // Not under a clock that is wrong: a start under one is for wild nights.
      process.post.work(mayDie: isFaulty && (isWild || clockOffset == 0))
      if fate.isDead { down = min(down, 1000) }
    }
    if isFaulty, !fate.isDead, chance.happens(0.002) { comment(at: now) }
    if isFaulty, !fate.isDead, chance.happens(0.002) { try rehearse(at: now) }
    if isFaulty, !fate.isDead, reloadChance.happens(0.001) { reload(at: now) }
    if fate.isDead {
      process.link.breakOff("the process is gone")
      try process.log.close()
      self.process = nil
      restart = now + down
    }
  }

  private func start(at now: Timestamp) throws -> Process {
    fate.revive()
    starts += 1
    let link = SimulatedLink(
      broker, fate: fate, chance: Chance(seed, UInt64(100 + starts)), isFaulty: isFaulty,
      acknowledgesEarly: acknowledgesEarly)
    link.now = moment(now).monotonic
    if chance.happens(0.1) { disk.damageSnapshot(&chance) }
    let log = try SimulatedLog(disk, fate: fate, catalogue: estate.configuration.catalogue)
    // A minute, five, or none at all.
    let interval: Int64 = isFaulty ? [60_000, 300_000, .max][Int(seed % 3)] : .max
    let post = SimulatedPost(
      receiver, fate: fate, chance: Chance(seed, UInt64(1000 + starts)), isFaulty: isFaulty,
      left: try log.outbox())
    let outbox = PipelineOutbox(
      policy: NoticePolicy(
        configuration.notifications, catalogue: configuration.catalogue, routing: configuration.routing),
      takeMarks: post.takeMarks, tell: post.add)
    let pipeline = try Pipeline(
      configuration, link: link, log: log, clock: .wall,
      maximumUnacknowledged: max(1, broker.window / 2), snapshotInterval: interval, at: moment(now),
      logger: logger, outbox: outbox
    ) { [unowned self] in hear($0) }
    return (pipeline, link, log, post)
  }

  /// A subscriber: what it is told must be on the disk, and new.
  private func hear(_ step: GatewayStep) {
    let name: String
    switch step {
    case .alarm(let transition):
      name = "\(transition.alarm) \(transition.kind)"
      if !disk.transitions.contains(name) { problems.append("told before kept: \(name)") }
    case .ticket(let event, _):
      name = "\(event.ticket) \(event.sequence) \(event.note)"
      if !disk.ticketEvents.contains(name) { problems.append("told before kept: \(name)") }
      if event.kind == .opened { openTickets.append(event.ticket) }
    }
    if !told.insert(name).inserted { problems.append("told twice: \(name)") }
  }

  /// A person's step: confirmed, it is kept; refused, it is not.
  private func comment(at now: Timestamp) {
    guard let ticket = openTickets.last, let process else { return }
    let note = "note \(comments.count)"
    let reply = process.pipeline.perform(.comment(note), on: ticket, by: "guard", at: moment(now))
    if case .ticket = reply { comments[note] = true }
    if case .refused = reply, !fate.isDead { comments[note] = false }
  }

  /// Somebody adds rules, or takes them away again.
  private func reload(at now: Timestamp) {
    guard let process else { return }
    let hasMore = configuration.rules.rules.count > estate.configuration.rules.rules.count
    let next = reloadChance.happens(0.3) ? configuration : hasMore ? estate.configuration : estate.larger
    do {
      _ = try process.pipeline.reload(next, outbox: process.pipeline.outbox, at: moment(now))
      reloads += 1
      configuration = next
    } catch {
      // Refused: what ran goes on.
    }
    // Whether or not the process survived it, the files on the disk are the new ones half of the time.
    if fate.isDead, reloadChance.happens(0.5) { configuration = next }
  }

  /// Would a restart at this moment change what the engine thinks?
  private func rehearse(at now: Timestamp) throws {
    guard clockIsSteady, let process else { return }
    guard let differences = try process.pipeline.rehearseRestart(at: moment(now)) else { return }
    rehearsals += 1
    problems += differences.prefix(3)
  }

  /// When something happens next.
  private func following(_ now: Timestamp, _ trouble: Trouble?) -> Timestamp {
    var next = now + chance.milliseconds(300...8000)
    if let time = broker.nextPublication { next = min(next, time) }
    if let trouble { next = min(next, Workload.start + trouble.at) }
    for time in [brokerReturns, diskRecovers, clockReturns].compactMap({ $0 }) { next = min(next, time) }
    guard let process else { return max(now + 1, min(next, restart ?? next)) }
    let patience = process.pipeline.patience(at: moment(now).monotonic)
    if patience < 100 || process.pipeline.isWaiting { next = min(next, now + max(1, patience)) }
    let isBusy = process.link.linkState.isConnected && broker.hasDeliveries && process.pipeline.isReading
    if isBusy { next = min(next, now + chance.milliseconds(5...60)) }
    return max(now + 1, next)
  }

  private func close(at now: Timestamp) throws -> Aftermath {
    guard let process else { throw SmallEstate.Unusable(description: "seed \(seed): ends without a process") }
    let caughtUp = process.pipeline.status.isCaughtUp && broker.isIdle
    if !process.pipeline.finish(at: moment(now)) { problems.append("the last batch could not be kept") }
    try process.log.close()
    self.process = nil
    // Once more from the log: what is active must be what the log says is active.
    fate.revive()
    let log = try SimulatedLog(disk, fate: fate, catalogue: estate.configuration.catalogue)
    let again = try Pipeline(
      configuration,
      link: SimulatedLink(broker, fate: fate, chance: chance, isFaulty: false), log: log, clock: .wall,
      maximumUnacknowledged: 1, at: moment(now), logger: logger)
    let active = Set(try log.activeAlarms().map(\.alarm))
    let recovered = Set(again.activeAlarms.map(\.alarm))
    if active != recovered { problems.append("active after a restart: \(recovered), by the log: \(active)") }
    var book = TicketBook(routing: estate.configuration.routing, catalogue: estate.configuration.catalogue)
    let events = try log.ticketEvents()
    try book.restore(events)
    let notes = Set(events.map(\.note))
    for (note, isKept) in comments where notes.contains(note) != isKept {
      problems.append("\(note): \(isKept ? "confirmed, and not kept" : "refused, and kept")")
    }
    let odd = try log.discrepancies(estate.configuration.catalogue)
    if !odd.isEmpty { problems.append("\(odd.count) readings differ in the database, the first: \(odd[0])") }
    let transitions = try log.transitions()
    let (tellings, wrong) = try receiver.judge(try log.outbox())
    problems += wrong
    try log.close()
    return Aftermath(
      kept: disk.kept, acknowledged: broker.acknowledged, transitions: transitions,
      tickets: book.tickets.values.sorted { $0.id < $1.id }, tellings: tellings,
      noticesTwice: receiver.arrivals.values.reduce(0) { $0 + $1 - 1 }, problems: problems,
      crashes: fate.crashes,
      duplicates: broker.duplicates, starts: starts, rehearsals: rehearsals, reloads: reloads,
      caughtUp: caughtUp)
  }
}
