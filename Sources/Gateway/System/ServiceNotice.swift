/// What systemd is told of a service of `Type=notify` (sd_notify(3)): one datagram a message.
import Foundation

/// Silent where systemd didn't start the process.
package struct ServiceNotice {
  private let address: sockaddr_un?
  private let isAbstract: Bool
  private let length: socklen_t
  /// Milliseconds between two signs of life; nil: nobody waits for any.
  private let interval: Int64?
  private var lastBeat: Int64 = .min / 2

  /// - Parameter environment: with `NOTIFY_SOCKET`, and `WATCHDOG_USEC` where the unit has a watchdog.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let path = environment["NOTIFY_SOCKET"] ?? ""
    isAbstract = path.hasPrefix("@")
    var address = path.isEmpty ? nil : unixAddress(path)
    if isAbstract { address?.sun_path.0 = 0 }
    self.address = address
    // A name outside of the file system ends with its last byte.
    let head = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    length = isAbstract ? socklen_t(head + path.utf8.count) : socklen_t(MemoryLayout<sockaddr_un>.size)
    let mine = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
    interval = environment["WATCHDOG_USEC"].flatMap(Int64.init).flatMap { mine ? max(1, $0 / 3000) : nil }
  }

  package func ready() { send("READY=1") }
  package func stopping() { send("STOPPING=1") }

  /// A sign of life, when it is time for one, with a line for `systemctl status`.
  /// - Parameter now: monotonic milliseconds.
  package mutating func beat(_ now: Int64, status: String) {
    guard now - lastBeat >= min(interval ?? 10_000, 10_000) else { return }
    lastBeat = now
    send((interval == nil ? "" : "WATCHDOG=1\n") + "STATUS=\(status)")
  }

  private func send(_ text: String) {
    guard var address else { return }
    let descriptor = socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
      }
    }
  }
}
