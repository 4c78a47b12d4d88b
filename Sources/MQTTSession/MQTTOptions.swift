/// Where a broker is and how a session with it is kept.
import Foundation

public struct MQTTOptions: Sendable, Equatable {
  /// Transport encryption. Without a CA file the system's certificates (`/etc/ssl/certs`) are trusted.
  public struct TLS: Sendable, Equatable {
    public var caFile: String?
    public var certificateFile: String?
    public var keyFile: String?
    /// False accepts a certificate that was issued for another host name.
    public var verifiesHostname: Bool

    public init(
      caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
      verifiesHostname: Bool = true
    ) {
      self.caFile = caFile
      self.certificateFile = certificateFile
      self.keyFile = keyFile
      self.verifiesHostname = verifiesHostname
    }
  }

  /// What the broker publishes for a client that vanishes without saying goodbye.
  public struct Will: Sendable, Equatable {
    public var topic: String
    public var payload: [UInt8]
    public var qos: Int32
    public var retain: Bool

    public init(topic: String, payload: [UInt8], qos: Int32 = 1, retain: Bool = true) {
      self.topic = topic
      self.payload = payload
      self.qos = qos
      self.retain = retain
    }
  }

  public var host: String
  /// 1…65535
  public var port: Int32
  /// nil lets the broker choose; then `cleanSession` must be true.
  public var clientID: String?
  public var username: String?
  public var password: String?
  public var tls: TLS?
  /// Seconds between signs of life, 5…65535. Acknowledgements must not be held for longer than that,
  /// because the sign of life is held with them.
  public var keepAlive: Int32
  /// True makes the broker forget subscriptions and undelivered messages when the link ends.
  public var cleanSession: Bool
  public var will: Will?
  /// Publications on their way at one time, 1…65535; the rest wait in the library. Each PUBACK makes the
  /// library walk over the ones on their way, so more isn't faster.
  public var maximumInFlight: UInt32

  public init(
    host: String = "127.0.0.1", port: Int32 = 1883, clientID: String? = nil, username: String? = nil,
    password: String? = nil, tls: TLS? = nil, keepAlive: Int32 = 60, cleanSession: Bool = true,
    will: Will? = nil, maximumInFlight: UInt32 = 200
  ) {
    self.host = host
    self.port = port
    self.clientID = clientID
    self.username = username
    self.password = password
    self.tls = tls
    self.keepAlive = keepAlive
    self.cleanSession = cleanSession
    self.will = will
    self.maximumInFlight = maximumInFlight
  }

  /// Reads `mqtt://user:password@host:port` or `mqtts://…`. The port is 1883 or 8883 unless given; user and
  /// password may be percent-encoded.
  /// - Returns: nil for another scheme, no host, a port outside 1…65535, or a path, query or fragment.
  public init?(url text: String) {
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      scheme == "mqtt" || scheme == "mqtts", var host = parts.host, !host.isEmpty,
      parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.fragment == nil
    else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    let encrypted = scheme == "mqtts"
    let port = parts.port ?? (encrypted ? 8883 : 1883)
    guard (1...65535).contains(port), parts.user != nil || parts.password == nil else { return nil }
    self.init(
      host: host, port: Int32(port), username: parts.user.flatMap { $0.isEmpty ? nil : $0 },
      password: parts.password, tls: encrypted ? TLS() : nil)
  }

  /// `mqtt://user@host:port`, without the password: fit for logs and files that others may read.
  public var redactedURL: String {
    var parts = URLComponents()
    parts.scheme = tls == nil ? "mqtt" : "mqtts"
    parts.user = username
    parts.host = host.contains(":") ? "[\(host)]" : host
    parts.port = Int(port)
    return parts.string ?? "\(host):\(port)"
  }

  /// What makes these options unfit for a session, if anything does.
  var flaw: MQTTError? {
    func invalid(_ name: String, _ found: String, _ expected: String) -> MQTTError {
      .invalidOption(name: name, found: found, expected: expected)
    }
    if host.isEmpty || host.utf8.contains(0) { return invalid("host", host, "a host name or address") }
    if !(1...65535).contains(port) { return invalid("port", "\(port)", "1 to 65535") }
    if !(5...65535).contains(keepAlive) { return invalid("keep-alive", "\(keepAlive)", "5 to 65535 seconds") }
    if !(1...65535).contains(maximumInFlight) {
      return invalid("maximum in flight", "\(maximumInFlight)", "1 to 65535")
    }
    if (clientID ?? "").isEmpty && !cleanSession {
      return invalid("client id", "none", "a client id, because the session is to be kept")
    }
    if password != nil && username == nil {
      return invalid("username", "none", "a name to go with the password")
    }
    if let will, !(0...2).contains(will.qos) { return invalid("will QoS", "\(will.qos)", "0, 1 or 2") }
    return nil
  }
}

extension MQTTOptions {
  /// Reads what the embedded broker left in `DATA/broker/`: its `url` and `password`.
  /// - Throws: `MQTTError.invalidOption` when there is no such broker or the file isn't what it should be.
  public init(brokerFolder: URL) throws(MQTTError) {
    func text(_ name: String) throws(MQTTError) -> String {
      let file = brokerFolder.appendingPathComponent(name)
      guard let text = try? String(contentsOf: file, encoding: .utf8) else {
        throw .invalidOption(
          name: "broker folder", found: "no readable \(file.path)",
          expected: "the folder of a gateway that runs its embedded broker")
      }
      return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let url = try text("url")
    guard var options = MQTTOptions(url: url) else {
      throw .invalidOption(name: "broker url", found: url, expected: "mqtt://user@host:port")
    }
    options.password = try text("password")
    self = options
  }
}
