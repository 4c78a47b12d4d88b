import ArgumentParser
import EstateModel
import Foundation
import Store

struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "List devices with their last word, or what was wrong with their messages.",
    discussion: """
      EXAMPLE
        gatehouse devices
        gatehouse devices --problems
        gatehouse devices --problems --json
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Only what could not be used, counted by device and reason.")
  var problems = false

  private struct Line: Encodable {
    var device: String
    var kind: String
    var place: String
    var lastSeen: Int64?
    var online: Bool?
  }

  func run() throws {
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    let reader = try options.reader()
    if problems {
      let list = try reader.problems()
      if output.json {
        for problem in list { print(try jsonLine(problem)) }
      } else if list.isEmpty {
        print("no problems")
      } else {
        print(
          Terminal.table(
            ["device", "reason", "count", "last", "detail"],
            list.map {
              [$0.device, $0.reason, "\($0.count)", LocalTime.text($0.last, in: zone), $0.detail]
            }))
      }
      return
    }
    let states = Dictionary(try reader.deviceStates().map { ($0.device, $0) }, uniquingKeysWith: { $1 })
    let catalogue = try options.load().catalogue
    let lines = catalogue.devices.map { device in
      let state = states[device.path]
      return Line(
        device: device.path, kind: device.kind.rawValue, place: device.place, lastSeen: state?.lastSeen,
        online: state?.online)
    }
    if output.json {
      for line in lines { print(try jsonLine(line)) }
      return
    }
    print(
      Terminal.table(
        ["device", "kind", "at", "last seen", "link"],
        lines.map { line in
          [
            line.device, line.kind, line.place, line.lastSeen.map { LocalTime.text($0, in: zone) } ?? "never",
            line.online.map { $0 ? "online" : "offline" } ?? "-",
          ]
        }))
  }
}
