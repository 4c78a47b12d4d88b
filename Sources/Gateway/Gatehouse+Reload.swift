/// Takes another configuration over while the gateway runs.
import EstateModel
import Foundation
import MQTTSession
import Store

extension Gatehouse {
  /// From now on the configuration is read again when a file changes, or somebody asks.
  package func reload(from source: ConfigurationSource, tell: @escaping (ReloadReport) -> Void) {
    desk = ReloadDesk(source, current: pipeline.configuration, logger: logger)
    tellReload = tell
  }

  /// Hands wishes on, and takes over what is ready.
  func takeOver() {
    let wishes = link.takeReloadWishes()
    guard let desk else { return }
    for by in wishes { _ = desk.ask(by: by) }
    pipeline.mayTidy = !desk.isWorking
    guard let ready = desk.takeReady() else { return }
    var report = ready.report
    if let next = ready.next {
      do {
        report.stoodStill = try takeOver(next, ready.rebuilt)
        link.publish(pipeline.configuration)
      } catch {
        report.result = .refused
        report.problems = ["\(error)"]
      }
    }
    desk.finish(pipeline.configuration)
    lastReload = report
    if report.result == .refused {
      logger.error("\(report.summary)")
    } else {
      logger.notice("\(report.summary)")
    }
    for warning in report.warnings { logger.warning("\(warning)") }
    tellReload(report)
    publishStatus()
    control.fulfil(ready.wish, .reloaded(report))
  }

  private func takeOver(_ next: LoadedConfiguration, _ rebuilt: Rebuilt?) throws -> Int64 {
    let before = pipeline.configuration
    let isSame =
      next.hasSame(.notifications, as: before) && next.hasSame(.estates, as: before)
      && next.hasSame(.routing, as: before)
    guard !isSame else {
      let still = try pipeline.reload(next, rebuilt: rebuilt, outbox: pipeline.outbox, at: .system)
      subscribe()
      return still
    }
    // One message must not be on its way twice: what the old senders did is kept before the new ones begin.
    dispatch?.stop()
    guard pipeline.keep(at: .system) else {
      try send(by: before)
      throw GatewayError.notReloaded(pipeline.status.commitFailure ?? "nothing can be kept")
    }
    do {
      let outbox = try send(by: next)
      let still = try pipeline.reload(next, rebuilt: rebuilt, outbox: outbox, at: .system)
      subscribe()
      return still
    } catch {
      dispatch?.stop()
      pipeline.outbox = try send(by: before)
      throw error
    }
  }

  @discardableResult
  private func send(by configuration: LoadedConfiguration) throws -> PipelineOutbox? {
    let (new, outbox) = try NoticeDispatch.open(
      configuration, store, isSimulated: source == .simulation, broker: options, logger: logger)
    dispatch = new
    try new?.start(standing: try outbox?.policy.standing(store.contents) ?? [])
    return outbox
  }

  private func subscribe() {
    let known = Set(session.subscriptions.map(\.filter))
    session.subscribe(pipeline.topicFilters.filter { !known.contains($0) }.map { (filter: $0, qos: 1) })
  }
}
