/// Every key of `gatehouse.yaml`, for docs/configuration.md. A test holds it together with what is really read.

public struct SettingsReference: Sendable {
  /// As a reader sees it: `console.tls.key`.
  public var key: String
  public var standard: String
  public var meaning: String

  private init(_ key: String, _ standard: String, _ meaning: String) {
    (self.key, self.standard, self.meaning) = (key, standard, meaning)
  }

  public static let all = [
    SettingsReference("version", "1", "of the configuration's form; `gatehouse config migrate` writes it"),
    SettingsReference(
      "broker", "embedded",
      "`embedded`: a mosquitto of the gateway's own; or a broker's URL, `mqtt://user@host:1883`, `mqtts://…`; or a mapping with the keys below"
    ),
    SettingsReference("broker.url", "", "the broker's URL, without a password"),
    SettingsReference("broker.password-file", "", "a file with the password in its first line"),
    SettingsReference("broker.ca-file", "the system's", "certificates that the broker's must come from"),
    SettingsReference(
      "broker.max-in-flight", "20", "the broker's `max_inflight_messages`; half of it is a batch"),
    SettingsReference(
      "device-listener", "none", "where devices of other machines reach the embedded broker, over TLS"),
    SettingsReference("device-listener.address", "0.0.0.0", "a numeric address of this machine"),
    SettingsReference("device-listener.port", "8883", "for devices with a password"),
    SettingsReference("device-listener.certificate-port", "8884", "for devices with a certificate"),
    SettingsReference(
      "device-listener.names", "",
      "what devices call this machine, a list; stands in the broker's certificate"),
    SettingsReference(
      "device-budget", "", "how many messages a device may send; what is beyond is counted and left out"),
    SettingsReference("device-budget.rate", "50", "messages a second, for ever"),
    SettingsReference("device-budget.burst", "10000", "messages in one go"),
    SettingsReference(
      "data", "../data", "folder of the database, the broker's state, the lock and the control socket"),
    SettingsReference(
      "client-id", "gatehouse", "the gateway's name at the broker; two gateways at one broker need two"),
    SettingsReference("topic-root", "estates", "first level of the native topics"),
    SettingsReference("catalogue", "../seeds/estates", "folder of estates, their places and devices"),
    SettingsReference("estates", "all", "a list: only these are watched"),
    SettingsReference("rules", "rules", "folder of rules"),
    SettingsReference("profiles", "profiles", "folder of device profiles"),
    SettingsReference("calendars", "calendars", "folder of calendars"),
    SettingsReference("routing", "routing.yaml", "who answers for what"),
    SettingsReference("notifications", "none", "who is told of what"),
    SettingsReference(
      "accepted-ahead", "2 min", "a device's clock may run so far ahead; beyond, the time of arrival counts"),
    SettingsReference("accepted-behind", "24 h", "and so far behind"),
    SettingsReference("history", "", "how long readings are kept"),
    SettingsReference("history.keep", "90 d", "readings that are older go"),
    SettingsReference("history.max-size", "4 GB", "when the database is larger, the oldest readings go"),
    SettingsReference("console", "", "the web console; `off` does without"),
    SettingsReference(
      "console.address", "127.0.0.1",
      "where it listens; an address that other machines reach needs TLS or a proxy"),
    SettingsReference("console.port", "8080", "0, or one that is taken: any free one"),
    SettingsReference("console.tls", "none", "the console's own certificate"),
    SettingsReference("console.tls.certificate", "", "PEM file of the chain"),
    SettingsReference("console.tls.key", "", "PEM file of the key"),
    SettingsReference(
      "console.behind-proxy", "false",
      "a proxy in front of it does TLS, and its `X-Forwarded-For` tells who asks"),
    SettingsReference("console.open311", "none", "residents' reports by Open311"),
    SettingsReference("console.open311.jurisdiction", "", "what requests name as their `jurisdiction_id`"),
    SettingsReference("console.open311.contact", "", "whom to turn to for a key, in a sentence"),
  ]

  /// docs/configuration.md, whole.
  public static var page: String {
    let rows = all.map {
      "| `\($0.key)` | \($0.standard.isEmpty ? "" : "`\($0.standard)`") | \($0.meaning) |"
    }
    return """
      # Configuration: every key of gatehouse.yaml

      Made by `gatehouse config keys`. Paths are relative to the configuration folder. The other files have pages of their own: [rules](rules.md), [routing](tickets.md), [notifications](notifications.md), [profiles](payloads.md).

      | key | without it | meaning |
      | --- | --- | --- |
      \(rows.joined(separator: "\n"))

      ## From release to release

      `version` says in which form the file is. An older one is read with a warning. `gatehouse config migrate` rewrites it: comments and order stay, and each file that changes is kept beside it as it was, with `.before` at the end of its name. `--dry-run` shows what would change.

      """
  }
}
