/// What was decoded, as JSON lines for `gatehouse decode`.
import EstateModel

extension PayloadDecoder {
  /// One line for each reading, fault, event and status of the last message, in this order.
  ///
  ///     {"device":"luyuan/noise-1","signal":"laeq","value":47.4,"unit":"dBA","time":"2026-03-14T15:09:26.535Z",
  ///      "time_ms":1773500966535,"quality":"good"}
  ///     {"device":"luyuan/well-5","fault":true,"signal":"distance","reason":"No Sensor","time":…}
  ///     {"device":"luyuan/gate","event":"person","phase":"update","id":"7","zones":["gate"],"active":true,…}
  public func lines() -> [String] {
    let ofEvents = readings.filter { $0.event != 0 }
    return readings.filter { $0.event == 0 && $0.quality != .fault }.map(line(of:))
      + readings.filter { $0.event == 0 && $0.quality == .fault }.map(faultLine(of:))
      + events.enumerated().map { number, event in
        line(of: event, quality: number < ofEvents.count ? ofEvents[number].quality : .good)
      }
      + statusChanges.map { change in
        var line = JSONLine()
        line.add("device", name(of: change.device))
        line.add("signal", "available")
        line.add("value", change.isOnline ? 1 : 0)
        line.add("unit", "")
        return line.text
      }
  }

  private func line(of reading: Reading) -> String {
    let signal = Signal[reading.signal]
    var line = JSONLine()
    line.add("device", name(of: reading.device))
    line.add("signal", signal.name)
    line.add("value", reading.value)
    line.add("unit", signal.unit.symbol)
    line.add(reading.time)
    line.add("quality", reading.quality.name)
    line.add(reading.marks)
    return line.text
  }

  private func faultLine(of reading: Reading) -> String {
    let device = name(of: reading.device)
    let problem = problems.first { $0.signal == reading.signal && $0.device == device }
    var line = JSONLine()
    line.add("device", device)
    line.add("fault", true)
    line.add("signal", Signal[reading.signal].name)
    line.add("reason", problem?.detail ?? "fault")
    line.add(reading.time)
    line.add(reading.marks)
    return line.text
  }

  private func line(of event: EventDetail, quality: Quality) -> String {
    var line = JSONLine()
    line.add("device", event.device)
    line.add("event", event.kind)
    line.add("phase", event.phase.rawValue)
    line.add("id", event.id)
    line.add("zones", event.zones)
    line.add("active", event.active)
    line.add("start", Timestamp(milliseconds: event.startMilliseconds).formatted())
    line.add(Timestamp(milliseconds: event.timeMilliseconds))
    line.add("quality", quality.name)
    if let label = event.label { line.add("label", label) }
    return line.text
  }
}

/// One JSON object, its keys in the order in which they were added.
struct JSONLine {
  private var body = ""

  var text: String { "{\(body)}" }

  mutating func add(_ key: String, _ value: String) { append(key, Self.quoted(value)) }
  mutating func add(_ key: String, _ value: Bool) { append(key, value ? "true" : "false") }
  mutating func add(_ key: String, _ value: [String]) {
    append(key, "[\(value.map(Self.quoted).joined(separator: ","))]")
  }
  mutating func add(_ key: String, _ value: Double) { append(key, Self.number(value)) }
  mutating func add(_ time: Timestamp) {
    add("time", time.formatted())
    append("time_ms", String(time.milliseconds))
  }
  mutating func add(_ marks: ReadingMarks) {
    if marks.contains(.historical) { add("historical", true) }
    if marks.contains(.arrivalTime) { add("time_source", "arrival") }
  }

  private mutating func append(_ key: String, _ value: String) {
    body += (body.isEmpty ? "" : ",") + Self.quoted(key) + ":" + value
  }

  /// The shortest text that gives the same double back; whole numbers without a point.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }

  /// Source: RFC 8259, section 7.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 32:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
