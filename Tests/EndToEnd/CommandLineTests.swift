/// Configuration, usage and help, as a person meets them.
import Foundation
import Testing

@Suite("Configuration", .serialized)
struct ConfigurationTests {
  @Test("The shipped configuration is silent under check")
  func shipped() throws {
    let outcome = try Programs.run("gatehouse", ["check"])
    #expect(outcome.status == 0)
    #expect(outcome.output == "", "\(outcome.output)")
  }

  @Test("check prints every problem with file, line and column, and run refuses with the same text")
  func broken() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) {
      $0.replacingOccurrences(of: "accepted-ahead: 2 min", with: "accepted-ahead: 2 m")
        .replacingOccurrences(of: "topic-root: estates", with: "topic-rot: estates")
    }
    let rules = """
      - rule: broken-one
        title: {zh: 坏, en: Broken}
        on: elevator-noise-meter
        raise: leq(laeqq, 10min) > 35 dBA
        priority: P3
        ticket: elevator-noise
        source: none
      - rule: broken-two
        title: {zh: 坏, en: Broken}
        on: elevator-noise-meter
        raise: laeq > 3 m
        priority: P3
        ticket: elevator-noise
        source: none
      """
    try rules.write(to: config.appendingPathComponent("rules/broken.yaml"), atomically: true, encoding: .utf8)
    let estate = folder.appendingPathComponent("seeds/estates/luyuan.yaml")
    try String(contentsOf: estate, encoding: .utf8).replacingOccurrences(of: "depth:", with: "dept:")
      .write(to: estate, atomically: true, encoding: .utf8)

    let check = try Programs.run("gatehouse", ["check", config.path])
    #expect(check.status == 1)
    for expected in [
      "config/gatehouse.yaml:", "did you mean 'topic-root'", "'2 m' in m",
      "config/rules/broken.yaml:4:14: unknown signal 'laeqq'; did you mean 'laeq'?",
      "config/rules/broken.yaml:11:",
      "seeds/estates/luyuan.yaml:", "did you mean 'depth'",
    ] {
      #expect(check.output.contains(expected), "\(expected) in \(check.output)")
    }
    let run = try Programs.run(
      "gatehouse", ["run", "--config", config.path, "--data", folder.path + "/data"])
    #expect(run.status == 1)
    #expect(run.errors.contains(check.output.trimmingCharacters(in: .newlines)), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/gatehouse.sqlite"))
  }

  @Test(
    "Wrong usage ends with status 2 and says what is right",
    arguments: [["frob"], ["tickets", "--state", "sleeping"], ["demo", "--speed", "fast"], ["decode"]])
  func usage(_ arguments: [String]) throws {
    let outcome = try Programs.run("gatehouse", arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("Usage") || outcome.errors.contains("help"), "\(outcome.errors)")
  }

  @Test(
    "Every command explains itself with an example",
    arguments: [
      "run", "demo", "check", "decode", "tickets", "ticket", "alarms", "watch", "devices", "history",
      "explain", "status", "export", "recover", "test", "backtest", "quality", "profile", "campaign",
      "outbox",
    ])
  func help(_ command: String) throws {
    let outcome = try Programs.run("gatehouse", [command, "--help"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("EXAMPLE"))
    #expect(!outcome.output.contains("\u{1B}["), "no colour when not a terminal")
  }

  @Test("estatesim explains itself too", arguments: ["play", "list", "load", "replay"])
  func simulatorHelp(_ command: String) throws {
    let outcome = try Programs.run("estatesim", [command, "--help"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("EXAMPLE"))
  }
}
