/// Broker URLs.
import MQTTSession
import Testing

@Suite struct OptionsTests {
  struct Case: Sendable {
    let url: String
    let host: String
    let port: Int32
    var user: String?
    var password: String?
    var encrypted = false
  }

  @Test(
    "Broker URLs are read",
    arguments: [
      Case(url: "mqtt://localhost", host: "localhost", port: 1883),
      Case(url: "MQTT://10.0.0.7:1884/", host: "10.0.0.7", port: 1884),
      Case(url: "mqtts://broker.example", host: "broker.example", port: 8883, encrypted: true),
      Case(url: "mqtt://u:p@h:65535", host: "h", port: 65535, user: "u", password: "p"),
      Case(url: "mqtt://gatehouse@127.0.0.1:1883", host: "127.0.0.1", port: 1883, user: "gatehouse"),
      Case(
        url: "mqtts://a%40b:p%3Aq%2F@h", host: "h", port: 8883, user: "a@b", password: "p:q/", encrypted: true
      ),
      Case(url: "mqtt://[::1]:1883", host: "::1", port: 1883),
    ])
  func accepted(_ expected: Case) throws {
    let options = try #require(MQTTOptions(url: expected.url))
    #expect(options.host == expected.host)
    #expect(options.port == expected.port)
    #expect(options.username == expected.user)
    #expect(options.password == expected.password)
    #expect((options.tls != nil) == expected.encrypted)
  }

  @Test(
    "What is no broker URL is refused",
    arguments: [
      "", "localhost", "localhost:1883", "http://h", "mqtt://", "mqtt://:1883", "mqtt://h:0",
      "mqtt://h:65536",
      "mqtt://h:x", "mqtt://h/path", "mqtt://h?x=1", "mqtt://h#f", "mqtt://:p@",
    ])
  func refused(_ url: String) {
    #expect(MQTTOptions(url: url) == nil)
  }

  @Test("The URL for logs has no password and can be read again")
  func redacted() throws {
    let options = try #require(MQTTOptions(url: "mqtts://a%40b:secret@[::1]:1884"))
    #expect(options.redactedURL == "mqtts://a%40b@[::1]:1884")
    #expect(MQTTOptions(url: options.redactedURL)?.username == "a@b")
  }
}
