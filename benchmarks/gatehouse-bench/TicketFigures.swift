/// 10,000 open tickets, listed and filtered by the command line: whole processes, from their start to their end.
import EstateModel
import Foundation
import Store
import Tickets

private let ticketCount = 10_000

func ticketFigures(_ workshop: Workshop, runs: Int) throws -> [Figure] {
  let place = try workshop.folder(devices: ticketCount)
  defer { place.remove() }
  try fill(place)
  let figures = [
    ("list 10,000 open tickets", []),
    ("filter them by party and priority", ["--party", "system-integrator", "--priority", "P2"]),
    (
      "filter them by what is overdue in an estate",
      ["--overdue", "--estate", try place.loaded().catalogue.estates[0].id]
    ),
    ("print them all as JSON", ["--json"]),
  ]
  return try figures.map { name, arguments in
    let values = try (0..<runs).map { _ in try milliseconds(workshop, place, arguments) }
    return Figure(name: name, unit: "ms", values: values, target: name.hasPrefix("print") ? nil : 50)
  }
}

private func milliseconds(_ workshop: Workshop, _ place: Workplace, _ arguments: [String]) throws -> Double {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: try workshop.program("gatehouse"))
  process.arguments = ["tickets", "--config", place.config.path, "--data", place.data.path] + arguments
  let output = place.folder.appendingPathComponent("list.txt")
  try Data().write(to: output)
  process.standardOutput = try FileHandle(forWritingTo: output)
  let began = ContinuousClock.now
  try process.run()
  // Foundation's own waiting looks every 50 ms.
  while process.isRunning { usleep(200) }
  let took = seconds(since: began) * 1000
  let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n").count
  guard process.terminationStatus == 0, lines > 10 else { throw BenchError("\(arguments): \(lines) lines") }
  return took
}

/// A ticket for each device, of all priorities; half of them have been taken up.
private func fill(_ place: Workplace) throws {
  let loaded = try place.loaded()
  try FileManager.default.createDirectory(at: place.data, withIntermediateDirectories: true)
  let store = try Store.open(folder: place.data, catalogue: loaded.catalogue)
  let category = Tickets.Category(
    name: "device-maintenance", title: Title(zh: "设备维护", en: "Device maintenance"), togetherBy: .device,
    withCompany: Assignment(lead: .propertyCompany, others: [.systemIntegrator]),
    withoutCompany: Assignment(lead: .systemIntegrator, others: [.community]), escalation: [.community])
  var routing = Routing(categories: [category])
  routing.newTicketsAMinute = ticketCount
  var book = TicketBook(routing: routing, catalogue: loaded.catalogue)
  let start = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) - 4 * 86_400_000)
  var batch = Batch(now: start)
  for (number, device) in loaded.catalogue.devices.enumerated() {
    let at = start + Int64(number) * 30_000
    let alarm = AlarmTransition(
      kind: .raised, alarm: "A-\(number)", rule: "device-silent",
      title: Title(zh: "设备失联", en: "Device silent"),
      estate: device.estate, device: device.id, place: device.place, priority: Priority.allCases[number % 4],
      category: category.name, onset: at, at: at,
      evidence: [Evidence(label: "silent", value: 3600, unit: "s")])
    batch.transitions.append(alarm)
    var events = book.apply(alarm)
    if number % 2 == 0, let ticket = events.first?.ticket {
      events += try book.perform(
        TicketCommand(.acknowledge(note: "on the list"), ticket: ticket, by: "li", at: at, via: .console))
    }
    batch.record(events, from: book)
    if batch.transitions.count == 500 {
      try store.commit(batch)
      batch = Batch(now: at)
    }
  }
  batch.record(book.advance(to: start + 4 * 86_400_000), from: book)
  try store.commit(batch)
  try store.close()
}
