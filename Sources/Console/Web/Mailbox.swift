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
    let found = try await store.read { try $0.ticket(id)?.ticket }
    guard let found else { throw Problem.notFound("there is no ticket '\(id)'") }
    try Self.check(step, on: found, expecting: expecting)
    switch try await ask(.ticket(id, step, by: by, via: .console, expecting: expecting)) {
    case .ticket: return
    case .refused(let reason):
      // Somebody was faster: the ticket as it is now tells what stands against it.
      if let now = try await store.read({ try $0.ticket(id)?.ticket }) {
        try Self.check(step, on: now, expecting: expecting)
      }
      throw Problem(.unprocessableContent, reason)
    default: throw Problem(.serviceUnavailable, "the gateway gave an answer that doesn't fit")
    }
  }

  private static func check(_ step: TicketCommand.Step, on ticket: Ticket, expecting: Int?) throws {
    if let expecting, expecting != ticket.sequence {
      throw Problem(
        .preconditionFailed,
        "ticket \(ticket.id) has changed meanwhile: it is at step \(ticket.sequence), you saw step \(expecting)"
      )
    }
    guard ticket.state.after(step.action) == nil else { return }
    let allowed = ticket.state.allowedActions.map(\.rawValue)
    var problem = Problem(
      .conflict,
      "ticket \(ticket.id) is \(ticket.state.rawValue): can't \(step.action.rawValue) it, allowed are: "
        + allowed.joined(separator: ", "))
    problem.members["allowed"] = allowed
    throw problem
  }
}
