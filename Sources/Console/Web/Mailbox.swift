/// The console's side of the gateway's mailbox: the pipeline stays the only writer.
import Foundation
import Gateway
import Hummingbird
import Store
import Tickets

struct Mailbox: Sendable {
  private let folder: URL
  private let work = Blocking("gatehouse.console.mailbox")

  init(folder: URL) { self.folder = folder }

  /// - Throws: ``Problem`` 503 when the gateway doesn't answer.
  func ask(_ request: ControlRequest) async throws -> ControlReply {
    try await work.run { [folder] in
      guard let client = ControlClient(dataFolder: folder) else {
        throw Problem(.serviceUnavailable, "the gateway doesn't listen; it may be starting or stopping")
      }
      do { return try client.ask(request) } catch is GatewayError {
        throw Problem(.serviceUnavailable, "the gateway went away before it answered")
      }
    }
  }

  /// Takes a person's step on a ticket.
  /// - Parameter expecting: the sequence that the person saw.
  func step(_ step: TicketCommand.Step, on id: String, by: String, expecting: Int?, store: StoreAccess)
    async throws
  {
    try await check(step, on: id, expecting: expecting, store)
    let guarded = expecting.map { TicketCommand.Step.since($0, step) } ?? step
    switch try await ask(.ticket(id, guarded, by: by, via: .console)) {
    case .ticket: return
    case .refused(let reason):
      // Somebody was faster: the ticket as it is now tells what stands against it.
      try await check(step, on: id, expecting: expecting, store)
      throw Problem(.unprocessableContent, reason)
    default: throw Problem(.serviceUnavailable, "the gateway gave an answer that doesn't fit")
    }
  }

  /// - Throws: ``Problem`` 404, 409 or 412.
  private func check(_ step: TicketCommand.Step, on id: String, expecting: Int?, _ store: StoreAccess)
    async throws
  {
    guard let (ticket, events) = try await store.read({ try $0.ticket(id) }) else {
      throw Problem.notFound("there is no ticket '\(id)'")
    }
    if let expecting {
      guard expecting <= ticket.sequence else {
        throw Problem(
          .preconditionFailed, "ticket \(id) is at event \(ticket.sequence), there is no event \(expecting)")
      }
      let changes = events.filter { $0.sequence > expecting && $0.isChange }
      guard changes.isEmpty else {
        let list = changes.suffix(5).map { "\($0.sequence) \($0.kind.rawValue) by \($0.by)" }
        throw Problem(
          .preconditionFailed,
          "ticket \(id) has changed since event \(expecting): \(list.joined(separator: ", "))")
      }
    }
    guard ticket.state.after(step.action) == nil else { return }
    let allowed = ticket.state.allowedActions.map(\.rawValue)
    var problem = Problem(
      .conflict,
      "ticket \(id) is \(ticket.state.rawValue): can't \(step.action.rawValue) it, allowed are: "
        + allowed.joined(separator: ", "))
    problem.members["allowed"] = allowed
    throw problem
  }
}
