/// `device-listener:` in `gatehouse.yaml`: where devices of other machines reach the embedded broker, over TLS.
import Configuration
import Foundation

/// Without it the broker listens on loopback only.
public struct DeviceListenerSettings: Hashable, Sendable {
  /// A numeric address of this machine.
  public var address = "0.0.0.0"
  /// For devices with a password.
  public var port = 8883
  /// For devices with a certificate.
  public var certificatePort = 8884
  /// Names and addresses by which devices call this machine; they stand in the broker's certificate.
  public var names: [String] = []

  public init() {}

  init(node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "device-listener", diagnostics: diagnostics) else { return }
    defer { fields.finish() }
    address = fields.optionalText("address") ?? address
    if !address.allSatisfy({ $0.isASCII && ($0.isHexDigit || $0 == "." || $0 == ":") }) {
      diagnostics.error(
        "found '\(address)', expected a numeric address such as 0.0.0.0", at: fields.keyLocation("address"))
    }
    func port(_ key: String, _ standard: Int) -> Int {
      guard let node = fields.optional(key), let port = node.integer(diagnostics) else { return standard }
      if !(1...65_535).contains(port) {
        diagnostics.error("found \(port), expected 1 to 65535", at: node.location)
      }
      return port
    }
    self.port = port("port", self.port)
    certificatePort = port("certificate-port", certificatePort)
    if self.port == certificatePort {
      diagnostics.error(
        "device-listener: 'port' and 'certificate-port' are both \(certificatePort), expected two ports",
        at: node.location)
    }
    guard let node = fields.optional("names") else { return }
    for name in node.list(diagnostics) {
      guard let text = name.text(diagnostics) else { continue }
      if text.isEmpty || text.count > 253
        || !text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".-:".contains($0)) })
      {
        diagnostics.error("found '\(text)', expected a host name or a numeric address", at: name.location)
      }
      names.append(text)
    }
  }

  /// mosquitto's listeners: one asks for a password, the other for a certificate of our own authority.
  ///
  /// A client is called by the name it has proved: so nobody can take over another's session, and whoever is revoked
  /// can be found and cut off.
  func configuration(authority: String) -> String {
    let shared = """
      cafile \(authority)/ca.pem
      certfile \(authority)/server.pem
      keyfile \(authority)/server.key
      tls_version tlsv1.2
      use_username_as_clientid true
      """
    return """
      # Written at each start from 'device-listener' in gatehouse.yaml.
      listener \(port) \(address)
      \(shared)

      listener \(certificatePort) \(address)
      \(shared)
      crlfile \(authority)/revoked.pem
      require_certificate true
      use_identity_as_username true

      """
  }
}
