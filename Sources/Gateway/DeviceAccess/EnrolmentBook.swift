/// The devices that the embedded broker lets in: one file of ours, from which mosquitto's own are made.
import EstateModel
import Foundation
import Logging
import MQTTSession

/// Works beside a running gateway: the broker is told, and a device that is revoked is cut off.
public struct EnrolmentBook {
  /// `DATA/broker`.
  let folder: URL

  public init(dataFolder: URL) { folder = dataFolder.appendingPathComponent("broker") }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// The authority's certificate, which devices need to know the broker.
  public var authorityFile: String { CertificateAuthority(brokerFolder: folder).certificate }

  /// By name.
  public func all() throws(DeviceAccessError) -> [Enrolment] {
    guard let data = FileManager.default.contents(atPath: path("devices.json")) else {
      if access(path("devices.json"), F_OK) == 0 {
        throw .unusable(path: path("devices.json"), reason: "can't be read")
      }
      return []
    }
    do {
      return try JSONDecoder().decode([Enrolment].self, from: data)
    } catch {
      throw .unusable(path: path("devices.json"), reason: "isn't what was written there")
    }
  }

  /// - Returns: the password, which is kept nowhere.
  public func enrolWithPassword(_ name: String, topics: [String], replacing: Bool, at now: Timestamp)
    throws(DeviceAccessError) -> String
  {
    let password = Self.newPassword()
    try enrol(name, topics: topics, replacing: replacing, at: now) { () throws(DeviceAccessError) in
      .password(hash: try Self.hash(password, in: folder))
    }
    return password
  }

  /// Writes key and certificate into files that are the caller's.
  public func enrolWithCertificate(
    _ name: String, topics: [String], replacing: Bool, at now: Timestamp, key: String, certificate: String
  ) throws(DeviceAccessError) {
    let authority = CertificateAuthority(brokerFolder: folder)
    try enrol(name, topics: topics, replacing: replacing, at: now) { () throws(DeviceAccessError) in
      try authority.prepare()
      return .certificate(serial: try authority.issueDevice(name, key: key, certificate: certificate))
    }
  }

  private func enrol(
    _ name: String, topics: [String], replacing: Bool, at now: Timestamp,
    proof: () throws(DeviceAccessError) -> Enrolment.Proof
  ) throws(DeviceAccessError) {
    guard Enrolment.isName(name) else { throw .badName(name) }
    for topic in topics where !Enrolment.isTopic(topic) { throw .badTopic(topic) }
    var wasReplaced = false
    try change { list throws(DeviceAccessError) in
      if let old = list.first(where: { $0.name == name }) {
        guard replacing else { throw .enrolled(name) }
        try invalidate(old)
        wasReplaced = true
      }
      list.removeAll { $0.name == name }
      list.append(Enrolment(name: name, topics: topics, proof: try proof(), since: now.milliseconds))
    }
    if wasReplaced { try cutOff(name) }
  }

  /// Makes its password or certificate worthless, and ends its connection.
  public func revoke(_ name: String) throws(DeviceAccessError) {
    try change { list throws(DeviceAccessError) in
      guard let old = list.first(where: { $0.name == name }) else { throw .notEnrolled(name) }
      try invalidate(old)
      list.removeAll { $0.name == name }
    }
    try cutOff(name)
  }

  private func invalidate(_ enrolment: Enrolment) throws(DeviceAccessError) {
    if case .certificate(let serial) = enrolment.proof {
      try CertificateAuthority(brokerFolder: folder).revoke(serial: serial)
    }
  }

  /// mosquitto's files, from ours and the gateway's own accounts.
  func render() throws(DeviceAccessError) {
    let devices = try all()
    let own = (try? String(contentsOfFile: path("accounts"), encoding: .utf8)) ?? ""
    var (passwords, rights) = (own, "# Who may publish where. Nobody but the gateway reads.\n")
    rights += "user \(EmbeddedBroker.username)\ntopic readwrite #\n"
    if own.contains("\n\(EmbeddedBroker.simulatorName):") {
      rights += "\nuser \(EmbeddedBroker.simulatorName)\ntopic write #\n"
    }
    for device in devices {
      if case .password(let hash) = device.proof { passwords += "\(device.name):\(hash)\n" }
      rights += "\nuser \(device.name)\n" + device.topics.map { "topic write \($0)\n" }.joined()
    }
    try write(passwords, "passwords")
    try write(rights, "rights")
  }

  /// Holds a lock, so that two commands don't undo each other's work, and lets the broker read what has changed.
  private func change(_ body: (inout [Enrolment]) throws(DeviceAccessError) -> Void) throws(DeviceAccessError)
  {
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .unusable(path: folder.path, reason: error.localizedDescription)
    }
    let lock = open(path("devices.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
      throw .unusable(path: path("devices.lock"), reason: String(cString: strerror(errno)))
    }
    defer { close(lock) }
    defer { giveToOwner() }
    var list = try all()
    try body(&list)
    list.sort { $0.name < $1.name }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(list) else {
      throw .unusable(path: path("devices.json"), reason: "can't be encoded")
    }
    try write(String(decoding: data, as: UTF8.self) + "\n", "devices.json")
    try render()
    if let process = brokerProcess { kill(process, SIGHUP) }
  }

  /// What root has written on behalf of the gateway's user belongs to that user, who must read it.
  private func giveToOwner() {
    var owner = stat()
    guard geteuid() == 0, stat(folder.deletingLastPathComponent().path, &owner) == 0, owner.st_uid != 0 else {
      return
    }
    lchown(folder.path, owner.st_uid, owner.st_gid)
    for name in FileManager.default.enumerator(atPath: folder.path) ?? .init() {
      if let name = name as? String { lchown(path(name), owner.st_uid, owner.st_gid) }
    }
  }

  /// mosquitto reads its files again within a turn of its loop; whoever has a certificate stays connected. Connecting
  /// under the same client id ends that connection.
  private func cutOff(_ name: String) throws(DeviceAccessError) {
    guard brokerProcess != nil else { return }
    usleep(300_000)
    do {
      var options = try MQTTOptions(brokerFolder: folder)
      options.clientID = name
      var quiet = Logger(label: "gatehouse")
      quiet.logLevel = .critical
      let session = try MQTTSession(options, logger: quiet)
      session.connect()
      let deadline = ContinuousClock.now + .seconds(5)
      while !session.linkState.isConnected {
        guard ContinuousClock.now < deadline else {
          throw DeviceAccessError.notCutOff(name, reason: "\(session.linkState)")
        }
        session.flush()
        session.wait(milliseconds: 20)
        session.read(upTo: 1)
        session.maintain()
      }
      session.disconnect()
    } catch let error as DeviceAccessError {
      throw error
    } catch {
      throw .notCutOff(name, reason: "\(error)")
    }
  }

  /// The broker that runs on this folder; nil when there is none.
  private var brokerProcess: pid_t? {
    guard let text = try? String(contentsOfFile: path("mosquitto.pid"), encoding: .utf8),
      let process = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), process > 1,
      let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"),
      line.split(separator: 0).contains(where: { $0.elementsEqual(path("mosquitto.conf").utf8) })
    else { return nil }
    return process
  }

  private func write(_ text: String, _ name: String) throws(DeviceAccessError) {
    do { try writePrivately(text, to: path(name)) } catch {
      throw .unusable(path: path(name), reason: "\(error)")
    }
  }

  /// mosquitto's hash of a password, which passes through a file that only its owner reads.
  static func hash(_ password: String, in folder: URL) throws(DeviceAccessError) -> String {
    let draft = folder.appendingPathComponent("password.\(getpid()).new").path
    defer { unlink(draft) }
    do { try writePrivately("x:\(password)\n", to: draft) } catch {
      throw .unusable(path: draft, reason: "\(error)")
    }
    _ = try runTool("mosquitto_passwd", package: "mosquitto", ["-U", draft], in: folder)
    guard let line = try? String(contentsOfFile: draft, encoding: .utf8), line.hasPrefix("x:$7$") else {
      throw .unusable(path: draft, reason: "mosquitto_passwd wrote no hash")
    }
    return line.dropFirst(2).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// 100 random bits in letters and digits that can't be mistaken for one another.
  static func newPassword() -> String {
    let letters = Array("abcdefghjkmnpqrstuvwxyz23456789A")
    return String((0..<20).map { _ in letters[Int.random(in: 0..<32)] })
  }
}

/// Writes a file whole or not at all, for its owner only.
func writePrivately(_ text: String, to target: String) throws(EmbeddedBrokerError) {
  let draft = target + ".draft"
  unlink(draft)
  let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
  func failure() -> EmbeddedBrokerError {
    .fileSystem(operation: "write", path: target, reason: String(cString: strerror(errno)))
  }
  guard descriptor >= 0 else { throw failure() }
  let bytes = Array(text.utf8)
  let written = bytes.isEmpty ? 0 : Glibc.write(descriptor, bytes, bytes.count)
  let closed = close(descriptor)
  guard written == bytes.count, closed == 0, rename(draft, target) == 0 else { throw failure() }
}
