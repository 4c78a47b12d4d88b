/// `gatehouse.yaml`, read once into typed values.
import Configuration
import EstateModel
import Foundation
import Store

/// Where the messages come from.
public enum BrokerSettings: Hashable, Sendable {
  /// Gatehouse runs mosquitto itself, on loopback.
  case embedded
  /// A broker that is there already: `mqtt://user@host:port` or `mqtts://…`.
  case url(String, passwordFile: String?, caFile: String?, maximumInFlight: Int)
}

public struct Settings: Sendable {
  public var broker: BrokerSettings = .embedded
  /// Where devices of other machines reach the embedded broker; nil: nowhere.
  public var deviceListener: DeviceListenerSettings?
  /// Database, broker state, lock and control socket.
  public var dataFolder: URL
  public var topicRoot = "estates"
  public var clientID = "gatehouse"
  /// Estates that this gateway watches; nil: all of the catalogue.
  public var estates: [String]?
  public var catalogueFolder: URL
  public var rulesFolder: URL
  public var profilesFolder: URL
  public var calendarsFolder: URL
  public var routingFile: URL
  /// What is sent to whom; nil: nothing is said of it.
  public var notificationsFile: URL?
  /// Template of the embedded broker's configuration.
  public var brokerTemplate: URL
  /// A device's clock may run this far ahead of ours, and this far behind, in milliseconds.
  public var acceptedAhead: Int64 = 2 * 60_000
  public var acceptedBehind: Int64 = 24 * 3_600_000
  /// How long readings are kept, and how much room they may take.
  public var retention = Retention.standard

  /// How many messages a device may send.
  public var deviceBudget = DeviceBudget()

  /// The web console; nil: off.
  public var console: ConsoleSettings? = ConsoleSettings()

  /// Defaults for a configuration folder that says nothing else.
  public init(folder: URL) {
    dataFolder = folder.appendingPathComponent("../data").standardizedFileURL
    catalogueFolder = folder.appendingPathComponent("../seeds/estates").standardizedFileURL
    rulesFolder = folder.appendingPathComponent("rules")
    profilesFolder = folder.appendingPathComponent("profiles")
    calendarsFolder = folder.appendingPathComponent("calendars")
    routingFile = folder.appendingPathComponent("routing.yaml")
    brokerTemplate = folder.appendingPathComponent("mosquitto.conf.template")
  }

  /// Reads the document; relative paths start at `folder`.
  public init(document: Document, folder: URL, diagnostics: Diagnostics) {
    // Foundation resolves a relative path against the folder above when the base doesn't end in a slash.
    let folder = URL(fileURLWithPath: folder.path, isDirectory: true)
    self.init(folder: folder)
    guard let fields = Fields(document.root, of: "gatehouse.yaml", diagnostics: diagnostics) else { return }
    _ = fields.optional("version")
    func path(_ key: String, _ standard: URL) -> URL {
      guard let text = fields.optionalText(key) else { return standard }
      return URL(fileURLWithPath: text, relativeTo: folder).standardizedFileURL
    }
    if let node = fields.optional("broker") { readBroker(node, folder: folder, diagnostics) }
    if let node = fields.optional("device-listener") {
      deviceListener = DeviceListenerSettings(node: node, diagnostics)
      if case .url = broker {
        diagnostics.error(
          "'device-listener' is the embedded broker's; this one is elsewhere", at: node.location)
      }
    }
    dataFolder = path("data", dataFolder)
    catalogueFolder = path("catalogue", catalogueFolder)
    rulesFolder = path("rules", rulesFolder)
    profilesFolder = path("profiles", profilesFolder)
    calendarsFolder = path("calendars", calendarsFolder)
    routingFile = path("routing", routingFile)
    notificationsFile = fields.optionalText("notifications").map {
      URL(fileURLWithPath: $0, relativeTo: folder).standardizedFileURL
    }
    if let root = fields.optional("topic-root"), let text = root.text(diagnostics) {
      if text.isEmpty || text.contains(where: { "+#/".contains($0) }) {
        diagnostics.error(
          "found '\(text)', expected one topic level without '+', '#' and '/'", at: root.location)
      }
      topicRoot = text
    }
    clientID = fields.optionalText("client-id") ?? clientID
    if let node = fields.optional("estates") {
      estates = node.list(diagnostics).compactMap { $0.text(diagnostics) }
    }
    acceptedAhead = fields.optional("accepted-ahead")?.duration(diagnostics) ?? acceptedAhead
    acceptedBehind = fields.optional("accepted-behind")?.duration(diagnostics) ?? acceptedBehind
    if let node = fields.optional("device-budget") { deviceBudget = DeviceBudget(node: node, diagnostics) }
    if let node = fields.optional("history") { retention = Retention(node: node, diagnostics) }
    if let node = fields.optional("console") {
      console = ConsoleSettings.read(node, folder: folder, diagnostics)
    }
    fields.finish()
  }

  private mutating func readBroker(_ node: Node, folder: URL, _ diagnostics: Diagnostics) {
    if case .scalar("embedded") = node.content { return }
    if case .scalar(let url) = node.content {
      broker = .url(url, passwordFile: nil, caFile: nil, maximumInFlight: 20)
      check(url, at: node.location, diagnostics)
      return
    }
    guard let fields = Fields(node, of: "broker", diagnostics: diagnostics) else { return }
    defer { fields.finish() }
    func file(_ key: String) -> String? {
      fields.optionalText(key).map { URL(fileURLWithPath: $0, relativeTo: folder).standardizedFileURL.path }
    }
    let inFlight = fields.optional("max-in-flight")
    let maximum = inFlight?.integer(diagnostics) ?? 20
    if !(1...65_535).contains(maximum), let inFlight {
      diagnostics.error("found \(maximum), expected 1 to 65535", at: inFlight.location)
    }
    let passwordFile = file("password-file")
    let caFile = file("ca-file")
    guard let urlNode = fields.required("url"), let url = urlNode.text(diagnostics) else { return }
    check(url, at: urlNode.location, diagnostics)
    broker = .url(url, passwordFile: passwordFile, caFile: caFile, maximumInFlight: maximum)
  }

  private func check(_ url: String, at location: SourceLocation, _ diagnostics: Diagnostics) {
    guard MQTTOptionsURL.isUsable(url) else {
      diagnostics.error(
        "found '\(url)', expected 'embedded', mqtt://host:port or mqtts://host:port", at: location)
      return
    }
  }
}

enum MQTTOptionsURL {
  static func isUsable(_ text: String) -> Bool {
    guard let url = URLComponents(string: text), url.scheme == "mqtt" || url.scheme == "mqtts" else {
      return false
    }
    return url.host?.isEmpty == false
  }
}
