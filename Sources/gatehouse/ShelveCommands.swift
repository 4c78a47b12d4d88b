/// What is not to make tickets for a while: shelving, maintenance, devices out of service.
import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Store
import Tickets

/// The part that all of them have in common.
struct SuppressionOptions: ParsableArguments {
  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Option(help: "Who says so: a name or a function.") var by: String

  func ask(_ request: ControlRequest) throws {
    guard let client = ControlClient(dataFolder: try options.dataFolder()) else {
      throw Finding(text: "no gateway runs on this data folder; start it with 'gatehouse run'")
    }
    switch try client.ask(request) {
    case .suppression(let suppression): print(try SuppressionText.line(suppression, json: output.json))
    case .refused(let reason): throw Finding(text: reason)
    default: throw Finding(text: "the gateway gave an answer that doesn't fit; is it of another version?")
    }
  }
}

struct ShelveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shelve", abstract: "Hear nothing of one rule at one device for a while.",
    discussion: """
      Alarms go on being kept. When the time is up, one that is still active gets its ticket. At most 7 days, 8 hours \
      for rules of P1. A source that is raised 3 times in a minute or 10 times in ten is shelved for an hour by itself.

      EXAMPLE
        gatehouse shelve sewer-high-level luyuan/probe-w06 --for 2h --why 'pump test' --by guard
      """)
  @Argument(help: "The rule.") var rule: String
  @Argument(help: "The device, as estate/device.") var device: String
  @Option(name: .customLong("for"), help: "For how long: 30min, 8h, 2d.") var duration: DurationArgument
  @Option(help: "Why.") var why: String
  @OptionGroup var common: SuppressionOptions

  func run() throws {
    let scope = try SuppressionText.scope(of: device, rule: rule)
    let order = Suppression.Order(
      .shelved, scope, until: try SuppressionText.now(common) + duration.milliseconds, why: why)
    try common.ask(.suppress(order, by: common.by))
  }
}

struct MaintenanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maintenance",
    abstract: "Plan a window in which alarms of an estate, a place or a device make no tickets.",
    discussion: """
      EXAMPLE
        gatehouse maintenance luyuan --place w06 --for 4h --why 'sewer is flushed' --by community
        gatehouse maintenance luyuan --device probe-w06 --from '2026-04-15 08:00' --until '2026-04-15 12:00' \\
          --why 'probe is changed' --by integrator
      """)
  @Argument(help: "The estate.") var estate: String
  @Option(help: "Only this device.") var device: String?
  @Option(help: "Only this place and what lies in it.") var place: String?
  @Option(help: "Begin; default: now.") var from: MomentArgument?
  @Option(help: "End.") var until: MomentArgument?
  @Option(name: .customLong("for"), help: "Length, instead of an end.") var duration: DurationArgument?
  @Option(help: "Why.") var why: String
  @OptionGroup var common: SuppressionOptions

  func validate() throws {
    guard (until == nil) != (duration == nil) else {
      throw ValidationError("expected either --until or --for")
    }
  }

  func run() throws {
    let begin = try from?.timestamp.milliseconds ?? SuppressionText.now(common)
    let order = Suppression.Order(
      .maintenance, .init(estate: estate, device: device, place: place), from: from?.timestamp.milliseconds,
      until: until?.timestamp.milliseconds ?? duration.map { begin + $0.milliseconds }, why: why)
    try common.ask(.suppress(order, by: common.by))
  }
}

struct OutOfServiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "out-of-service",
    abstract: "Take a device out of service, until 'gatehouse unshelve' ends it.",
    discussion:
      "EXAMPLE\n  gatehouse out-of-service luyuan/probe-w06 --why 'cable torn, part ordered' --by integrator")
  @Argument(help: "The device, as estate/device.") var device: String
  @Option(help: "Why.") var why: String
  @OptionGroup var common: SuppressionOptions

  func run() throws {
    let order = Suppression.Order(
      .outOfService, try SuppressionText.scope(of: device, rule: nil), until: nil, why: why)
    try common.ask(.suppress(order, by: common.by))
  }
}

struct UnshelveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unshelve", abstract: "End a shelving, a maintenance window or the time out of service now.",
    discussion: "EXAMPLE\n  gatehouse unshelve S-7K2QM4 --by guard")
  @Argument(help: "Its id, as 'gatehouse shelved' shows it.") var id: String
  @OptionGroup var common: SuppressionOptions

  func run() throws { try common.ask(.endSuppression(id, by: common.by)) }
}

struct ShelvedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shelved", abstract: "List what is shelved, in maintenance or out of service.",
    discussion: "EXAMPLE\n  gatehouse shelved\n  gatehouse shelved --all --json")
  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Flag(help: "Also what has ended.") var all = false

  func run() throws {
    let list = try options.reader().suppressions().filter { all || $0.ended == nil }
    if list.isEmpty, !output.json { print(all ? "nothing was ever shelved" : "nothing is shelved") }
    for suppression in list { print(try SuppressionText.line(suppression, json: output.json)) }
  }
}

enum SuppressionText {
  static func scope(of path: String, rule: String?) throws -> Suppression.Scope {
    let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw Finding(text: "found '\(path)', expected estate/device; 'gatehouse devices' lists them")
    }
    return Suppression.Scope(estate: parts[0], device: parts[1], rule: rule)
  }

  /// The gateway's own time: that of a simulated run may be another day.
  static func now(_ common: SuppressionOptions) throws -> Int64 {
    guard let client = ControlClient(dataFolder: try common.options.dataFolder()),
      case .status(let status) = try client.ask(.status)
    else { return GatewayClock.wall.milliseconds }
    return status.now ?? GatewayClock.wall.milliseconds
  }

  static func line(_ suppression: Suppression, json: Bool) throws -> String {
    if json { return try jsonLine(suppression) }
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    let scope = suppression.scope
    let what = [scope.rule, scope.device.map { "\(scope.estate)/\($0)" } ?? scope.estate, scope.place]
      .compactMap { $0 }.joined(separator: " at ")
    let until = suppression.until.map { " until \(LocalTime.text($0, in: zone))" } ?? ""
    let end = suppression.ended.map {
      ", ended \(LocalTime.text($0, in: zone)) by \(suppression.endedBy ?? "time")"
    }
    return
      "\(suppression.id)  \(suppression.kind.rawValue)  \(what)  from \(LocalTime.text(suppression.from, in: zone))"
      + "\(until)\(end ?? ""): \(suppression.why) (\(suppression.by))"
  }
}
