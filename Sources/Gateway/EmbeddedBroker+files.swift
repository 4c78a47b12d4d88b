/// The embedded broker's folder: password, configuration, process id, log; and what an earlier life left.
import Foundation

extension EmbeddedBroker {
  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Looks in PATH, and in the folders for system programs that a user's PATH may lack.
  static func program(_ name: String, package: String) throws(EmbeddedBrokerError) -> String {
    let search = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    for folder in search + ["/usr/sbin", "/usr/local/sbin", "/usr/bin"]
    where access("\(folder)/\(name)", X_OK) == 0 {
      return "\(folder)/\(name)"
    }
    throw .missing(program: name, package: package)
  }

  func makeFolder() throws(EmbeddedBrokerError) {
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .fileSystem(operation: "make", path: folder.path, reason: error.localizedDescription)
    }
  }

  /// Writes a file whole or not at all, never with wider permissions than `mode`.
  func write(_ text: String, to name: String, mode: mode_t) throws(EmbeddedBrokerError) {
    let target = path(name)
    let draft = target + ".new"
    unlink(draft)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure("write", draft) }
    let bytes = Array(text.utf8)
    let written = Glibc.write(descriptor, bytes, bytes.count)
    let closed = close(descriptor)
    guard written == bytes.count, closed == 0, rename(draft, target) == 0 else {
      throw failure("write", target)
    }
  }

  private func failure(_ operation: String, _ path: String) -> EmbeddedBrokerError {
    .fileSystem(operation: operation, path: path, reason: String(cString: strerror(errno)))
  }

  /// The password of an earlier start, or a new one of 128 random bits; and mosquitto's hashed file of it and of the
  /// devices' passwords. None ever stands on a command line, where others could read it.
  func preparePassword() throws -> String {
    let password = try password(in: "password")
    var accounts = "\(Self.username):\(try EnrolmentBook.hash(password, in: folder))\n"
    if isSimulated {
      let simulator = try self.password(in: "simulator.password")
      accounts += "\(Self.simulatorName):\(try EnrolmentBook.hash(simulator, in: folder))\n"
    } else {
      for name in ["simulator.password", "simulator.url"] { unlink(path(name)) }
    }
    try write(accounts, to: "accounts", mode: 0o600)
    try EnrolmentBook(dataFolder: folder.deletingLastPathComponent()).render()
    return password
  }

  private func password(in name: String) throws(EmbeddedBrokerError) -> String {
    let known = try? String(contentsOfFile: path(name), encoding: .utf8)
    let digits = Set("0123456789abcdef")
    if let known, known.count == 32, known.allSatisfy(digits.contains) {
      chmod(path(name), 0o600)
      return known
    }
    let password = (0..<16).map { _ in
      let byte = UInt8.random(in: .min ... .max)
      return String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
    try write(password, to: name, mode: 0o600)
    return password
  }

  /// The listeners for devices, and the certificates that they need.
  func prepareListeners() throws {
    do {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("listeners"), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw EmbeddedBrokerError.fileSystem(
        operation: "make", path: path("listeners"), reason: error.localizedDescription)
    }
    guard let listener else {
      unlink(path("listeners/devices.conf"))
      return
    }
    let authority = CertificateAuthority(brokerFolder: folder)
    try authority.prepare()
    try authority.issueServer(names: listener.names)
    try write(
      listener.configuration(authority: authority.folder.path), to: "listeners/devices.conf", mode: 0o600)
  }

  func writeConfiguration() throws(EmbeddedBrokerError) {
    let values = [
      "port": "\(port)", "user": NSUserName(), "folder": folder.path, "in-flight": "\(Self.maximumInFlight)",
      "listeners": path("listeners"), "passwords": path("passwords"), "rights": path("rights"),
    ]
    let text = try Self.render(template, values: values)
    try Self.refuseOpenDoors(text)
    try write(text, to: "mosquitto.conf", mode: 0o600)
  }

  /// - Parameter wanted: 0 lets the system choose.
  /// - Returns: a loopback port that nobody listens on; nil when `wanted` is taken.
  func freePort(_ wanted: Int) -> Int? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0, let port = UInt16(exactly: wanted) else { return nil }
    defer { close(descriptor) }
    // As mosquitto does; else the remains of closed connections would count as taken.
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        guard bind(descriptor, generic, length) == 0, listen(descriptor, 1) == 0,
          getsockname(descriptor, generic, &length) == 0
        else { return nil }
        return Int(UInt16(bigEndian: pointer.pointee.sin_port))
      }
    }
  }

  /// Ends a broker that an earlier life left on this folder. The process id alone proves nothing, since ids
  /// are used again: the command line must name this folder's configuration.
  func stopLeftover() {
    guard let text = try? String(contentsOfFile: path("mosquitto.pid"), encoding: .utf8),
      let process = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), process > 1
    else { return }
    func isOurs() -> Bool {
      guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
      return line.split(separator: 0).contains { $0.elementsEqual(path("mosquitto.conf").utf8) }
    }
    for step in 0..<1_000 where isOurs() {
      if step == 0 {
        logger.warning("stopping a broker left by an earlier run", metadata: ["pid": "\(process)"])
        kill(process, SIGTERM)
      }
      if step == 500 { kill(process, SIGKILL) }
      usleep(10_000)
    }
    unlink(path("mosquitto.pid"))
  }

  /// Moves a log of more than 4 MiB aside; one older log is kept. The broker goes on writing at the end of the
  /// emptied file.
  func shortenLog() {
    let log = path("mosquitto.log")
    var status = stat()
    guard stat(log, &status) == 0, status.st_size > 4 << 20 else { return }
    unlink(log + ".1")
    try? FileManager.default.copyItem(atPath: log, toPath: log + ".1")
    truncate(log, 0)
  }

  /// The last lines of the log.
  func logTail() -> String {
    guard let data = FileManager.default.contents(atPath: path("mosquitto.log")) else { return "" }
    return String(decoding: data.suffix(2_000), as: UTF8.self)
      .split(separator: "\n").suffix(5).joined(separator: "\n")
  }
}
