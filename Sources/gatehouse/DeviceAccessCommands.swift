/// `gatehouse device …`: which devices the embedded broker lets in, also while the gateway runs.
import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Gateway

struct DeviceCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device", abstract: "Devices that the embedded broker lets in.",
    discussion: """
      A device publishes under its own topics, and reads nothing. Devices of other machines come in over TLS where \
      'device-listener' in gatehouse.yaml says.

      EXAMPLE
        gatehouse device enrol luyuan/probe-w01               prints a password
        gatehouse device enrol luyuan/cam-gate --certificate  a key, a certificate
        gatehouse device enrol chirpstack --topic 'application/#'
        gatehouse device revoke luyuan/probe-w01                 cut off at once
      """,
    subcommands: [Enrol.self, Revoke.self, List.self])

  struct Enrol: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "enrol",
      abstract: "Let a device in: by a password that is printed once, or by a certificate.",
      discussion: """
        EXAMPLE
          gatehouse device enrol luyuan/probe-w01
          gatehouse device enrol luyuan/probe-w01 --certificate --out /media/usb
        """)
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "A device of the catalogue (estate/device), or a bridge's name with --topic.") var device:
      String
    @Option(
      help: ArgumentHelp(
        "Where it may publish; may be given more than once. Default: ROOT/ESTATE/DEVICE/#",
        valueName: "filter"))
    var topic: [String] = []
    @Flag(help: "A key and a certificate of the gateway's own authority instead of a password.")
    var certificate =
      false
    @Option(help: ArgumentHelp("Folder for key and certificates.", valueName: "folder")) var out = "."
    @Flag(help: "Enrol again: what it had before is worthless from now on.") var replace = false

    private struct Line: Encodable {
      var user: String
      var topics: [String]
      var password: String?
      var key: String?
      var certificate: String?
      var authority: String?
      var port: Int?
    }

    func run() throws {
      let loaded = try options.load()
      let name = try name(loaded)
      let topics = topic.isEmpty ? ["\(loaded.settings.topicRoot)/\(name)/#"] : topic
      let book = EnrolmentBook(dataFolder: loaded.settings.dataFolder)
      var line = Line(user: name, topics: topics)
      let now = Timestamp(Date())
      if certificate {
        let base = URL(fileURLWithPath: out).appendingPathComponent(
          name.replacingOccurrences(of: "/", with: "-")
        ).path
        let authority = URL(fileURLWithPath: out).appendingPathComponent("gatehouse-ca.pem").path
        (line.key, line.certificate, line.authority) = (base + ".key", base + ".pem", authority)
        try book.enrolWithCertificate(
          name, topics: topics, replacing: replace, at: now, key: base + ".key", certificate: base + ".pem")
        guard let text = FileManager.default.contents(atPath: book.authorityFile),
          FileManager.default.createFile(atPath: authority, contents: text)
        else { throw Finding(text: "\(authority) can't be written") }
        line.port = loaded.settings.deviceListener?.certificatePort
      } else {
        line.password = try book.enrolWithPassword(name, topics: topics, replacing: replace, at: now)
        line.authority = FileManager.default.fileExists(atPath: book.authorityFile) ? book.authorityFile : nil
        line.port = loaded.settings.deviceListener?.port
      }
      print(output.json ? try jsonLine(line) : text(line))
    }

    private func name(_ loaded: LoadedConfiguration) throws -> String {
      if let index = loaded.catalogue.device(named: device) { return loaded.catalogue[index].path }
      guard topic.isEmpty else { return device }
      throw DeviceAccessError.unknownDevice(
        device, hint: suggestion(for: device, in: loaded.catalogue.devices.map(\.path)))
    }

    private func text(_ line: Line) -> String {
      var lines = ["user         \(line.user)"]
      if let password = line.password { lines.append("password     \(password)   (not shown again)") }
      if let key = line.key { lines.append("key          \(key)") }
      if let certificate = line.certificate { lines.append("certificate  \(certificate)") }
      if let authority = line.authority { lines.append("CA           \(authority)") }
      lines += line.topics.map { "publishes    \($0)" }
      lines.append(
        line.port.map { "port         \($0), TLS" }
          ?? "port         none for other machines: 'device-listener' in gatehouse.yaml opens one")
      return lines.joined(separator: "\n")
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke",
      abstract: "Make a device's password or certificate worthless, and end its connection.",
      discussion: "EXAMPLE\n  gatehouse device revoke luyuan/probe-w01")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The name under which it was enrolled.") var device: String

    func run() throws { try EnrolmentBook(dataFolder: try options.dataFolder()).revoke(device) }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Devices that may come in.",
      discussion: "EXAMPLE\n  gatehouse device list")
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    private struct Line: Encodable {
      var device: String
      var proof: String
      var topics: [String]
      var since: Int64
    }

    func run() throws {
      let lines = try EnrolmentBook(dataFolder: try options.dataFolder()).all().map { enrolment in
        let proof = if case .password = enrolment.proof { "password" } else { "certificate" }
        return Line(device: enrolment.name, proof: proof, topics: enrolment.topics, since: enrolment.since)
      }
      if output.json {
        for line in lines { print(try jsonLine(line)) }
      } else if lines.isEmpty {
        print("no device is enrolled")
      } else {
        print(
          Terminal.table(
            ["device", "by", "since", "publishes"],
            lines.map { line in
              [
                line.device, line.proof, Timestamp(milliseconds: line.since).formatted(),
                line.topics.joined(separator: " "),
              ]
            }))
      }
    }
  }
}
