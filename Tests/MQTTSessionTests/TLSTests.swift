/// Encrypted links, with a certificate made for the test.
import Foundation
import MQTTSession
import TestSupport
import Testing

@Suite struct TLSTests {
  /// A certificate for `localhost` and 127.0.0.1, signed by itself.
  private func certificate(in folder: URL) throws {
    let maker = Process()
    maker.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    maker.arguments = [
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
      "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder.appendingPathComponent("key.pem").path,
      "-out",
      folder.appendingPathComponent("cert.pem").path,
    ]
    maker.standardError = FileHandle.nullDevice
    try maker.run()
    maker.waitUntilExit()
    try #require(maker.terminationStatus == 0)
  }

  @Test("Over TLS messages arrive, held ones come again, and an unknown certificate is refused")
  func encrypted() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try certificate(in: folder)
    let certificate = folder.appendingPathComponent("cert.pem").path
    let port = Int32(try freePort())
    let broker = try Broker(
      settings: """
        listener \(port) 127.0.0.1
        certfile \(certificate)
        keyfile \(folder.appendingPathComponent("key.pem").path)
        """)
    var options = MQTTOptions(
      port: port, clientID: "s", tls: MQTTOptions.TLS(caFile: certificate), cleanSession: false)
    let session = try broker.connected(options)
    var got: [Int] = []
    session.onMessage = { got.append(Int(text($0.payload)) ?? -1) }
    session.subscribe([("t", 1)])
    #expect(session.turn { session.subscriptions[0].state == .granted(qos: 1) })

    let publisher = try broker.connected(broker.options("p"))
    for number in 0..<5_000 { try publisher.publish(topic: "t", payload: "\(number)") }
    #expect(publisher.drain(timeout: .seconds(10)))
    #expect(session.readOnly { got.count >= 5_000 })
    #expect(got == Array(0..<5_000))
    session.dropLink()
    got = []
    #expect(session.turn { got.count >= 5_000 })
    #expect(got == Array(0..<5_000))

    try session.publish(topic: "t", payload: "7")
    #expect(session.turn { got.last == 7 && session.unacknowledged == 0 })

    options.tls = MQTTOptions.TLS()
    options.clientID = "stranger"
    let stranger = try MQTTSession(options, logger: quiet)
    stranger.connect()
    #expect(stranger.turn { if case .disconnected = stranger.linkState { true } else { false } })
  }
}
