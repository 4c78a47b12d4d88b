/// `gatehouse backup`, `restore` and `verify`.
import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Store

struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Write everything that the data folder holds into one file, while the gateway runs.",
    discussion: """
      Readings, alarms, tickets, accounts, enrolled devices and the gateway's own authority, as they are at one moment. \
      The file has mode 600: whoever reads it can sign in. Configuration is not in it.

      EXAMPLE
        gatehouse backup /media/usb/gatehouse-2026-03-10.backup
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Argument(help: "The file, which must not be there yet.") var file: String

  /// Beside the database.
  static let files = [
    "console-accounts.json", "broker/devices.json", "broker/password", "broker/ca/ca.pem", "broker/ca/ca.key",
    "broker/ca/index.txt", "broker/ca/crlnumber", "broker/ca/openssl.cnf", "broker/ca/revoked.pem",
  ]

  func run() throws {
    let folder = try options.dataFolder()
    let issued = folder.appendingPathComponent("broker/ca/issued").path
    let certificates = ((try? FileManager.default.contentsOfDirectory(atPath: issued)) ?? []).sorted()
    try finding {
      let facts = try Backup(file: URL(fileURLWithPath: file)).make(
        of: folder, files: Self.files + certificates.map { "broker/ca/issued/\($0)" }, at: Timestamp(Date()))
      try show(facts, output)
    }
  }
}

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read all of a backup, and compare it with its sums.",
    discussion: "EXAMPLE\n  gatehouse verify /media/usb/gatehouse-2026-03-10.backup")

  @OptionGroup var output: OutputOptions
  @Argument(help: "The backup.") var file: String

  func run() throws { try finding { try show(Backup(file: URL(fileURLWithPath: file)).verify(), output) } }
}

struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Make a data folder of a backup.",
    discussion: """
      Stop the gateway first. The backup is verified before anything is changed.

      EXAMPLE
        gatehouse restore /media/usb/gatehouse-2026-03-10.backup --data /var/lib/gatehouse
        gatehouse restore backup --replace      # what is there is moved aside
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Argument(help: "The backup.") var file: String
  @Flag(help: "Move aside what the data folder has now.") var replace = false

  func run() throws {
    let folder = try options.dataFolder()
    try finding {
      let outcome = try Backup(file: URL(fileURLWithPath: file)).restore(
        to: folder, replacing: replace, at: Timestamp(Date()))
      try show(outcome.facts, output)
      if let moved = outcome.moved, !output.json { print("what was there before is in \(moved)") }
    }
  }
}

private func show(_ facts: Backup.Facts, _ output: OutputOptions) throws {
  if output.json {
    print(try jsonLine(facts))
    return
  }
  let made = Timestamp(milliseconds: facts.made).formatted()
  print(
    "backup of \(made): \(grouped(facts.readings)) readings, \(facts.alarms) alarms, \(facts.tickets) tickets,"
      + " \(facts.files.count) files")
}

/// What is wrong with a file or folder, as a person is told.
private func finding(_ body: () throws -> Void) throws {
  do { try body() } catch let error as BackupError { throw Finding(text: "\(error)") } catch let error
    as StoreError
  {
    throw Finding(text: "\(error)")
  }
}
