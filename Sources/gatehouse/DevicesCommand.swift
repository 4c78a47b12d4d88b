/// `gatehouse devices`
import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Gateway
import Store

struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "Devices: how they fare, what was wrong with their messages, and who else sends.",
    discussion: """
      EXAMPLE
        gatehouse devices
        gatehouse devices --problems --json
        gatehouse devices show luyuan/probe-w03
        gatehouse devices unclaimed
      """,
    subcommands: [DeviceListCommand.self, DeviceShowCommand.self, DeviceUnclaimedCommand.self],
    defaultSubcommand: DeviceListCommand.self)
}

struct DeviceListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Every device with its last word, battery, radio and clock; or only what was wrong.",
    discussion: """
      EXAMPLE
        gatehouse devices
        gatehouse devices --problems
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Only what could not be used, counted by device and reason.")
  var problems = false

  func run() throws {
    let reader = try options.reader()
    if problems { return try printProblems(reader) }
    let catalogue = try options.load().catalogue
    let list = DeviceOverview.all(catalogue, try reader.deviceStates(), now: try options.now(reader))
    if output.json {
      for device in list { print(try jsonLine(device)) }
      return
    }
    print(
      Terminal.table(
        ["device", "kind", "at", "last seen", "link", "battery", "days left", "rssi", "missed", "clock"],
        list.map { device in
          [
            device.device, device.kind, device.place,
            device.lastSeen.map { LocalTime.text($0, in: DeviceText.zone) } ?? "never",
            device.presence.rawValue, device.battery.map { "\(plainNumber($0, digits: 0)) %" } ?? "-",
            device.batteryDaysLeft.map { plainNumber($0, digits: 0) } ?? "-",
            device.rssi.map { plainNumber($0, digits: 0) } ?? "-",
            device.deliveryRatio == nil ? "-" : "\(device.missed)", DeviceText.clock(device),
          ]
        }))
  }

  private func printProblems(_ reader: StoreReader) throws {
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
            [$0.device, $0.reason, "\($0.count)", LocalTime.text($0.last, in: DeviceText.zone), $0.detail]
          }))
    }
  }
}

struct DeviceShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "One device: presence, values, battery, radio, clock, and what was wrong.",
    discussion: """
      EXAMPLE
        gatehouse devices show luyuan/probe-w03
        gatehouse devices show 24e124aa00020001 --json
      """)

  @Argument(help: "estate/device, its id where no other estate has it, or its network address.")
  var device: String

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    var overview: DeviceOverview
    var problems: [DeviceProblem]

    func encode(to encoder: any Encoder) throws {
      try overview.encode(to: encoder)
      var own = encoder.container(keyedBy: CodingKeys.self)
      try own.encode(problems, forKey: .problems)
    }

    private enum CodingKeys: CodingKey { case problems }
  }

  func run() throws {
    let catalogue = try options.load().catalogue
    let lowered = device.lowercased()
    let index =
      catalogue.device(named: device)
      ?? catalogue.devices.firstIndex { $0.address?.lowercased() == lowered }.map { DeviceIndex(UInt32($0)) }
    guard let index else {
      throw Finding(
        text: "unknown device '\(device)'\(suggestion(for: device, in: catalogue.devices.map(\.path)))")
    }
    let found = catalogue[index]
    let reader = try options.reader()
    let state = try reader.deviceStates().first { $0.device == found.path }
    let overview = DeviceOverview(found, state, now: try options.now(reader))
    let problems = try reader.problems(device: found.path)
    if output.json {
      print(try jsonLine(Report(overview: overview, problems: problems)))
    } else {
      print(DeviceText.text(overview, problems), terminator: "")
    }
  }
}

struct DeviceUnclaimedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unclaimed",
    abstract: "Devices that send and are not in the catalogue, each with an entry for it.",
    discussion: """
      At most 200, with the last message of each; names, faces and plates are left out of it.

      EXAMPLE
        gatehouse devices unclaimed
        gatehouse devices unclaimed --json
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  private struct Line: Encodable {
    var device: UnclaimedDevice
    var suggestion: String

    func encode(to encoder: any Encoder) throws {
      try device.encode(to: encoder)
      var own = encoder.container(keyedBy: CodingKeys.self)
      try own.encode(suggestion, forKey: .suggestion)
    }

    private enum CodingKeys: CodingKey { case suggestion }
  }

  func run() throws {
    let loaded = try options.load()
    let devices = try options.reader().unclaimedDevices(besides: loaded.catalogue)
    let suggestion = CatalogueSuggestion(loaded)
    if devices.isEmpty, !output.json { print("no unclaimed devices") }
    for device in devices {
      let entry = suggestion.entry(for: device)
      if output.json {
        print(try jsonLine(Line(device: device, suggestion: entry)))
        continue
      }
      let last = LocalTime.text(device.last, in: DeviceText.zone)
      print("# \(device.name): \(device.messages) messages, the last at \(last) on \(device.topic)")
      if let payload = device.payload { print("# \(payload)") }
      print(entry)
    }
  }
}

extension ConfigurationOptions {
  /// The gateway's time: that of the running one, else that of its last batch.
  fileprivate func now(_ reader: StoreReader) throws -> Timestamp {
    if let client = ControlClient(dataFolder: try dataFolder()),
      case .status(let status) = try client.ask(.status),
      let now = status.now
    {
      return Timestamp(milliseconds: now)
    }
    return try reader.lastBatchTime() ?? .distantPast
  }
}
