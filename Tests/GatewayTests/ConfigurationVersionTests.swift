/// Configuration of earlier releases, and the list of every key.
import Configuration
import Foundation
import Gateway
import Testing

@Suite("The configuration's form")
struct ConfigurationVersionTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent()

  private func folder(_ main: String, _ template: String) throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cv-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in [("gatehouse.yaml", main), ("mosquitto.conf.template", template)] {
      try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
    return folder
  }

  private let oldMain = """
    # What this gateway is.

    # Our broker, moved in 2025.
    broker: embedded   # for now
    data: /srv/gatehouse

    """
  private let oldTemplate = """
    # Loopback only.
    listener {{port}} 127.0.0.1
    allow_anonymous false
    password_file {{folder}}/passwords
    user {{user}}
    persistence_location {{folder}}/
    # ours: the pump sends a lot
    max_queued_messages 5000
    max_inflight_messages {{in-flight}}

    """

  @Test("Files of release 0.1.0 get what is new, and keep comments, order and what was changed")
  func migrate() throws {
    let folder = try folder(oldMain, oldTemplate)
    defer { try? FileManager.default.removeItem(at: folder) }
    let changes = try ConfigurationVersion.changes(in: folder)
    #expect(changes.map(\.file.lastPathComponent) == ["gatehouse.yaml", "mosquitto.conf.template"])
    #expect(
      changes.first?.after == """
        # What this gateway is.

        version: 2

        # Our broker, moved in 2025.
        broker: embedded   # for now
        data: /srv/gatehouse

        """)
    let template = try #require(changes.last?.after.split(separator: "\n").map(String.init))
    #expect(template.contains("# ours: the pump sends a lot"))
    #expect(template.contains("max_queued_messages 5000"))
    #expect(template.filter { $0.hasPrefix("password_file") } == ["password_file {{passwords}}"])
    #expect(template.contains("acl_file {{rights}}") && template.contains("include_dir {{listeners}}"))

    for change in changes { try change.after.write(to: change.file, atomically: true, encoding: .utf8) }
    #expect(try ConfigurationVersion.changes(in: folder).isEmpty, "a second time there is nothing to do")
  }

  @Test("A version that stands there is replaced where it stands; its comment stays")
  func replaced() throws {
    let folder = try folder("a: 1\nversion: 1  # ours\nb: 2\n", EmbeddedBroker.defaultTemplate)
    defer { try? FileManager.default.removeItem(at: folder) }
    let changes = try ConfigurationVersion.changes(in: folder)
    #expect(changes.map(\.after) == ["a: 1\nversion: 2  # ours\nb: 2\n"])
  }

  @Test("An older configuration is warned of, a newer one refused, today's passes", arguments: [1, 2, 3])
  func loading(version: Int) throws {
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent("cv-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: copy) }
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    for name in ["config", "seeds"] {
      try FileManager.default.copyItem(
        at: Self.root.appendingPathComponent(name), to: copy.appendingPathComponent(name))
    }
    let main = copy.appendingPathComponent("config/gatehouse.yaml")
    let text = try String(contentsOf: main, encoding: .utf8)
    try text.replacingOccurrences(of: "version: 2\n", with: version == 1 ? "" : "version: \(version)\n")
      .write(to: main, atomically: true, encoding: .utf8)
    let diagnostics = Diagnostics()
    _ = LoadedConfiguration(folder: copy.appendingPathComponent("config"), diagnostics: diagnostics)
    #expect(diagnostics.hasErrors == (version == 3))
    #expect(diagnostics.warnings.contains { $0.message.contains("config migrate") } == (version == 1))
  }

  @Test("The list of keys is that of the keys which are read, and docs/configuration.md is made of it")
  func keys() throws {
    let diagnostics = Diagnostics()
    let whole = """
      broker: {url: "mqtt://b"}
      device-listener: {}
      device-budget: {}
      history: {}
      console: {tls: {certificate: a, key: b}, open311: {jurisdiction: j, contact: c}}
      """
    let document = try #require(Document(text: whole, file: "gatehouse.yaml", diagnostics: diagnostics))
    _ = Settings(document: document, folder: URL(fileURLWithPath: "/c"), diagnostics: diagnostics)
    let read = Set(
      diagnostics.keys.flatMap { subject, keys in
        keys.map { subject == "gatehouse.yaml" ? $0 : "\(subject).\($0)" }
      })
    #expect(Set(SettingsReference.all.map(\.key)) == read)
    let page = Self.root.appendingPathComponent("docs/configuration.md")
    #expect(
      try String(contentsOf: page, encoding: .utf8) == SettingsReference.page,
      "gatehouse config keys >docs/configuration.md")
  }
}
