/// A real gateway with its console, and a browser that is signed in to it.
import Foundation

enum ConsoleGateway {
  static let password = "correct horse battery"

  static func start(_ arguments: [String] = []) throws -> (RunningGateway, url: String) {
    let running = try RunningGateway(["--clock", "simulation", "--estates", "luyuan"] + arguments)
    guard try running.isUp() else { throw Failure(running.gateway.errors) }
    let file = running.data.appendingPathComponent("console.url")
    guard Programs.eventually(20, { FileManager.default.fileExists(atPath: file.path) }) else {
      throw Failure("no console: \(running.gateway.output) \(running.gateway.errors)")
    }
    let url = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    return (running, String(url.dropLast()))
  }

  /// An account with a password of its own.
  static func add(_ name: String, _ role: String, to running: RunningGateway) throws {
    let outcome = try Programs.run(
      "gatehouse",
      [
        "user", "add", name, "--role", role, "--password-from-input", "--config", running.config.path,
        "--data",
        running.data.path,
      ], input: Data((password + "\n").utf8))
    guard outcome.status == 0 else { throw Failure(outcome.errors) }
  }

  static func signIn(_ browser: Browser, _ url: String, as name: String) throws {
    try browser.open(url + "/")
    try browser.type(name, into: "[name=account]")
    try browser.type(password, into: "[name=password]")
    try browser.click("form.stack button[type=submit]")
    guard try Programs.eventually(20, { try browser.count("#live.on") == 1 }) else {
      throw Failure("no live page: \(try browser.text("body"))")
    }
  }

  /// The pages that everybody sees, by the names of their pictures.
  static func pages(ticket: String) -> [(name: String, path: String)] {
    [
      ("now", "/"), ("tickets", "/tickets"), ("ticket", "/tickets/\(ticket)"), ("estates", "/estates"),
      ("estate", "/estates/luyuan"), ("devices", "/devices"), ("rules", "/rules"),
      ("rule", "/rules/sewer-high-level"), ("report", "/report"), ("health", "/health"),
    ]
  }

  /// A token for programs.
  static func token(_ scope: String, of account: String, _ running: RunningGateway) throws -> String {
    let made = try running.command("user", "token", account, "--scope", scope)
    guard let token = made.lines.first?.split(separator: " ").last else { throw Failure(made.errors) }
    return String(token)
  }
}
