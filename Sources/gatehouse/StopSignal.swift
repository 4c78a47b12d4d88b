/// Ctrl-C as something to look at, for commands that have something to say when they are stopped.
import Dispatch
import Foundation
import Synchronization

/// From its making on, the first Ctrl-C is only noted; the second ends the process as usual.
final class StopSignal {
  private final class Flag: Sendable { let isSet = Atomic(false) }

  private let flag = Flag()
  private let source: any DispatchSourceSignal

  init() {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    let flag = flag
    source.setEventHandler {
      flag.isSet.store(true, ordering: .relaxed)
      signal(SIGINT, SIG_DFL)
    }
    source.resume()
  }

  var hasCome: Bool { flag.isSet.load(ordering: .relaxed) }
}

/// SIGHUP, which daemons take as the wish to read their configuration again.
struct HangUpSignal {
  private let source: any DispatchSourceSignal

  init(_ body: @escaping @Sendable () -> Void) {
    signal(SIGHUP, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
    source.setEventHandler(handler: body)
    source.resume()
  }

  func end() { source.cancel() }
}

/// One line on a terminal that says how far something has got; nothing where there is no terminal.
struct ProgressLine {
  private let isShown = isatty(STDERR_FILENO) == 1
  private var last = ContinuousClock.now

  /// - Parameter text: made a few times a second only.
  mutating func show(_ text: () -> String) {
    guard isShown, ContinuousClock.now - last > .milliseconds(150) else { return }
    last = .now
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text())".utf8))
  }

  func clear() {
    if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
  }
}
