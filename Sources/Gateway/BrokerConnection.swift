/// The gateway's broker: its own, or one that is there.
import Foundation
import Logging
import MQTTSession

/// The broker that the settings name, started where it is the gateway's own.
struct BrokerConnection {
  var broker: EmbeddedBroker?
  var options: MQTTOptions
  var maximumInFlight: Int

  init(_ settings: Settings, clock: GatewayClock.Source, logger: Logger) throws {
    switch settings.broker {
    case .embedded:
      let found = try String(contentsOf: settings.brokerTemplate, encoding: .utf8)
      let template = ConfigurationVersion.brokerTemplate(found)
      if template != found {
        logger.warning(
          "mosquitto.conf.template is of version 1; 'gatehouse config migrate' brings it up to date")
      }
      let embedded = EmbeddedBroker(
        dataFolder: settings.dataFolder, template: template, listener: settings.deviceListener,
        isSimulated: clock == .simulation, logger: logger)
      options = try embedded.start()
      broker = embedded
      maximumInFlight = EmbeddedBroker.maximumInFlight
    case .url(_, _, _, let inFlight):
      options = try Self.options(settings)
      maximumInFlight = inFlight
    }
    options.clientID = settings.clientID
    options.cleanSession = false
  }

  /// How any other client gets in; the embedded broker must run.
  static func options(_ settings: Settings) throws -> MQTTOptions {
    switch settings.broker {
    case .embedded:
      return try MQTTOptions(brokerFolder: settings.dataFolder.appendingPathComponent("broker"))
    case .url(let text, let passwordFile, let caFile, _):
      guard var options = MQTTOptions(url: text) else { throw GatewayError.brokerURL(text) }
      if let passwordFile {
        do {
          options.password = try String(contentsOfFile: passwordFile, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
          throw GatewayError.passwordFile(path: passwordFile, reason: error.localizedDescription)
        }
      }
      if let caFile { options.tls = MQTTOptions.TLS(caFile: caFile) }
      return options
    }
  }
}
