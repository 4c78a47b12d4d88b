/// Turns a test's `readings:` into readings: series, events, tables.
import Configuration
import EstateModel
import Foundation

/// One signal of one device.
struct SeriesKey: Hashable, Sendable {
  var device: DeviceIndex
  var signal: SignalIndex
}

struct TestReadings {
  /// More readings than this in one test are refused.
  static let most = 4_000_000

  let document: Document
  let folder: URL
  let catalogue: Catalogue
  let clock: TestClock
  let leadIn: Int64
  let length: Int64
  let diagnostics: Diagnostics

  private var named: [DeviceIndex] = []
  /// Of (device of the whole catalogue, signal): later entries replace earlier ones.
  private var series: [SeriesKey: [Reading]] = [:]
  private var order: [SeriesKey] = []

  init(
    document: Document, folder: URL, catalogue: Catalogue, clock: TestClock, leadIn: Int64, length: Int64,
    diagnostics: Diagnostics
  ) {
    (self.document, self.folder, self.catalogue, self.clock) = (document, folder, catalogue, clock)
    (self.leadIn, self.length, self.diagnostics) = (leadIn, length, diagnostics)
  }

  /// Reads one `readings:` mapping: devices, their signals, what each says.
  mutating func read(_ node: Node) {
    guard let fields = Fields(node, of: "readings", diagnostics: diagnostics) else { return }
    for name in fields.keys {
      guard let signals = fields.optional(name) else { continue }
      guard let device = catalogue.device(named: name) else {
        let known = catalogue.devices.flatMap { [$0.id, $0.path] }
        diagnostics.error(
          "unknown device '\(name)'\(suggestion(for: name, in: known))", at: fields.keyLocation(name))
        continue
      }
      if !named.contains(device) { named.append(device) }
      guard let signalFields = Fields(signals, of: "'\(name)'", diagnostics: diagnostics) else { continue }
      for signal in signalFields.keys {
        guard let value = signalFields.optional(signal) else { continue }
        read(signal, value, of: device, at: signalFields.keyLocation(signal))
      }
    }
  }

  private mutating func read(_ name: String, _ node: Node, of device: DeviceIndex, at place: SourceLocation) {
    let kind = catalogue[device].kind
    guard let index = Signal.named(name), kind.reports(name) else {
      let known = kind.signals + DeviceKind.common
      diagnostics.error(
        "a \(kind.rawValue) has no signal '\(name)'\(suggestion(for: name, in: known))", at: place)
      return
    }
    let key = SeriesKey(device: device, signal: index)
    if series[key] == nil { order.append(key) }
    switch node.content {
    case .scalar(let text): series[key] = readings(text, node, key)
    case .mapping: series[key] = table(node, key)
    default:
      diagnostics.error("found \(node.kindName), expected values such as 38 x600, 52 x900", at: node.location)
    }
  }

  private func readings(_ text: String, _ node: Node, _ key: SeriesKey) -> [Reading] {
    let signal = Signal[key.signal]
    let placed = PlacedText(node, text: text, in: document)
    var result: [Reading] = []
    do {
      if signal.form == .event {
        try VisitText(text, clock: clock).messages { at, seconds, marks, quality, number in
          let time = clock.start + at
          result.append(
            Reading(
              device: key.device, signal: key.signal, time: time, arrival: time, value: seconds,
              quality: quality, marks: marks, event: number))
        }
      } else {
        let interval = catalogue[key.device].reportInterval
        try SeriesText(text, signal: signal).samples(interval: interval, length: leadIn + length) {
          let time = clock.start - leadIn + $0.time
          result.append(reading(key, time, $0.value, late: $0.late))
          return result.count <= Self.most
        }
      }
      if result.count > Self.most {
        diagnostics.error("more than \(Self.most) readings", at: node.location)
        return []
      }
    } catch {
      placed.report(error, diagnostics)
    }
    return result
  }

  private func reading(_ key: SeriesKey, _ time: Timestamp, _ value: Double, late: Int64 = 0) -> Reading {
    let quality: Quality =
      value.isNaN ? .fault : Signal[key.signal].range.contains(value) ? .good : .outOfRange
    return Reading(
      device: key.device, signal: key.signal, time: time, arrival: time + late, value: value, quality: quality
    )
  }

  /// `{csv: night.csv}`: time and value in two columns, with or without a head.
  private func table(_ node: Node, _ key: SeriesKey) -> [Reading] {
    guard let fields = Fields(node, of: "a table", diagnostics: diagnostics) else { return [] }
    defer { fields.finish() }
    guard let pathNode = fields.required("csv"), let path = pathNode.text(diagnostics) else { return [] }
    let url = URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL
    guard let bytes = try? Data(contentsOf: url), let text = String(bytes: bytes, encoding: .utf8) else {
      diagnostics.error("'\(path)' can't be read as UTF-8 text", at: pathNode.location)
      return []
    }
    var result: [Reading] = []
    for (number, line) in text.split(whereSeparator: \.isNewline).enumerated() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      let time =
        cells.first.flatMap { cell in
          Double(cell).flatMap { abs($0) < 1e9 ? clock.start + Int64($0 * 1000) : nil }
            ?? TestClock.start(cell, in: clock.timeZone)
        }
      let value = cells.count > 1 ? Double(cells[1]) : nil
      guard let time, let value else {
        if number == 0 { continue }
        diagnostics.error(
          "line \(number + 1) of '\(path)': found '\(line.prefix(60))', expected a time and a value",
          at: pathNode.location)
        return result
      }
      if time <= clock.start + length { result.append(reading(key, time, value)) }
    }
    return result
  }

  /// The devices that readings are given of, and their estates.
  var participants: Catalogue {
    let devices = named.sorted().map { catalogue[$0] }
    let estates = Set(devices.map(\.estate))
    return Catalogue(estates: catalogue.estates.filter { estates.contains($0.id) }, devices: devices)
  }

  /// What is given by hand, and so not simulated.
  func given(in part: Catalogue) -> Set<SeriesKey> {
    Set(
      order.compactMap { key in
        part.device(path: catalogue[key.device].path).map { SeriesKey(device: $0, signal: key.signal) }
      })
  }

  /// All readings by arrival, with the positions of the devices in another catalogue.
  func readings(in part: Catalogue) -> [Reading] {
    var all: [Reading] = []
    for key in order {
      guard let device = part.device(path: catalogue[key.device].path) else { continue }
      for reading in series[key] ?? [] where reading.arrival <= clock.start + length {
        var reading = reading
        reading.device = device
        all.append(reading)
      }
    }
    let ordered = all.enumerated().sorted { a, b in
      (a.element.arrival, a.element.device, a.element.time, a.offset)
        < (b.element.arrival, b.element.device, b.element.time, b.offset)
    }
    return ordered.map(\.element)
  }
}
