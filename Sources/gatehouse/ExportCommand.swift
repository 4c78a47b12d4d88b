import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Store

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write stored readings as CSV, in order of time.",
    discussion: """
      EXAMPLE
        gatehouse export --since 24h > readings.csv
        gatehouse export luyuan/probe-w03 level --since 7d --output level.csv
        gatehouse export yulongting-3/noise-b1u1 \\
          --since 2026-03-10T22:00:00+08:00 --until 2026-03-11T06:00:00+08:00

      Columns: time (RFC 3339), device, signal, value, unit, quality. The value is empty where the device reported a \
      fault. RFC 4180: commas, lines end with CR LF, UTF-8.
      """)

  @OptionGroup var options: ConfigurationOptions

  @Argument(help: "estate/device; default: all devices.") var device: String?
  @Argument(help: "The signal's name; default: all signals.") var signal: String?

  @Option(help: "From here: a time (RFC 3339), or so long before the latest batch.")
  var since: TimeArgument

  @Option(help: "To here, exclusive; default: the end.")
  var until: TimeArgument?

  @Option(
    name: .shortAndLong,
    help: "File to write instead of standard output. It appears when it is complete.")
  var output: String?

  func run() throws {
    if let signal, Signal.named(signal) == nil {
      throw Finding(
        text: "unknown signal '\(signal)'" + suggestion(for: signal, in: Signal.all.map(\.name)))
    }
    let reader = try options.reader()
    if let device {
      let known = try reader.devices()
      guard known.contains(device) else {
        throw Finding(text: "no readings of '\(device)'" + suggestion(for: device, in: known))
      }
    }
    let now = try reader.lastBatchTime() ?? .distantPast
    let (start, end) = (since.timestamp(now: now), until?.timestamp(now: now) ?? .distantFuture)
    guard start < end else { throw ValidationError("--since must lie before --until") }
    do {
      let sink = try Sink(output)
      var lines = ReadingLines(in: TimeZone(identifier: "Asia/Shanghai") ?? .gmt)
      try sink.write(ReadingLines.heading)
      try reader.readings(device: device, signal: signal, since: start, until: end) {
        try sink.write(lines.line($0))
      }
      try sink.finish()
      if output != nil { standardError("\(lines.count) readings") }
    } catch let error as StoreError {
      throw Finding(text: "\(error)")
    }
  }
}

/// Readings as lines of CSV.
struct ReadingLines {
  static let heading = "time,device,signal,value,unit,quality\r\n"

  private let zone: TimeZone
  private(set) var count = 0
  /// A minute's date and offset are worked out once.
  private var minute: Int64?
  private var start = ""
  private var offset = ""

  init(in zone: TimeZone) { self.zone = zone }

  mutating func line(_ reading: NamedReading) -> String {
    count += 1
    let unit = Signal.named(reading.signal).map { Signal[$0].unit.symbol } ?? ""
    let value = reading.value.isFinite ? Self.number(reading.value) : ""
    return time(reading.time)
      + ",\(Self.field(reading.device)),\(Self.field(reading.signal)),\(value),\(unit),"
      + reading.quality.name + "\r\n"
  }

  private mutating func time(_ time: Timestamp) -> String {
    let milliseconds = ((time.milliseconds % 60_000) + 60_000) % 60_000
    let minute = time.milliseconds - milliseconds
    if minute != self.minute {
      // 2026-03-10T22:45:00.000+08:00
      let text = Timestamp(milliseconds: minute).formatted(in: zone)
      (self.minute, start, offset) = (minute, String(text.prefix(17)), String(text.dropFirst(23)))
    }
    let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000)
    return "\(start)\(seconds < 10 ? "0" : "")\(seconds)."
      + "\(fraction < 100 ? "0" : "")\(fraction < 10 ? "0" : "")\(fraction)\(offset)"
  }

  /// The fewest digits that give the same number back.
  private static func number(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// In quotes where it must be. Source: RFC 4180, 2.
  private static func field(_ text: String) -> String {
    guard text.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else { return text }
    return "\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\""
  }
}

/// Where lines go: standard output, or a file that gets its name only when it is complete.
private final class Sink {
  private let path: String?
  private let handle: FileHandle
  private var waiting: [UInt8] = []

  init(_ path: String?) throws {
    self.path = path
    guard let path else {
      handle = .standardOutput
      return
    }
    let part = path + ".part"
    guard FileManager.default.createFile(atPath: part, contents: nil),
      let handle = FileHandle(forWritingAtPath: part)
    else { throw Finding(text: "\(path): can't be written") }
    self.handle = handle
  }

  func write(_ line: String) throws {
    waiting += Array(line.utf8)
    if waiting.count >= 65_536 { try flush() }
  }

  func finish() throws {
    try flush()
    guard let path else { return }
    try handle.close()
    guard rename(path + ".part", path) == 0 else {
      throw Finding(text: "\(path): \(String(cString: strerror(errno)))")
    }
  }

  private func flush() throws {
    do {
      try handle.write(contentsOf: Data(waiting))
    } catch {
      throw Finding(text: "\(path ?? "standard output"): \(error.localizedDescription)")
    }
    waiting.removeAll(keepingCapacity: true)
  }
}
