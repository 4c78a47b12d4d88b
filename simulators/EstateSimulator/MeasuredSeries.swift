/// A series that a real device measured, played as if one of the catalogue's devices measured it now.
import EstateModel
import Foundation

/// A table of two columns with a header: local time and value.
///
///     datetime,LEQ dB -A
///     2025-03-21 00:00:30,47.36041774214498
public struct MeasuredSeries: Playable, Sendable {
  public struct Problem: Error, CustomStringConvertible {
    public let description: String
  }

  /// Readings in order of time. The number stays as it is written, so that not a digit is lost.
  private let readings: [(time: Timestamp, value: Substring)]
  private let topic: String
  private let signal: String
  private var position = 0

  public var start: Timestamp
  public var end: Timestamp
  public var clockStep: Int64 { 60_000 }
  public var count: Int { readings.count }

  /// - Parameters:
  ///   - text: the table; `file` is how messages call it.
  ///   - device: `estate/device`.
  ///   - timeZone: of the time stamps.
  public init(text: String, file: String, device: String, signal: String, timeZone: TimeZone) throws(Problem)
  {
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    var readings: [(time: Timestamp, value: Substring)] = []
    for (number, line) in lines.enumerated().dropFirst() where !line.allSatisfy(\.isWhitespace) {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == 2 else {
        throw Problem(
          description: "\(file):\(number + 1): found \(fields.count) columns, expected 2: time and value")
      }
      guard let time = Self.localTime(fields[0], timeZone) else {
        throw Problem(
          description:
            "\(file):\(number + 1): found '\(fields[0])', expected a time such as 2025-03-21 00:00:30")
      }
      guard let value = Double(fields[1]), value.isFinite else {
        throw Problem(description: "\(file):\(number + 1): found '\(fields[1])', expected a number")
      }
      if let last = readings.last, time <= last.time {
        throw Problem(description: "\(file):\(number + 1): the time does not lie after the line before")
      }
      readings.append((time, fields[1]))
    }
    guard let first = readings.first, let last = readings.last else {
      throw Problem(description: "\(file):1: a header and no readings")
    }
    self.readings = readings
    self.signal = signal
    topic = "estates/\(device)"
    start = first.time - 1000
    let interval = readings.count > 1 ? (last.time - first.time) / Int64(readings.count - 1) : 1000
    end = last.time + max(1000, interval)
  }

  public func opening() -> [Publication] {
    [Publication(time: start, topic: topic + "/status", payload: "online", isRetained: true)]
  }

  public mutating func live(until time: Timestamp) -> [Publication] {
    var said: [Publication] = []
    while position < readings.count, readings[position].time <= time {
      let (at, value) = readings[position]
      said.append(
        Publication(
          time: at, topic: topic + "/reading",
          payload: "{\"ts\":\(at.milliseconds),\"\(signal)\":\(value)}"))
      position += 1
    }
    return said
  }

  /// `2025-03-21 00:00:30`, in the zone's own hours.
  private static func localTime(_ text: Substring, _ timeZone: TimeZone) -> Timestamp? {
    guard let asIfUTC = Timestamp(rfc3339: String(text) + "Z") else { return nil }
    let guess = asIfUTC - Int64(timeZone.secondsFromGMT(for: asIfUTC.date)) * 1000
    return asIfUTC - Int64(timeZone.secondsFromGMT(for: guess.date)) * 1000
  }
}
