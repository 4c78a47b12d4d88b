import Configuration
import Foundation
import Gateway
import Store
import Testing

@Suite("Settings")
struct SettingsTests {
  private func read(_ text: String) -> (Settings, [String]) {
    let diagnostics = Diagnostics()
    guard let document = Document(text: text, file: "gatehouse.yaml", diagnostics: diagnostics) else {
      return (Settings(folder: URL(fileURLWithPath: "/c")), diagnostics.sorted().map(\.message))
    }
    let settings = Settings(
      document: document, folder: URL(fileURLWithPath: "/etc/gatehouse"), diagnostics: diagnostics)
    return (settings, diagnostics.sorted().map { "\($0.location): \($0.message)" })
  }

  @Test("Paths are relative to the configuration folder; an absolute one stays")
  func paths() {
    let (settings, problems) = read("data: /var/lib/gatehouse\nrules: my-rules\nbroker: embedded")
    #expect(problems.isEmpty)
    #expect(settings.dataFolder.path == "/var/lib/gatehouse")
    #expect(settings.rulesFolder.path == "/etc/gatehouse/my-rules")
    #expect(settings.profilesFolder.path == "/etc/gatehouse/profiles")
  }

  @Test("A foreign broker's window is 20 unless it is said otherwise")
  func broker() {
    guard case .url(let url, _, _, let window) = read("broker: mqtt://10.0.0.1:1883").0.broker else {
      Issue.record("no URL")
      return
    }
    #expect(url == "mqtt://10.0.0.1:1883")
    #expect(window == 20)
    let long = """
      broker:
        url: mqtts://gatehouse@broker.example
        password-file: secrets/broker
        max-in-flight: 1000
      """
    guard case .url(_, let password, _, let wide) = read(long).0.broker else {
      Issue.record("no URL")
      return
    }
    #expect(password == "/etc/gatehouse/secrets/broker")
    #expect(wide == 1000)
  }

  @Test("Readings are kept for 90 days and up to 4 GB unless it is said otherwise")
  func history() {
    #expect(
      read("broker: embedded").0.retention == Retention(keep: 7_776_000_000, maximumBytes: 4_000_000_000))
    let (settings, problems) = read("history: {keep: 400 d, max-size: 1.5 GiB}")
    #expect(problems.isEmpty)
    #expect(settings.retention == Retention(keep: 34_560_000_000, maximumBytes: 1_610_612_736))
    #expect(
      read("history: {keep: 36 h}").0.retention == Retention(keep: 129_600_000, maximumBytes: 4_000_000_000))
  }

  @Test(
    "What can't be meant is refused with place, found and expected",
    arguments: [
      ("broker: http://x", "gatehouse.yaml:1:9: found 'http://x', expected"),
      ("brokr: embedded", "gatehouse.yaml:1:1: gatehouse.yaml: unknown key 'brokr'; did you mean 'broker'?"),
      ("topic-root: a/b", "gatehouse.yaml:1:13: found 'a/b', expected one topic level"),
      ("accepted-ahead: 2 m", "gatehouse.yaml:1:17: found '2 m' in m, expected a quantity in s"),
      ("history: {keep: 3 h}", "gatehouse.yaml:1:17: found 3 h, expected a time from 1 d to 36500 d"),
      ("history: {keep: 90}", "gatehouse.yaml:1:17: found '90' in number, expected a quantity in s"),
      (
        "history: {max-size: 4 gb}",
        "gatehouse.yaml:1:21: found '4 gb', expected a size such as '4 GB'; did you mean 'GB'?"
      ),
      ("history: {max-size: 4}", "gatehouse.yaml:1:21: found '4', expected a size such as '4 GB'"),
      (
        "history: {max-size: 1 MB}",
        "gatehouse.yaml:1:21: found '1 MB', expected a size from 64 MB to 100 TB"
      ),
      (
        "history: {keeep: 90 d}", "gatehouse.yaml:1:11: history: unknown key 'keeep'; did you mean 'keep'?"
      ),
      ("broker:\n  url: mqtt://h\n  max-in-flight: 0", "gatehouse.yaml:3:18: found 0, expected 1 to 65535"),
    ])
  func refused(_ text: String, _ expected: String) {
    let problems = read(text).1
    #expect(problems.count == 1)
    #expect(problems.first?.hasPrefix(expected) == true, "\(problems)")
  }
}
