import ArgumentParser
import EstateModel
import Foundation
import Store

struct AlarmsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alarms", abstract: "List the alarms that are active now, or all that ever were.",
    discussion: """
      EXAMPLE
        gatehouse alarms
        gatehouse alarms --all --json
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Cleared ones too.")
  var all = false

  func run() throws {
    let alarms = try options.reader().alarms(activeOnly: !all)
    if output.json {
      for alarm in alarms { print(try jsonLine(alarm)) }
      return
    }
    guard !alarms.isEmpty else {
      print(all ? "no alarms" : "no active alarms")
      return
    }
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    print(
      Terminal.table(
        ["alarm", "prio", "since", "raised", "cleared", "where", "what"],
        alarms.map { alarm in
          let raised = alarm.raised
          let place = raised.towards.map { "\(raised.place)→\($0)" } ?? raised.place
          return [
            raised.alarm, raised.priority.rawValue, LocalTime.text(raised.onset, in: zone),
            LocalTime.text(raised.at, in: zone),
            alarm.cleared.map { LocalTime.text($0, in: zone) } ?? "active",
            "\(raised.estate)/\(place)", raised.title.text(isChinese: Terminal.speaksChinese),
          ]
        }))
  }
}
