import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Gateway
import Notifications
import Store

struct OutboxCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outbox", abstract: "Messages: what waits to be sent, what was given up.",
    discussion: """
      Without a subcommand: lists what waits.

      EXAMPLE
        gatehouse outbox
        gatehouse outbox --dead
        gatehouse outbox resend 17
        gatehouse outbox test office-mail
      """,
    subcommands: [List.self, Resend.self, Test.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List messages in the order in which they were made.",
      discussion: "EXAMPLE\n  gatehouse outbox list --all --json")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Those that were given up.")
    var dead = false

    @Flag(help: "Those that were sent or put into a digest, too.")
    var all = false

    @Option(help: "Only those of this channel.")
    var channel: String?

    func run() throws {
      let states: Set<OutboxEntry.State>? = all ? nil : dead ? [.dead] : [.pending, .held]
      let entries = try options.reader().outbox(states).filter { channel == nil || $0.channel == channel }
      if output.json {
        for entry in entries { print(try jsonLine(entry)) }
        return
      }
      guard !entries.isEmpty else {
        print("no messages")
        return
      }
      let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
      print(
        Terminal.table(
          ["no", "made", "prio", "channel", "about", "state", "attempts", "next", "why"],
          entries.map { entry in
            [
              "\(entry.id ?? 0)", LocalTime.text(entry.made, in: zone), entry.priority.rawValue,
              entry.channel,
              "\(entry.estate) \(entry.notice)", entry.state.rawValue, "\(entry.attempts)",
              entry.next.map { LocalTime.text($0, in: zone) } ?? "", entry.error,
            ]
          }))
    }
  }

  struct Resend: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resend", abstract: "Send messages once more, with the same keys.",
      discussion: """
        The numbers are those of 'gatehouse outbox --dead'.

        EXAMPLE
          gatehouse outbox resend 17
          gatehouse outbox resend 17 18 21
        """)

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("The messages' numbers.", valueName: "number")) var numbers: [Int64]

    func run() throws {
      for number in numbers { try resend(number) }
    }

    private func resend(_ number: Int64) throws {
      let folder = try options.dataFolder()
      let key: String
      if let client = ControlClient(dataFolder: folder) {
        switch try client.ask(.resend(number)) {
        case .resent(let resent): key = resent
        case .refused(let reason): throw Finding(text: reason)
        default: throw GatewayError.controlLost
        }
      } else {
        key = try OfflineOutbox.resend(number, configuration: try options.load())
      }
      print(output.json ? try jsonLine(["key": key]) : "\(key) is sent once more")
    }
  }

  struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "test", abstract: "Send a test message by one channel, and say what became of it.",
      discussion: "EXAMPLE\n  gatehouse outbox test office-mail")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The channel's id.") var channel: String

    func run() throws {
      let loaded = try options.load(sends: true)
      guard let plan = loaded.notifications[channel] else {
        let names = loaded.notifications.channels.map(\.id)
        throw Finding(
          text: "no channel '\(channel)'\(suggestion(for: channel, in: names)); there are: "
            + (names.isEmpty ? "none" : names.joined(separator: ", ")))
      }
      switch TestMessage.send(by: plan, configuration: loaded) {
      case .sent: print(output.json ? try jsonLine(["channel": channel]) : "sent by '\(channel)'")
      case .later(let reason, _), .never(let reason):
        throw Finding(text: "'\(channel)' did not take it: \(reason)")
      }
    }
  }
}
