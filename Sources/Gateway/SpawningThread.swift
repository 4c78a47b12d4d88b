/// Child processes that end with their parent.
import Dispatch
import Foundation
import Synchronization

/// A thread that lives as long as the process and starts children.
///
/// Linux sends the parent-death signal when the *thread* that forked ends, not the process. A child started
/// here can't be hit by the end of a short-lived thread.
final class SpawningThread: Sendable {
  static let shared = SpawningThread()

  private let jobs = Mutex<[@Sendable () -> Void]>([])
  private let pending = DispatchSemaphore(value: 0)

  private init() {
    let thread = Thread { [self] in
      while true {
        pending.wait()
        let job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        job?()
      }
    }
    thread.name = "spawning"
    thread.start()
  }

  /// Starts `program` as a child that gets SIGTERM when this process ends, however it ends.
  ///
  /// `setpriv` sets the parent-death signal; the shell then looks whether this process is still its parent,
  /// so that an end between fork and `setpriv` is noticed too, and becomes `program` by `exec` (same process
  /// id throughout).
  func start(_ program: String, _ arguments: [String], log: String) -> SpawnOutcome {
    let answer = SpawnAnswer()
    let guarded = #"[ "$PPID" = "$1" ] || exit 1; shift; exec "$@""#
    let command =
      ["/usr/bin/setpriv", "--pdeathsig", "TERM", "/bin/sh", "-c", guarded, "sh", "\(getpid())", program]
      + arguments
    jobs.withLock { $0.append { answer.give(spawn(command, log: log)) } }
    pending.signal()
    return answer.await()
  }
}

enum SpawnOutcome: Sendable {
  case started(pid_t)
  /// The system's error number.
  case failed(Int32)
}

private final class SpawnAnswer: Sendable {
  private let outcome = Mutex(SpawnOutcome.failed(ECHILD))
  private let given = DispatchSemaphore(value: 0)

  func give(_ value: SpawnOutcome) {
    outcome.withLock { $0 = value }
    given.signal()
  }

  func await() -> SpawnOutcome {
    given.wait()
    return outcome.withLock { $0 }
  }
}

/// Runs a command. The child has a process group of its own, so that a terminal's Ctrl-C reaches only the
/// parent; none of the parent's descriptors; no blocked or ignored signal; standard output and error at the
/// end of `log`.
private func spawn(_ command: [String], log: String) -> SpawnOutcome {
  var files = posix_spawn_file_actions_t()
  var attributes = posix_spawnattr_t()
  posix_spawn_file_actions_init(&files)
  posix_spawnattr_init(&attributes)
  defer {
    posix_spawn_file_actions_destroy(&files)
    posix_spawnattr_destroy(&attributes)
  }
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
  posix_spawn_file_actions_adddup2(&files, 1, 2)
  // A number that has been closed meanwhile does no harm.
  let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
  for descriptor in open.compactMap({ Int32($0) }) where descriptor > 2 {
    posix_spawn_file_actions_addclose(&files, descriptor)
  }
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  sigfillset(&signals)
  posix_spawnattr_setsigdefault(&attributes, &signals)
  posix_spawnattr_setpgroup(&attributes, 0)
  let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
  posix_spawnattr_setflags(&attributes, Int16(flags))

  var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
  arguments.append(nil)
  defer { for argument in arguments { free(argument) } }
  var process: pid_t = 0
  let code = posix_spawn(&process, command[0], &files, &attributes, arguments, environ)
  return code == 0 ? .started(process) : .failed(code)
}
