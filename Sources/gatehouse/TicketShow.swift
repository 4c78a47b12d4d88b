/// A whole ticket on the terminal, or as sheets for the notice board.
import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Store
import Tickets

struct TicketShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Everything about a ticket, with its clocks and its history.",
    discussion: "EXAMPLE\n  gatehouse ticket show T-260310-7K2QM4")

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Argument(help: "The ticket's id.") var ticket: String

  private struct Whole: Encodable {
    var ticket: Ticket
    var events: [TicketEvent]
  }

  func run() throws {
    let (found, events) = try StoredTicket.read(ticket, options)
    if output.json {
      print(try jsonLine(Whole(ticket: found, events: events)))
      return
    }
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    print(TicketLine(found, in: zone, isChinese: Terminal.speaksChinese).text)
    for line in Self.details(found, in: zone) { print("  " + line) }
    for event in events {
      print(
        "  \(event.sequence)  \(LocalTime.text(event.at, in: zone))  \(event.summary)  (\(event.by), \(event.via.rawValue))"
      )
    }
  }

  /// What the events leave behind, a line each.
  private static func details(_ ticket: Ticket, in zone: TimeZone) -> [String] {
    var lines = ticket.clocks.map { clock in
      let state =
        clock.met.map {
          $0 <= clock.due
            ? "in time, \(LocalTime.text($0, in: zone))" : "late, \(LocalTime.text($0, in: zone))"
        }
        ?? (ticket.isPaused ? "stands still" : clock.stage == .missed ? "missed" : "running")
      return "\(clock.kind.rawValue): due \(LocalTime.text(clock.due, in: zone)) (\(clock.term)), \(state)"
    }
    if let pause = ticket.pause {
      lines.append("paused for \(pause.reason.rawValue) until \(LocalTime.text(pause.until, in: zone))")
    }
    if let supervisor = ticket.supervisor { lines.append("asked in its stead: \(supervisor.title.en)") }
    if !ticket.others.isEmpty {
      lines.append("informed: \(ticket.others.map(\.title.en).joined(separator: ", "))")
    }
    if !ticket.affected.isEmpty { lines.append("suffers, too: \(ticket.affected.joined(separator: ", "))") }
    if let watch = ticket.watch {
      let blind = watch.blind.isEmpty ? "" : "; silent devices: \(watch.blind.joined(separator: " "))"
      lines.append(
        "watched since \(LocalTime.text(watch.from, in: zone)) for \(watch.quiet / 3_600_000) h\(blind)")
    }
    if let proof = ticket.proof {
      lines.append(
        "normal from \(LocalTime.text(proof.from, in: zone)) to \(LocalTime.text(proof.until, in: zone)):"
          + " \(proof.sensors.map(\.device).joined(separator: " "))")
    }
    let links = [
      ticket.former.map { "before: \($0)" }, ticket.rootCause.map { "root cause: \($0)" },
      ticket.mergedInto.map { "goes on as: \($0)" },
      ticket.absorbed.isEmpty ? nil : "took in: \(ticket.absorbed.joined(separator: " "))",
      ticket.reference.map { "reference: \($0)" }, ticket.campaign.map { "campaign: \($0)" },
    ]
    lines += links.compactMap { $0 }
    let occurrences = ticket.recurrenceText(isChinese: Terminal.speaksChinese, in: zone)
    return lines + occurrences.split(separator: "\n").map(String.init)
  }
}

struct TicketPrint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "print",
    abstract: "A ticket's visits, councils, proposals and recurrences as sheets to put up.",
    discussion: """
      EXAMPLE
        gatehouse ticket print T-260414-7K2QM4
        gatehouse ticket print T-260414-7K2QM4 --chinese
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Argument(help: "The ticket's id.") var ticket: String
  @Flag(help: "In Chinese, whatever the terminal speaks.") var chinese = false

  private struct Sheet: Encodable {
    var ticket: String
    var text: String
  }

  func run() throws {
    let (found, _) = try StoredTicket.read(ticket, options)
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    let isChinese = chinese || Terminal.speaksChinese
    var sheets = found.visits.map { $0.text(isChinese: isChinese, in: zone) }
    sheets += found.councils.map { $0.text(isChinese: isChinese, in: zone) }
    sheets += found.proposals.map { $0.text(isChinese: isChinese, in: zone) }
    if !found.occurrences.isEmpty { sheets.append(found.recurrenceText(isChinese: isChinese, in: zone)) }
    if output.json {
      for sheet in sheets { print(try jsonLine(Sheet(ticket: found.id, text: sheet))) }
      return
    }
    print(sheets.isEmpty ? "nothing to print" : sheets.joined(separator: "\n\n"))
  }
}

enum StoredTicket {
  static func read(_ id: String, _ options: ConfigurationOptions) throws -> (Ticket, [TicketEvent]) {
    guard let (found, events) = try options.reader().ticket(id) else {
      throw Finding(text: "there is no ticket '\(id)'; 'gatehouse tickets --all' lists them")
    }
    return (found, events)
  }
}

struct CampaignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "campaign", abstract: "How far an inspection campaign has come, over all its estates.",
    discussion: "EXAMPLE\n  gatehouse campaign heaters-2026")

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Argument(help: "The campaign's name.") var name: String

  func run() throws {
    let configuration = try options.load()
    var book = TicketBook(routing: configuration.routing, catalogue: configuration.catalogue)
    try book.restore(try options.reader().ticketEvents())
    guard let summary = book.campaign(name) else { throw Finding(text: "there is no campaign '\(name)'") }
    if output.json {
      print(try jsonLine(summary))
      return
    }
    let plans = summary.inspections.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    print(
      "\(summary.campaign): \(summary.estates) estates, \(summary.covered) of \(summary.places) buildings")
    print("  plans: \(plans.isEmpty ? "none" : plans.joined(separator: ", ")); \(summary.done) carried out")
    for part in summary.parts {
      print("  \(part.ticket)  \(part.state.rawValue)  \(part.estate)  \(part.lacking ?? "complete")")
    }
  }
}
