/// `gatehouse config …`: the configuration's form.
import ArgumentParser
import Foundation
import Gateway

struct ConfigCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Bring an older configuration up to date; list every key.",
    subcommands: [Migrate.self, Keys.self])

  struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "migrate", abstract: "Rewrite the files of an earlier release, with their comments.",
      discussion: """
        Each file that changes is kept as FILE.before. Without anything to change nothing is written.

        EXAMPLE
          gatehouse config migrate --dry-run
          gatehouse config migrate --config /etc/gatehouse
        """)
    @Option(help: "Configuration folder.") var config = "config"
    @Flag(help: "Show what would change, and write nothing.") var dryRun = false

    func run() throws {
      let changes = try ConfigurationVersion.changes(in: URL(fileURLWithPath: config).standardizedFileURL)
      if changes.isEmpty { print("nothing to change: version \(ConfigurationVersion.current)") }
      for change in changes {
        print(change.file.path)
        let (before, after) = (lines(change.before), lines(change.after))
        for step in after.difference(from: before) {
          switch step {
          case .remove(_, let line, _): print("  - \(line)")
          case .insert(_, let line, _): print("  + \(line)")
          }
        }
        if dryRun { continue }
        try replace(change)
      }
    }

    private func lines(_ text: String) -> [Substring] {
      text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Owner and mode stay; the file is whole at every moment.
    private func replace(_ change: ConfigurationVersion.Change) throws {
      let path = change.file.path
      let kept = path + ".before"
      guard !FileManager.default.fileExists(atPath: kept) else {
        throw Finding(text: "\(kept): is there already; move it away first")
      }
      var status = stat()
      guard stat(path, &status) == 0 else {
        throw Finding(text: "\(path): \(String(cString: strerror(errno)))")
      }
      let draft = path + ".draft"
      try Data(change.after.utf8).write(to: URL(fileURLWithPath: draft))
      chmod(draft, status.st_mode & 0o7777)
      if geteuid() == 0 { chown(draft, status.st_uid, status.st_gid) }
      guard link(path, kept) == 0, rename(draft, path) == 0 else {
        throw Finding(text: "\(path): \(String(cString: strerror(errno)))")
      }
    }
  }

  struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "keys", abstract: "Every key of gatehouse.yaml, as docs/configuration.md has it.",
      discussion: "EXAMPLE\n  gatehouse config keys")

    func run() { print(SettingsReference.page, terminator: "") }
  }
}
