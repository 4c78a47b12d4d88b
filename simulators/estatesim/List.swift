/// `estatesim list`
import ArgumentParser
import EstateModel
import EstateSimulator
import Foundation

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the scenarios.",
    discussion: """
      EXAMPLE
        estatesim list --json
      """)

  @OptionGroup var folders: Folders

  @Flag(help: "One JSON array, for programs.")
  var json = false

  private struct Entry: Encodable {
    var name: String
    var title: Title
    var durationSeconds: Int64
    var estates: [String]
    var tickets: Int
  }

  func run() throws {
    let entries = try folders.allScenarios().map { scenario in
      Entry(
        name: scenario.name, title: scenario.title, durationSeconds: scenario.duration / 1000,
        estates: scenario.estates ?? ["all"], tickets: scenario.expectations.count)
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(entries), as: UTF8.self))
      return
    }
    let width = entries.map(\.name.count).max() ?? 0
    for entry in entries {
      let name = entry.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let hours = plainNumber(Double(entry.durationSeconds) / 3600, digits: 2)
      print("\(name)  \(hours) h, \(entry.estates.joined(separator: " ")): \(entry.title.en)")
    }
  }
}
