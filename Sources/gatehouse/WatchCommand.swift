import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Tickets

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Print alarms and ticket steps of the running gateway as they come.",
    discussion: """
      EXAMPLE
        gatehouse watch
        gatehouse watch --json | jq .
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let folder = try options.dataFolder()
    guard let client = ControlClient(dataFolder: folder) else {
      throw Finding(text: "no gateway runs on \(folder.path); start one with 'gatehouse run'")
    }
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    _ = try client.ask(.watch)
    if !output.json { standardError("watching; Ctrl-C ends") }
    while true {
      Terminal.flush()
      guard case .step(let step) = try client.next() else { continue }
      if output.json {
        print(try jsonLine(step))
        continue
      }
      switch step {
      case .alarm(let alarm):
        let place = alarm.towards.map { "\(alarm.place)→\($0)" } ?? alarm.place
        print(
          "\(LocalTime.text(alarm.at, in: zone))  alarm \(alarm.kind.rawValue)  \(alarm.priority.styled)"
            + "  \(alarm.estate)/\(place)  \(alarm.title.text(isChinese: Terminal.speaksChinese))")
      case .ticket(let event, let ticket):
        let line = TicketLine(ticket, in: zone, isChinese: Terminal.speaksChinese).text
        print("\(LocalTime.text(event.at, in: zone))  ticket \(event.kind.rawValue)  \(line)")
      }
    }
  }
}
