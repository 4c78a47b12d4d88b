/// The text of the live stream: `text/event-stream` of the HTML standard.
import EstateModel
import Foundation
import Gateway
import NIOCore
import Store
import Tickets

enum ServerSentEvents {
  private struct AlarmStep: Encodable {
    var kind: String
    var at: Moment
    var alarm: AlarmBody
  }

  private struct TicketStep: Encodable {
    var event: TicketEventBody
    var ticket: TicketBody
  }

  /// Tells a browser to come back after two seconds when the connection is lost.
  static let retry = ByteBuffer(string: "retry: 2000\n\n")

  static func event(_ step: StoredStep) -> FeedEvent {
    switch step.content {
    case .alarm(let transition):
      let cleared = transition.kind == .cleared ? transition.at : nil
      let body = AlarmStep(
        kind: transition.kind.rawValue, at: Moment(transition.at),
        alarm: AlarmBody(transition, cleared: cleared))
      return FeedEvent(
        kind: .alarm, position: step.position, bytes: text("alarm", body, id: step.position.text))
    case .ticket(let event, let ticket):
      let body = TicketStep(event: TicketEventBody(event), ticket: TicketBody(ticket))
      return FeedEvent(
        kind: .ticket, position: step.position, bytes: text("ticket", body, id: step.position.text))
    }
  }

  /// Without an id: it is never sent again.
  static func status(_ status: GatewayStatus) -> ByteBuffer { text("status", status, id: nil) }

  /// The last word before the connection is ended.
  static func goodbye(_ reason: String) -> ByteBuffer { text("goodbye", ["reason": reason], id: nil) }

  /// Positions of another database: start anew.
  static func reset(_ position: StepPosition) -> ByteBuffer {
    text("reset", ["position": position.text], id: position.text)
  }

  private static func text(_ name: String, _ body: some Encodable, id: String?) -> ByteBuffer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // JSON of one line: no line end can break the event.
    let data = (try? encoder.encode(body)) ?? Data("{}".utf8)
    var buffer = ByteBuffer()
    buffer.reserveCapacity(data.count + 64)
    if let id { buffer.writeString("id: \(id)\n") }
    buffer.writeString("event: \(name)\ndata: ")
    buffer.writeBytes(data)
    buffer.writeString("\n\n")
    return buffer
  }
}
