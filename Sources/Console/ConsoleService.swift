/// The web console as a long-lived part of the process, beside the gateway.
import Foundation
import Gateway
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOSSL
import ServiceLifecycle

public struct ConsoleService: Service, CustomStringConvertible {
  /// What ServiceLifecycle keeps for its log; without it that is all of the configuration, megabytes of it.
  public var description: String { "the console" }

  private let configuration: LoadedConfiguration
  private let running: @Sendable () -> LoadedConfiguration
  private let settings: ConsoleSettings
  private let status: @Sendable () -> GatewayStatus
  private let logger: Logger
  private let announce: @Sendable (String) -> Void

  /// For how long requests may go on when it is to stop.
  private static let farewell = Duration.milliseconds(800)

  /// - Parameters:
  ///   - running: the configuration at the moment; nil: it stays as it is.
  ///   - status: the gateway's figures at the moment.
  ///   - announce: gets lines that are for the person at the terminal: the address, and the first password.
  /// - Returns: nil when the configuration switches the console off.
  public init?(
    _ configuration: LoadedConfiguration, running: (@Sendable () -> LoadedConfiguration)? = nil,
    status: @Sendable @escaping () -> GatewayStatus, logger: Logger,
    announce: @Sendable @escaping (String) -> Void
  ) {
    guard let settings = configuration.settings.console else { return nil }
    self.running = running ?? { configuration }
    (self.configuration, self.settings, self.status) = (configuration, settings, status)
    (self.logger, self.announce) = (logger, announce)
  }

  /// Serves until a graceful shutdown is asked for.
  /// - Throws: what keeps it from serving: certificate files that can't be used, a data folder that can't be written.
  public func run() async throws {
    let folder = configuration.settings.dataFolder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let accounts = AccountBook(folder: folder)
    if accounts.accounts.isEmpty {
      let password = try accounts.add("admin", access: .admin)
      announce("console: sign in as 'admin' with the one-time password \(password)")
    }
    let console = try Console(
      configuration: configuration, running: running, settings: settings, accounts: accounts,
      status: status, logger: logger)
    let port = FreePort.usable(settings.port, on: settings.address)
    if port != settings.port {
      announce("console: port \(settings.port) on \(settings.address) is taken, a free one is used")
    }
    let scheme = settings.tls == nil ? "http" : "https"
    let host = settings.address.contains(":") ? "[\(settings.address)]" : settings.address
    let announce = announce
    let portFile = folder.appendingPathComponent("console.url")
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    var application = Application(
      router: console.router(), server: try server(),
      configuration: .init(
        address: .hostname(settings.address, port: port), serverName: "gatehouse", backlog: 1024),
      onServerRunning: { channel in
        let url = "\(scheme)://\(host):\(channel.localAddress?.port ?? port)/"
        try? Data((url + "\n").utf8).write(to: portFile)
        announce("console: \(url)")
      }, logger: quiet)
    application.addServices(console.feed)
    let (feed, backtests) = (console.feed, console.backtests)
    let ready = application
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await withGracefulShutdownHandler {
          try await ready.run()
        } onGracefulShutdown: {
          feed.end()
          backtests.end()
        }
      }
      // A visitor who stops in the middle of a request doesn't keep the process.
      group.addTask {
        try await gracefulShutdown()
        try await Task.sleep(for: Self.farewell)
      }
      defer { group.cancelAll() }
      try await group.next()
    }
    try? FileManager.default.removeItem(at: portFile)
  }

  private func server() throws -> HTTPServerBuilder {
    guard let tls = settings.tls else { return .http1() }
    let certificates = try NIOSSLCertificate.fromPEMFile(tls.certificate).map(
      NIOSSLCertificateSource.certificate)
    let key = try NIOSSLPrivateKey(file: tls.key, format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    return try .tls(.http1(), tlsConfiguration: configuration)
  }
}

/// Everything that answers requests, wired.
struct Console: Sendable {
  let feed: Feed
  let backtests = BacktestQueue()
  private let api: APIRoutes
  private let signIn: SignInRoutes
  private let pages: Pages
  private let pageRoutes: PageRoutes
  private let operations: OperationsRoutes
  private let identification: Identification
  /// nil: it is switched off.
  private let open311: Open311Routes?
  private let isEncrypted: Bool

  init(
    configuration: LoadedConfiguration, running: @Sendable @escaping () -> LoadedConfiguration,
    settings: ConsoleSettings, accounts: AccountBook,
    status: @Sendable @escaping () -> GatewayStatus, logger: Logger
  ) throws {
    let folder = configuration.settings.dataFolder
    let (store, audit) = (StoreAccess(folder: folder, for: "pages"), Audit(folder: folder))
    let sessions = Sessions(folder: folder)
    pages = try Pages()
    feed = Feed(store: StoreAccess(folder: folder, for: "stream"), status: status, logger: logger)
    let history = StoreAccess(folder: folder, for: "history")
    api = APIRoutes(
      running: running, store: store, history: history,
      devices: DeviceWatch(StoreAccess(folder: folder, for: "devices")), mailbox: Mailbox(folder: folder),
      feed: feed,
      status: status, audit: audit, backtests: backtests, alarmQuality: QualityShelf(history))
    signIn = try SignInRoutes(
      accounts: accounts, sessions: sessions, limiter: TryLimiter(), pages: pages, audit: audit,
      isEncrypted: settings.isEncrypted)
    pageRoutes = PageRoutes(
      api: api, pages: pages, reports: try ReportShelf(api), accounts: accounts,
      sparklines: SparklineShelf(StoreAccess(folder: folder, for: "sparklines")))
    operations = OperationsRoutes(
      store: StoreAccess(folder: folder, for: "metrics"), status: status,
      isBehindProxy: settings.isBehindProxy)
    identification = Identification(
      accounts: accounts, sessions: sessions, isBehindProxy: settings.isBehindProxy)
    isEncrypted = settings.isEncrypted
    let words = pages.words
    open311 = settings.open311.map {
      Open311Routes(
        settings: $0, running: running, accounts: accounts,
        store: StoreAccess(folder: folder, for: "open311"), mailbox: Mailbox(folder: folder), audit: audit,
        words: words, status: status, isBehindProxy: settings.isBehindProxy, isEncrypted: settings.isEncrypted
      )
    }
  }

  func router() -> Router<ConsoleContext> {
    let router = Router(context: ConsoleContext.self)
    router.add(middleware: Outcome(pages: pages, isEncrypted: isEncrypted))
    router.get("/static/:version/:file", use: pages.assets.answer)
    operations.addOpen(to: router)
    // Before anybody is asked who they are: these are for everybody.
    open311?.add(to: router)
    router.add(middleware: identification)
    operations.add(to: router)
    api.add(to: router)
    signIn.add(to: router)
    pageRoutes.add(to: router)
    return router
  }
}

/// The paths that a console answers, as a test compares them with their description.
public enum ConsoleRoutes {
  /// `GET /api/v1/tickets/{ticket}`
  public static func all(_ configuration: LoadedConfiguration) throws -> [String] {
    var settings = ConsoleSettings()
    settings.port = 0
    let console = try Console(
      configuration: configuration, running: { configuration }, settings: settings,
      accounts: AccountBook(folder: configuration.settings.dataFolder), status: { GatewayStatus() },
      logger: Logger(label: "routes"))
    return console.router().routes.map { "\($0.method.rawValue) \($0.path)" }.sorted()
  }
}

enum FreePort {
  /// The port, or 0 when somebody else has it.
  static func usable(_ port: Int, on address: String) -> Int {
    guard port != 0, let number = in_port_t(exactly: port), !address.contains(":") else { return port }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return port }
    defer { close(descriptor) }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = number.bigEndian
    guard inet_pton(AF_INET, address == "localhost" ? "127.0.0.1" : address, &target.sin_addr) == 1 else {
      return port
    }
    let bound = withUnsafePointer(to: &target) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return bound == 0 || errno != EADDRINUSE ? port : 0
  }
}
