/// `device-listener:` in gatehouse.yaml, and the warnings of secrets that others can read.
import Configuration
import Foundation
import Gateway
import Testing

@Suite struct DeviceSettingsTests {
  private func settings(_ text: String) throws -> (Settings, Diagnostics) {
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: text, file: "gatehouse.yaml", diagnostics: diagnostics))
    return (
      Settings(document: document, folder: URL(fileURLWithPath: "/tmp/config"), diagnostics: diagnostics),
      diagnostics
    )
  }

  @Test("Without a device-listener other machines reach nothing")
  func none() throws {
    let (settings, diagnostics) = try settings("broker: embedded\n")
    #expect(settings.deviceListener == nil)
    #expect(!diagnostics.hasErrors)
  }

  @Test("Ports and names of the device-listener are read")
  func read() throws {
    let (settings, diagnostics) = try settings(
      "device-listener: {address: 192.0.2.7, port: 9883, names: [gate.lan, '192.0.2.7']}\n")
    let listener = try #require(settings.deviceListener)
    #expect(!diagnostics.hasErrors)
    #expect(listener.address == "192.0.2.7")
    #expect(listener.port == 9883)
    #expect(listener.certificatePort == 8884)
    #expect(listener.names == ["gate.lan", "192.0.2.7"])
  }

  @Test(
    "What can't be is an error",
    arguments: [
      "device-listener: {address: everywhere}\n", "device-listener: {port: 70000}\n",
      "device-listener: {port: 8884}\n", "device-listener: {names: ['a,IP:1.2.3.4']}\n",
      "broker: mqtt://b\ndevice-listener: {}\n", "device-listener: {prot: 1}\n",
    ])
  func wrong(text: String) throws {
    #expect(try settings(text).1.hasErrors)
  }

  @Test("A broker's password that others can read, or that anybody would try, is warned of")
  func openSecrets() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ds-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let secret = folder.appendingPathComponent("password").path
    func warnings(_ password: String, mode: Int) throws -> [String] {
      #expect(FileManager.default.createFile(atPath: secret, contents: Data(password.utf8)))
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: secret)
      let diagnostics = Diagnostics()
      var loaded = try #require(
        LoadedConfiguration(folder: root.appendingPathComponent("config"), diagnostics: diagnostics))
      loaded.settings.dataFolder = folder
      loaded.settings.broker = .url(
        "mqtts://gate@broker.example", passwordFile: secret, caFile: nil, maximumInFlight: 20)
      let found = Diagnostics()
      loaded.warnOfOpenSecrets(found)
      return found.warnings.map(\.message)
    }
    #expect(try warnings("kept well, long enough", mode: 0o600).isEmpty)
    #expect(try warnings("kept well, long enough", mode: 0o644).count == 1)
    #expect(try warnings("changeme\n", mode: 0o600).count == 1)
    #expect(try warnings("gate", mode: 0o604).count == 2)
    let own = folder.appendingPathComponent("broker")
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    #expect(
      FileManager.default.createFile(
        atPath: own.appendingPathComponent("password").path, contents: Data("x".utf8),
        attributes: [.posixPermissions: 0o640]))
    #expect(try warnings("kept well, long enough", mode: 0o600).count == 1)
  }
}
