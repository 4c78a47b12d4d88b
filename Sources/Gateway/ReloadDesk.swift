/// Reads the configuration again beside the running gateway, when somebody wishes it or a file has changed.
import Configuration
import EstateModel
import Foundation
import Logging
import Store
import Synchronization

/// A thread of its own reads, checks, and plays from the log what changed rules will lack; the pipeline's thread takes
/// over what is ready, between two batches.
final class ReloadDesk: Sendable {
  /// A configuration that can be taken over, or why there is none.
  struct Ready: Sendable {
    var report: ReloadReport
    var next: LoadedConfiguration?
    var rebuilt: Rebuilt?
    /// Wishes up to this one are answered with it.
    var wish: Int
  }

  private struct State {
    var wishes: [(number: Int, by: String)] = []
    var asked = 0
    var ready: Ready?
    var current: LoadedConfiguration
    var isWorking = false
    var isStopped = false
  }

  static let byFile = "a changed file"
  /// A change is followed when nothing has changed for so long, in milliseconds; and after so long in any case.
  private static let quiet: Int32 = 300
  private static let longest: Int64 = 3000

  private let source: ConfigurationSource
  private let logger: Logger
  private let state: Mutex<State>
  /// A pipe: what is written at one end wakes the thread that waits at the other.
  private let bell: (read: Int32, write: Int32)

  init(_ source: ConfigurationSource, current: LoadedConfiguration, logger: Logger) {
    (self.source, self.logger) = (source, logger)
    state = Mutex(State(current: current))
    var ends: [Int32] = [-1, -1]
    // Without descriptors the thread never wakes, and the gateway goes on as it is.
    _ = pipe(&ends)
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    bell = (ends[0], ends[1])
  }

  deinit {
    close(bell.read)
    close(bell.write)
  }

  func start() {
    let thread = Thread { [self] in run() }
    thread.name = "gatehouse-reload"
    thread.stackSize = 16 << 20
    thread.start()
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    ring()
  }

  /// - Returns: the wish's number.
  func ask(by: String) -> Int {
    defer { ring() }
    return state.withLock { state in
      state.asked += 1
      state.wishes.append((state.asked, by))
      return state.asked
    }
  }

  private func ring() {
    var byte: UInt8 = 1
    _ = write(bell.write, &byte, 1)
  }

  /// Whether something is being read or played.
  var isWorking: Bool { state.withLock { $0.isWorking } }

  func takeReady() -> Ready? {
    state.withLock { state in
      defer { state.ready = nil }
      return state.ready
    }
  }

  /// What runs from now on; the next reading is compared with it.
  func finish(_ current: LoadedConfiguration) {
    state.withLock { ($0.current, $0.isWorking) = (current, false) }
    ring()
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  private func run() {
    let watch = FolderWatch()
    if watch == nil { logger.warning("changed configuration files go unnoticed: the system gives no watch") }
    watch?.watch(folders(state.withLock { $0.current }))
    // What a file change led to last; the same again is not told again.
    var refused: [String] = []
    while !isStopped {
      var hasChanged = wait(watch, -1)
      let began = GatewayClock.monotonic
      while hasChanged, GatewayClock.monotonic - began < Self.longest, wait(watch, Self.quiet) {
        hasChanged = true
      }
      guard !isStopped, !isWorking else { continue }
      let (wishes, current) = state.withLock { state in
        defer { state.wishes = [] }
        return (state.wishes, state.current)
      }
      guard hasChanged || !wishes.isEmpty else { continue }
      let ready = prepare(current, by: wishes.first?.by ?? Self.byFile, wish: wishes.last?.number ?? 0)
      let isKnown =
        wishes.isEmpty
        && (ready.report.result == .unchanged && refused.isEmpty && ready.report.needsRestart.isEmpty
          || ready.report.result == .refused && ready.report.problems == refused)
      refused = ready.report.problems
      if isKnown { continue }
      if let next = ready.next { watch?.watch(folders(next)) }
      state.withLock { ($0.ready, $0.isWorking) = (ready, true) }
    }
  }

  /// Waits for the bell or a change. - Returns: whether files have changed.
  private func wait(_ watch: FolderWatch?, _ timeout: Int32) -> Bool {
    var descriptors = [pollfd(fd: bell.read, events: Int16(POLLIN), revents: 0)]
    if let watch { descriptors.append(pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)) }
    _ = poll(&descriptors, nfds_t(descriptors.count), timeout)
    var rings = [UInt8](repeating: 0, count: 64)
    while read(bell.read, &rings, rings.count) > 0 {}
    return watch?.takeChanges() ?? false
  }

  private func folders(_ configuration: LoadedConfiguration) -> [URL] {
    let settings = configuration.settings
    let files = [settings.routingFile, settings.notificationsFile].compactMap {
      $0?.deletingLastPathComponent()
    }
    return [source.folder, settings.catalogueFolder, settings.rulesFolder, settings.profilesFolder]
      + [settings.calendarsFolder] + files
  }

  private func prepare(_ current: LoadedConfiguration, by: String, wish: Int) -> Ready {
    let diagnostics = Diagnostics()
    let loaded = source.load(sends: true, diagnostics: diagnostics)
    var report = ReloadReport(.refused, at: GatewayClock.wall, by: by)
    report.warnings = diagnostics.warnings.map(\.description)
    guard var next = loaded else {
      report.problems = diagnostics.sorted().filter { $0.severity == .error }.map(\.description)
      return Ready(report: report, wish: wish)
    }
    report.needsRestart = next.keepWhatNeedsRestart(of: current)
    if next.hasSameFiles(as: current) {
      report.result = .unchanged
      return Ready(report: report, wish: wish)
    }
    report.result = .applied
    report.changes = next.changes(since: current)
    do {
      let stored = try Store.reader(folder: current.settings.dataFolder)
      let rebuilt = try Rebuilt(from: current, to: next, stored: stored) { isStopped }
      return Ready(report: report, next: next, rebuilt: rebuilt, wish: wish)
    } catch {
      report.result = .refused
      report.problems = ["the stored readings can't be played through the changed rules: \(error)"]
      return Ready(report: report, wish: wish)
    }
  }
}
