/// `GET /api/v1/stream`: everything that happens to alarms and tickets, as it happens.
import HTTPTypes
import Hummingbird
import NIOCore
import Store

struct StreamRoute: Sendable {
  let feed: Feed
  let store: StoreAccess

  /// Seconds that a reader who was too slow has for the reason why it is disconnected.
  private static let grace = TimeAmount.seconds(2)
  private static let page = 200

  @Sendable func answer(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let wanted = try wanted(request)
    let channel = context.channel
    let cut: @Sendable () -> Void = {
      channel.eventLoop.scheduleTask(in: Self.grace) { channel.close(promise: nil) }
    }
    guard let subscription = feed.subscribe(cut: cut) else {
      throw Problem(.serviceUnavailable, "no live stream at the moment; try again")
    }
    let body = ResponseBody { [self] writer in
      defer { feed.unsubscribe(subscription.id) }
      try await write(subscription, from: wanted, to: &writer)
      try await writer.finish(nil)
    }
    return Response(
      status: .ok,
      headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no"],
      body: body)
  }

  /// The header that browsers send when they come back, else `after` of the address.
  private func wanted(_ request: Request) throws -> StepPosition? {
    guard let text = request.headers[.lastEventID] ?? Query(request).text("after") else { return nil }
    guard let position = StepPosition(text) else {
      throw Problem(.badRequest, "'\(text.prefix(40))' is not the id of an event of this stream")
    }
    return position
  }

  private func write(
    _ subscription: Feed.Subscription, from wanted: StepPosition?, to writer: inout any ResponseBodyWriter
  ) async throws {
    try await writer.write(ServerSentEvents.retry)
    var position = wanted ?? subscription.start
    let start = subscription.start
    let latest = try await store.read { try $0.latestStep() }
    if position.alarm > latest.alarm || position.ticket > latest.ticket {
      position = start
      try await writer.write(ServerSentEvents.reset(start))
    }
    // What happened before the subscription comes from the database, page by page.
    while position.alarm < start.alarm || position.ticket < start.ticket {
      let from = position
      let steps = try await store.read { try $0.steps(after: from, limit: Self.page) }
      guard let last = steps.last else { break }
      for step in steps { try await writer.write(ServerSentEvents.event(step).bytes) }
      position = last.position
    }
    for await event in subscription.events {
      switch event.kind {
      case .alarm:
        guard event.position.alarm > position.alarm else { continue }
        position.alarm = event.position.alarm
      case .ticket:
        guard event.position.ticket > position.ticket else { continue }
        position.ticket = event.position.ticket
      case .status: break
      }
      try await writer.write(event.bytes)
    }
    let reason =
      feed.isOver ? "the gateway is stopping" : "this reader was too slow; come back with Last-Event-ID"
    try await writer.write(ServerSentEvents.goodbye(reason))
  }
}

extension HTTPField.Name {
  /// Asks proxies not to hold events back.
  static let accelBuffering = HTTPField.Name("X-Accel-Buffering") ?? .cacheControl
}
