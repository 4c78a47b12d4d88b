/// For those who watch the gateway itself: `/metrics`, `/healthz`, `/readyz`.
import Gateway
import HTTPTypes
import Hummingbird

struct OperationsRoutes: Sendable {
  let store: StoreAccess
  let status: @Sendable () -> GatewayStatus
  /// Whoever comes through a proxy comes from this machine.
  let isBehindProxy: Bool

  /// A pipeline that has given no sign of life for so long, in milliseconds, hangs.
  private static let patience: Int64 = 15_000

  /// Without a name: they say no more than whether it works.
  func addOpen(to router: Router<ConsoleContext>) {
    router.get("/healthz", use: health)
    router.get("/readyz", use: readiness)
  }

  func add(to router: Router<ConsoleContext>) { router.get("/metrics", use: metrics) }

  /// 200 while the process does its work, also when the broker or the disk doesn't: a restart would not mend those.
  @Sendable func health(_ request: Request, _ context: ConsoleContext) -> Response {
    let status = status()
    guard let beat = status.beat else { return .plain("starting\n", .serviceUnavailable) }
    guard GatewayClock.monotonic - beat < Self.patience else {
      return .plain("the pipeline hangs\n", .serviceUnavailable)
    }
    return .plain("ok\n")
  }

  /// 200 while readings are taken, kept and judged.
  @Sendable func readiness(_ request: Request, _ context: ConsoleContext) -> Response {
    let status = status()
    var missing: [String] = []
    if status.link != "connected" { missing.append("no link to the broker") }
    if status.commitFailure != nil { missing.append("nothing can be kept") }
    if !status.isCaughtUp { missing.append("the broker's backlog is being read") }
    if missing.isEmpty { return .plain("ready\n") }
    return .plain(missing.joined(separator: "\n") + "\n", .serviceUnavailable)
  }

  @Sendable func metrics(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    guard context.identity != nil || isLocal(request, context) else {
      throw Problem.unauthorized(
        "send a token as 'Authorization: Bearer …', or ask from the gateway's machine")
    }
    let status = status()
    let kept: Measurements.Kept?
    do {
      kept = try await store.read { try Measurements.Kept($0) }
    } catch let problem as Problem where problem.status == .serviceUnavailable {
      kept = nil
    }
    var response = Response.plain(Measurements(status: status, kept: kept).text)
    response.headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
    return response
  }

  /// A program of this machine, and no page of a foreign site in a browser on it.
  private func isLocal(_ request: Request, _ context: ConsoleContext) -> Bool {
    guard !isBehindProxy, ConsoleSettings.isLoopback(context.remoteAddress) else { return false }
    let host = request.head.authority ?? ""
    let name = host.hasPrefix("[") ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
    return ConsoleSettings.isLoopback(String(name))
  }
}

extension Response {
  static func plain(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}
