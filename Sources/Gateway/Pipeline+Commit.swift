/// One transaction; only then are the messages acknowledged, and only then is anybody told.
import EstateModel
import Store
import Tickets

/// Why nothing can be kept at the moment.
struct CommitFailure {
  static let shortestPause: Int64 = 100
  static let longestPause: Int64 = 5000
  /// Between two lines of the log, in milliseconds.
  static let logInterval: Int64 = 60_000

  var reason: String
  /// By the system's clock: for people.
  var since: Timestamp
  /// Monotonic from here on.
  var began: Int64
  var nextAttempt: Int64
  var pause = shortestPause
  var attempts = 1
  var lastLogged: Int64
}

extension Pipeline {
  /// Commits what waits, and what could not be kept before, and releases the acknowledgements. Never waits.
  /// - Parameter stateLimit: device states that go along; nil: a few when it is time.
  /// - Returns: false when it could not be kept: `failure` says why, and `step` tries again.
  func commit(_ now: Int64, stateLimit: Int? = nil) -> Bool {
    // A batch that failed has the readings up to then; whatever came after it must be kept too before the release.
    if pending != nil, !keep(now) { return false }
    pending = takeBatch(now, stateLimit)
    guard keep(now) else { return false }
    release()
    return true
  }

  /// Puts the pending batch into the log and tells of it. Releases nothing.
  private func keep(_ now: Int64) -> Bool {
    guard let batch = pending else { return true }
    if !batch.isEmpty {
      let start = GatewayClock.monotonic
      do {
        try log.commit(batch)
      } catch {
        fail("\(error)", now)
        return false
      }
      core.recordCommit(milliseconds: Double(GatewayClock.monotonic - start))
    }
    pending = nil
    if let failure {
      logger.notice("batches can be kept again after \((now - failure.began) / 1000) s")
      self.failure = nil
    }
    tell(batch, at: now)
    if !batch.transitions.isEmpty { core.recordAlert(milliseconds: GatewayClock.monotonic - lastListened) }
    return true
  }

  /// Ends the batch here, and moves the engine's clock over a time in which nothing could be heard. What has been read
  /// and not ingested comes after that time.
  func skipSilence(_ now: Int64) {
    isHeld = true
    if pending == nil || keep(now) {
      pending = takeBatch(now, nil)
      _ = keep(now)
    }
    core.resume()
  }

  private func takeBatch(_ now: Int64, _ stateLimit: Int?) -> Batch {
    core.passTime(isHeld: isHeld)
    let limit = stateLimit ?? (statesAreDue(now) ? Self.statesInBatch : 0)
    if let outbox { core.add(outbox.takeMarks()) }
    let batch = core.takeBatch(stateLimit: limit)
    if limit > 0 {
      statesTaken = now
      if batch.deviceStates.count < limit { lastStates = now }
    }
    return batch
  }

  /// Alarms don't wait for what pages show, unless they come all the time.
  private func statesAreDue(_ now: Int64) -> Bool {
    now - lastStates >= Self.statesInterval && (!core.isUrgent || now - statesTaken >= 2 * Self.groupCommit)
  }

  /// Everything read is committed: the link may write what it holds.
  private func release() {
    noticeLoss()
    isReleasing = !link.flush()
    unacknowledged = 0
    firstWaiting = nil
  }

  private func fail(_ reason: String, _ now: Int64) {
    guard var failure else {
      // Nothing is read from here on.
      hold()
      logger.error("a batch can't be kept; nothing is read or acknowledged until it can: \(reason)")
      self.failure = CommitFailure(
        reason: reason, since: core.clock.now ?? .distantPast, began: now,
        nextAttempt: now + CommitFailure.shortestPause, lastLogged: now)
      return
    }
    failure.reason = reason
    failure.attempts += 1
    failure.pause = min(CommitFailure.longestPause, failure.pause * 2)
    failure.nextAttempt = now + failure.pause
    if now - failure.lastLogged >= CommitFailure.logInterval {
      failure.lastLogged = now
      let seconds = (now - failure.began) / 1000
      logger.error("no batch could be kept for \(seconds) s, in \(failure.attempts) attempts: \(reason)")
    }
    self.failure = failure
  }

  /// A person's step on a ticket. The answer comes after its commit; what can't be kept has not happened.
  package func perform(
    _ step: TicketCommand.Step, on ticket: String, by: String, via: TicketEvent.Source = .commandLine,
    at moment: Moment
  ) -> ControlReply {
    // Kept with the commit before the step's own: an alarm's end stays true whatever becomes of the step.
    if failure == nil { core.endByHand(step, on: ticket, by: by) }
    return keeping(at: moment) { core in .ticket(try core.perform(step, on: ticket, by: by, via: via)) }
  }

  /// The same for what is shelved.
  package func suppress(_ order: Suppression.Order, by: String, at moment: Moment) -> ControlReply {
    keeping(at: moment) { core in .suppression(try core.suppress(order, by: by)) }
  }

  package func endSuppression(_ id: String, by: String, at moment: Moment) -> ControlReply {
    keeping(at: moment) { core in .suppression(try core.endSuppression(id, by: by)) }
  }

  private func keeping(at moment: Moment, _ change: (inout Core) throws -> ControlReply) -> ControlReply {
    guard failure == nil, commit(moment.monotonic) else { return refusal }
    let before = (core.book, core.suppressions, core.policy)
    let reply: ControlReply
    do {
      reply = try change(&core)
    } catch {
      return .refused("\(error)")
    }
    guard commit(moment.monotonic) else {
      core.revert(to: before)
      pending?.ticketEvents = []
      pending?.tickets = []
      pending?.facts = [:]
      // Steps of alarms stay, and what shows them.
      let alarms = Set(pending?.transitions.map(\.alarm) ?? [])
      pending?.outbox.removeAll { !alarms.contains($0.subject) }
      pending?.outboxMarks.removeAll { $0.state == .digested }
      return refusal
    }
    return reply
  }

  /// Puts a message back to where it waits for its first attempt. The answer comes after the commit.
  package func resend(_ entry: OutboxEntry, at moment: Moment) -> ControlReply {
    guard failure == nil, commit(moment.monotonic) else { return refusal }
    core.add([OutboxMark(key: entry.key, state: .pending)])
    guard commit(moment.monotonic) else {
      pending?.outboxMarks.removeAll { $0.key == entry.key }
      return refusal
    }
    return .resent(entry.key)
  }

  private var refusal: ControlReply {
    .refused("nothing can be kept at the moment, so nothing was changed: \(failure?.reason ?? "unknown")")
  }
}
