/// A console on a free port, over a database that the test itself fills.
import Configuration
import Console
import EstateModel
import Foundation
import Gateway
import Logging
import ServiceLifecycle
import Store
import Synchronization
import Tickets

final class RunningConsole {
  static let password = "correct horse battery"
  let folder: URL
  private(set) var configuration: LoadedConfiguration
  let accounts: AccountBook
  private(set) var port = 0
  private let lines = Lines()
  private var group: ServiceGroup?
  private var task: Task<Void, any Error>?

  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  /// What it told the person at the terminal.
  var announced: [String] { lines.all.withLock { $0 } }

  static func configuration(folder: URL) throws -> LoadedConfiguration {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let diagnostics = Diagnostics()
    var loaded = LoadedConfiguration(folder: root.appendingPathComponent("config"), diagnostics: diagnostics)
    loaded?.settings.dataFolder = folder
    loaded?.settings.console?.port = 0
    guard let loaded, !diagnostics.hasErrors else { throw ClientFailure(text: "\(diagnostics.problems)") }
    return loaded
  }

  init(folder: URL? = nil, configuration: LoadedConfiguration? = nil, withAdmin: Bool = true) throws {
    self.folder =
      try folder
      ?? {
        let made = FileManager.default.temporaryDirectory.appendingPathComponent(
          "ghc-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        return made
      }()
    var loaded = try configuration ?? Self.configuration(folder: self.folder)
    loaded.settings.dataFolder = self.folder
    self.configuration = loaded
    accounts = AccountBook(folder: self.folder)
    if withAdmin, accounts.accounts.isEmpty {
      try accounts.add("admin", access: .admin, password: Self.password)
    }
  }

  /// Before the start: another configuration.
  func use(_ other: LoadedConfiguration) { configuration = other }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// - Parameters:
  ///   - given: what the gateway says of itself.
  ///   - withGateway: with a gateway behind it, which takes steps on tickets.
  func start(now: Int64? = nil, status given: GatewayStatus? = nil, withGateway: Bool = false) async throws {
    var status = GatewayStatus()
    (status.now, status.link) = (now, "connected")
    let fixed = given ?? status
    var logger = Logger(label: "test")
    logger.logLevel = .error
    let gateway = withGateway ? GatewayService(configuration, logger: logger) : nil
    let link = gateway?.link
    guard
      let service = ConsoleService(
        configuration, status: { link?.status ?? fixed }, logger: logger,
        announce: { [lines] line in lines.all.withLock { $0.append(line) } })
    else { throw ClientFailure(text: "the console is off") }
    var services: [any Service] = [service]
    if let gateway { services.append(gateway) }
    let group = ServiceGroup(services: services, logger: logger)
    self.group = group
    task = Task { try await group.run() }
    for _ in 0..<400 {
      let url = announced.last { $0.hasPrefix("console: http") }
      if let found = url.flatMap({ URLComponents(string: String($0.dropFirst("console: ".count)))?.port }) {
        port = found
        if link == nil || link?.status.link == "connected" { return }
      }
      try await Task.sleep(for: .milliseconds(25))
    }
    throw ClientFailure(text: "the console did not start: \(announced)")
  }

  func stop() async throws {
    await group?.triggerGracefulShutdown()
    try await task?.value
    lines.all.withLock { $0.removeAll() }
  }

  func send(_ method: String = "GET", _ path: String, _ headers: [String: String] = [:], body: String = "")
    async throws
    -> Answer
  {
    let connection = try Connection(port: port)
    try await connection.send(method, path, headers, body: body)
    return try await connection.answer()
  }

  func post(_ path: String, _ fields: [String: String], _ headers: [String: String] = [:]) async throws
    -> Answer
  {
    let body = fields.map { key, value in
      "\(key)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
    }.joined(separator: "&")
    return try await send(
      "POST", path, headers.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 }, body: body)
  }

  /// The answer to a sign-in form.
  func signIn(_ account: String, _ password: String) async throws -> Answer {
    let form = try await send("GET", "/sign-in")
    let cookie = form.cookie("gatehouse-form") ?? ""
    return try await post(
      "/sign-in", ["account": account, "password": password, "csrf": Self.token(in: form), "next": "/"],
      ["Cookie": "gatehouse-form=\(cookie)"])
  }

  /// A session's cookie header.
  func session(_ account: String = "admin", _ password: String = RunningConsole.password) async throws
    -> [String:
    String]
  {
    guard let cookie = try await signIn(account, password).cookie("gatehouse-session") else {
      throw ClientFailure(text: "not signed in")
    }
    return ["Cookie": "gatehouse-session=\(cookie)", "Accept": "text/html"]
  }

  func bearer(_ scope: Access = .admin, days: Int64 = 1) throws -> [String: String] {
    let ends = GatewayClock.wall.milliseconds + days * 86_400_000
    return [
      "Authorization": "Bearer \(try accounts.addToken(account: "admin", scope: scope, ends: ends).secret)"
    ]
  }

  static func token(in answer: Answer) -> String {
    for pattern in ["name=\"csrf\" value=\"", "name=\"csrf\" content=\""] {
      if let range = answer.text.range(of: pattern) {
        return String(answer.text[range.upperBound...].prefix { $0 != "\"" })
      }
    }
    return ""
  }
}

/// Alarms and the tickets that follow from them, as the pipeline would store them.
final class Story {
  static let start: Int64 = 1_776_175_200_000
  let store: Store
  private var book: TicketBook
  private let catalogue: Catalogue

  init(_ console: RunningConsole) throws {
    catalogue = console.configuration.catalogue
    store = try Store.open(folder: console.folder, catalogue: console.configuration.catalogue)
    book = TicketBook(routing: console.configuration.routing, catalogue: console.configuration.catalogue)
    try book.restore(try store.contents.ticketEvents())
  }

  @discardableResult
  func raise(_ number: Int, estate: String = "luyuan", device: String = "probe-w06", place: String = "w06")
    throws
    -> String?
  {
    try add(step(.raised, number, estate: estate, device: device, place: place))
  }

  /// Alarms alone, many in one transaction.
  func raise(_ numbers: Range<Int>) throws {
    var batch = Batch(now: Timestamp(milliseconds: Self.start))
    batch.transitions = numbers.map { step(.raised, $0) }
    try store.commit(batch)
  }

  func clear(_ number: Int) throws { try add(step(.cleared, number)) }

  private func step(
    _ kind: AlarmTransition.Kind, _ number: Int, estate: String = "luyuan", device: String = "probe-w06",
    place: String = "w06"
  ) -> AlarmTransition {
    let at = Timestamp(milliseconds: Self.start + Int64(number) * 60_000)
    return AlarmTransition(
      kind: kind, alarm: "A-\(number)", rule: "sewer-high-level",
      title: Title(zh: "污水井高水位 <\(number)>", en: "Sewer level high <\(number)>"), estate: estate,
      device: device,
      place: place, priority: .p3, category: "sewer-blockage", onset: at, at: at,
      evidence: [Evidence(label: "level / device.bore", value: 0.84, unit: "")])
  }

  @discardableResult
  private func add(_ step: AlarmTransition) throws -> String? {
    var batch = Batch(now: Timestamp(milliseconds: step.at))
    batch.transitions = [step]
    batch.record(book.apply(step), from: book)
    try store.commit(batch)
    return batch.tickets.first?.id
  }

  func act(_ step: TicketCommand.Step, on ticket: String) throws {
    let now = Timestamp(milliseconds: Self.start + 7_200_000)
    var batch = Batch(now: now)
    batch.record(
      try book.perform(TicketCommand(step, ticket: ticket, by: "guard", at: now, via: .commandLine)),
      from: book)
    try store.commit(batch)
  }

  /// Shelves well 6's high level.
  func shelve(until: Int64) throws {
    let now = Timestamp(milliseconds: Self.start)
    var list = SuppressionList(catalogue: catalogue)
    var batch = Batch(now: now)
    batch.keep(
      try list.set(
        .init(
          .shelved, .init(estate: "luyuan", device: "probe-w06", rule: "sewer-high-level"), until: until,
          why: "pump test"), by: "guard", at: now, priority: { _ in .p3 }))
    try store.commit(batch)
  }

  /// Readings of well 6, a minute apart, that end at the start of the story; no rule has judged them.
  /// - Parameters:
  ///   - from: minutes after the first one.
  ///   - level: by the minute.
  func hours(_ count: Int, from: Int = 0, in console: RunningConsole, level: (Int) -> Double) throws {
    guard let device = console.configuration.catalogue.device(path: "luyuan/probe-w06"),
      let signal = Signal.named("level")
    else { throw ClientFailure(text: "no such device") }
    let start = Self.start - 24_000 * 60_000 + Int64(from) * 60_000
    for hour in 0..<count {
      var batch = Batch(now: Timestamp(milliseconds: start + Int64(hour + 1) * 3_600_000))
      for minute in 0..<60 {
        let time = Timestamp(milliseconds: start + Int64(hour * 60 + minute) * 60_000)
        batch.readings.append(
          Reading(
            device: device, signal: signal, time: time, arrival: time, value: level(from + hour * 60 + minute)
          ))
      }
      try store.commit(batch)
    }
  }

  /// Readings of well 6: half a minute apart, with one peak.
  func readings(_ count: Int, peak: Int, in console: RunningConsole) throws {
    guard let device = console.configuration.catalogue.device(path: "luyuan/probe-w06"),
      let level = Signal.named("level")
    else { throw ClientFailure(text: "no such device") }
    var batch = Batch(now: Timestamp(milliseconds: Self.start))
    for number in 0..<count {
      let time = Timestamp(milliseconds: Self.start + Int64(number - count / 2) * 30_000)
      batch.readings.append(
        Reading(
          device: device, signal: level, time: time, arrival: time, value: number == peak ? 0.9 : 0.1))
    }
    try store.commit(batch)
  }
}
