/// What ticket commands take on their command line: moments, amounts, lists of households.
import ArgumentParser
import EstateModel
import Foundation
import Tickets

/// `2026-03-10T09:00:00+08:00`, or by the clock in China `2026-03-10 09:00`, or a day, `2026-03-13`.
struct MomentArgument: ExpressibleByArgument {
  var timestamp: Timestamp

  init?(argument: String) {
    let text = argument.replacingOccurrences(of: " ", with: "T")
    let complete =
      switch text.count {
      case 10: "\(text)T00:00:00+08:00"
      case 16: "\(text):00+08:00"
      default: text
      }
    guard let timestamp = Timestamp(rfc3339: complete) else { return nil }
    self.timestamp = timestamp
  }
}

/// `3600.00`: yuan, exact to the cent.
struct AmountArgument: ExpressibleByArgument {
  var cents: Int64

  init?(argument: String) {
    guard let cents = smallestParts(argument, digits: 2) else { return nil }
    self.cents = cents
  }
}

/// `well=10`
struct CountArgument: ExpressibleByArgument {
  var item: Resolution.Item

  init?(argument: String) {
    let parts = argument.split(separator: "=")
    guard parts.count == 2, let count = Int(parts[1]), 0...100_000 ~= count else { return nil }
    item = Resolution.Item(String(parts[0]), count)
  }
}

/// `unanimous`, `civil-code-278`, `civil-code-278-special`, or quorum and majority such as `2/3,1/2`.
struct RuleArgument: ExpressibleByArgument {
  var rule: ConsentRule

  init?(argument: String) {
    switch argument {
    case "unanimous": rule = .unanimous
    case "civil-code-278": rule = .civilCode278
    case "civil-code-278-special": rule = .civilCode278Special
    default:
      let fractions = argument.split(separator: ",").map { part -> ConsentRule.Fraction? in
        let numbers = part.split(separator: "/").map { Int64($0) }
        guard numbers.count == 2, let numerator = numbers[0], let denominator = numbers[1] else { return nil }
        return ConsentRule.Fraction(numerator, denominator)
      }
      guard fractions.count == 2, let quorum = fractions[0], let majority = fractions[1] else { return nil }
      rule = .custom(quorum: quorum, majority: majority)
    }
  }
}

/// A file with a household a line: `1-101,84.6` or `1-101,84.6,120.50`: id, area in m², share in yuan.
enum HouseholdFile {
  static func read(_ path: String) throws -> [Proposal.Household] {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw Finding(text: "\(path): \(error.localizedDescription)")
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    return try lines.compactMap { number, line in
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { return nil }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard 1...3 ~= fields.count, !fields[0].isEmpty,
        let area = fields.count > 1 ? smallestParts(fields[1], digits: 4) : 0,
        let share = fields.count > 2 ? smallestParts(fields[2], digits: 2) : 0
      else {
        throw Finding(text: "\(path):\(number + 1): found '\(line)', expected 'id,area in m²,share in yuan'")
      }
      return Proposal.Household(fields[0], area: area, share: share)
    }
  }
}

extension Pause.Reason: ExpressibleByArgument {}
extension Contact.Channel: ExpressibleByArgument {}
extension Resolution.Measure: ExpressibleByArgument {}
extension Proposal.Division: ExpressibleByArgument {}
extension Proposal.Vote: ExpressibleByArgument {}
extension Inspection.Plan: ExpressibleByArgument {}
