/// The `console:` entry of `gatehouse.yaml`: where the web console listens.
import Configuration
import Foundation

/// Where the console listens, and how it is protected there.
public struct ConsoleSettings: Hashable, Sendable {
  /// PEM files.
  public struct TLS: Hashable, Sendable {
    public var certificate: String
    public var key: String
  }

  /// A numeric address or a host name.
  public var address = "127.0.0.1"
  /// 0: any free one.
  public var port = 8080
  public var tls: TLS?
  /// A proxy in front of it does TLS, and its last `X-Forwarded-For` entry tells who asks.
  public var isBehindProxy = false
  /// nil: nothing is answered to people who aren't signed in.
  public var open311: Open311Settings?

  public init() {}

  /// Whether only this machine can reach the address.
  public static func isLoopback(_ address: String) -> Bool {
    address == "localhost" || address == "::1" || address.hasPrefix("127.")
  }

  /// Cookies may only travel encrypted.
  public var isEncrypted: Bool { tls != nil || isBehindProxy }

  /// - Returns: nil for `off`. Relative paths start at `folder`.
  public static func read(_ node: Node, folder: URL, _ diagnostics: Diagnostics) -> ConsoleSettings? {
    if case .scalar(let word) = node.content, ["off", "false", "no"].contains(word) { return nil }
    var settings = ConsoleSettings()
    guard let fields = Fields(node, of: "console", diagnostics: diagnostics) else { return settings }
    defer { fields.finish() }
    settings.address = fields.optionalText("address") ?? settings.address
    if let node = fields.optional("port") {
      settings.port = node.integer(diagnostics) ?? settings.port
      if !(0...65_535).contains(settings.port) {
        diagnostics.error("found \(settings.port), expected 0 to 65535", at: node.location)
      }
    }
    settings.open311 = fields.optional("open311").flatMap { Open311Settings($0, diagnostics) }
    settings.isBehindProxy = fields.optional("behind-proxy")?.boolean(diagnostics) ?? false
    if let node = fields.optional("tls"),
      let files = Fields(node, of: "console.tls", diagnostics: diagnostics)
    {
      func path(_ key: String) -> String? {
        files.text(key).map { URL(fileURLWithPath: $0, relativeTo: folder).standardizedFileURL.path }
      }
      let (certificate, key) = (path("certificate"), path("key"))
      files.finish()
      if let certificate, let key { settings.tls = TLS(certificate: certificate, key: key) }
    }
    if !isLoopback(settings.address), !settings.isEncrypted {
      diagnostics.error(
        "console: '\(settings.address)' can be reached from other machines: expected 'tls: {certificate: …, key: …}', or"
          + " 'behind-proxy: true' when a proxy in front of it does TLS", at: fields.keyLocation("address"))
    }
    return settings
  }
}
