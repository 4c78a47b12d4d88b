/// The gateway's own certificate authority, kept by openssl's command in `DATA/broker/ca`.
import Foundation

/// Made at the first start with a `device-listener`, or with the first certificate that is asked for.
struct CertificateAuthority {
  let folder: URL
  private static let days = 7300

  /// - Parameter brokerFolder: `DATA/broker`.
  init(brokerFolder: URL) { folder = brokerFolder.appendingPathComponent("ca") }

  var certificate: String { path("ca.pem") }
  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Makes key, certificate and an empty list of revoked ones, unless they are there.
  func prepare() throws(DeviceAccessError) {
    if access(path("revoked.pem"), R_OK) == 0, access(certificate, R_OK) == 0 { return }
    do {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("issued"), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw .unusable(path: folder.path, reason: error.localizedDescription)
    }
    chmod(folder.path, 0o700)
    try write(Self.settings, "openssl.cnf")
    try write("", "index.txt")
    try write("01\n", "crlnumber")
    try openssl([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "\(Self.days)",
      "-subj", "/CN=Gatehouse CA", "-config", path("openssl.cnf"), "-extensions", "authority",
      "-keyout", path("ca.key"), "-out", certificate,
    ])
    chmod(path("ca.key"), 0o600)
    try listRevoked()
  }

  /// The broker's certificate, made anew at each start for the names that devices call it by.
  func issueServer(names: [String]) throws(DeviceAccessError) {
    let host = ProcessInfo.processInfo.hostName
    var all = ["localhost", "127.0.0.1"] + names
    if !host.isEmpty, host.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 44 }) { all.append(host) }
    let entries = Set(all).sorted().map { isAddress($0) ? "IP:\($0)" : "DNS:\($0)" }
    let extensions = """
      subjectAltName=\(entries.joined(separator: ","))
      extendedKeyUsage=serverAuth
      keyUsage=critical,digitalSignature

      """
    _ = try issue(
      "gatehouse", extensions: extensions, key: path("server.key"), certificate: path("server.pem"))
  }

  /// A device's key and certificate, in files that are the caller's.
  /// - Returns: the certificate's serial number, in hexadecimal digits.
  func issueDevice(_ name: String, key: String, certificate: String) throws(DeviceAccessError) -> String {
    try issue(
      name, extensions: "extendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature\n", key: key,
      certificate: certificate)
  }

  /// Takes the certificate's worth; the broker must read the list again.
  func revoke(serial: String) throws(DeviceAccessError) {
    try openssl(["ca", "-config", path("openssl.cnf"), "-revoke", path("issued/\(serial).pem")])
    try listRevoked()
  }

  private func listRevoked() throws(DeviceAccessError) {
    try openssl(["ca", "-config", path("openssl.cnf"), "-gencrl", "-out", path("revoked.pem.new")])
    guard rename(path("revoked.pem.new"), path("revoked.pem")) == 0 else {
      throw .unusable(path: path("revoked.pem"), reason: String(cString: strerror(errno)))
    }
  }

  private func issue(
    _ name: String, extensions: String, key: String, certificate: String
  ) throws(DeviceAccessError) -> String {
    try write(extensions, "extensions")
    defer { for name in ["extensions", "request.pem", "issued.pem"] { unlink(path(name)) } }
    unlink(key)
    try openssl([
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", path("openssl.cnf"),
      "-subj", "/CN=" + name.replacingOccurrences(of: "/", with: "\\/"), "-keyout", key,
      "-out", path("request.pem"),
    ])
    chmod(key, 0o600)
    try openssl([
      "ca", "-batch", "-notext", "-config", path("openssl.cnf"), "-in", path("request.pem"),
      "-out", path("issued.pem"), "-extfile", path("extensions"),
    ])
    let serial = try openssl(["x509", "-in", path("issued.pem"), "-noout", "-serial"])
    guard let text = serial.split(separator: "=").last,
      let data = FileManager.default.contents(atPath: path("issued.pem"))
    else { throw .unusable(path: path("issued.pem"), reason: "has no serial number") }
    guard FileManager.default.createFile(atPath: certificate, contents: data) else {
      throw .unusable(path: certificate, reason: "can't be written")
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func write(_ text: String, _ name: String) throws(DeviceAccessError) {
    guard
      FileManager.default.createFile(
        atPath: path(name), contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    else { throw .unusable(path: path(name), reason: "can't be written") }
  }

  @discardableResult
  private func openssl(_ arguments: [String]) throws(DeviceAccessError) -> String {
    try runTool("openssl", package: "openssl", arguments, in: folder)
  }

  private func isAddress(_ text: String) -> Bool {
    var four = in_addr()
    var six = in6_addr()
    return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
  }

  /// Paths are relative to the folder, in which the command runs.
  private static let settings = """
    [ca]
    default_ca = own
    [own]
    database = index.txt
    crlnumber = crlnumber
    certificate = ca.pem
    private_key = ca.key
    new_certs_dir = issued
    rand_serial = yes
    unique_subject = no
    policy = any
    default_md = sha256
    default_days = \(days)
    default_crl_days = \(days)
    [any]
    commonName = supplied
    [req]
    distinguished_name = name
    [name]
    [authority]
    basicConstraints = critical,CA:true,pathlen:0
    keyUsage = critical,keyCertSign,cRLSign
    subjectKeyIdentifier = hash

    """
}

/// Runs a command of the system to its end.
/// - Returns: its output.
func runTool(
  _ name: String, package: String, _ arguments: [String], in folder: URL
) throws(DeviceAccessError) -> String {
  let process = Process()
  let (output, errors) = (Pipe(), Pipe())
  do {
    process.executableURL = URL(fileURLWithPath: try EmbeddedBroker.program(name, package: package))
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
  } catch {
    throw .unusable(path: name, reason: "\(error)")
  }
  // Both are a few lines: neither pipe can fill up while the other is read.
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw .program(name, status: process.terminationStatus, output: String(complaint.suffix(500)))
  }
  return text
}
