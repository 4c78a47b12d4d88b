/// Whole rule files that somebody has garbled, made by number: RULE_FILES says how many, `make soak` asks for a million.
import Configuration
import EstateModel
import Foundation
import Rules
import Testing

@Suite("Mutated rule files") struct MutatedFileTests {
  /// The rules that ship, one by one.
  private static let rules: [String] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("config/rules")
    return ["noise", "sewer", "wall", "gate", "devices"].flatMap { name -> [String] in
      let text =
        (try? String(contentsOf: folder.appendingPathComponent("\(name).yaml"), encoding: .utf8)) ?? ""
      return text.components(separatedBy: "\n- rule:").dropFirst().map { "- rule:\($0)\n" }
    }
  }()

  private static let pieces = [
    "(", ")", ",", " and ", " or ", "not ", "- ", "/", "*", ": ", "\n", "\n  ", "\t", "&a ", "*a", "<<: ",
    "|", ">-",
    "[", "]", "{", "}", "'", "\"", "#", "!!binary ", "%", "1e308", "10min", "400day", "７day", "（", "，", "：",
    "“", "dBA",
    "days(", "share(any, ", "compensated(", "overlap(", "typical(", "otherwise(", "upstream.", "device.",
    "inhibited-by: [", "towards: downstream", "clear: manual", "\u{0}", "\u{FEFF}", "\r\n", "é", "👍", "---",
    "...",
  ].map { Array($0.utf8) }

  private static func file(_ number: UInt64) -> String {
    var random = Sequence64(state: number &* 0x9E37_79B9_7F4A_7C15)
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      bytes += Array(rules[Int.random(in: 0..<rules.count, using: &random)].utf8)
    }
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let place = Int.random(in: 0...bytes.count, using: &random)
      let end = min(bytes.count, place + Int.random(in: 0...20, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes.removeSubrange(place..<end)
      case 1: bytes.insert(contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &random)], at: place)
      case 2:
        bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
      case 3: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
      default: bytes.removeSubrange(place...)
      }
      if bytes.isEmpty { bytes = [45] }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("Each is read or refused with a place; what is read runs, and none stops the program")
  func mutated() {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["RULE_FILES"].flatMap(UInt64.init) ?? 3000
    let first = environment["RULE_FILE"].flatMap(UInt64.init)
    let stand = Bench("[]")
    let calendars = ["night", "day", "noon-rest", "exam"].map {
      EstateCalendar(name: $0, hours: [(1320, 360)])
    }
    let named = Dictionary(uniqueKeysWithValues: calendars.map { ($0.name, $0) })
    let start = at("2026-03-10 21:58:00")
    var (read, refused) = (0, 0)
    for number in first.map({ $0...$0 }) ?? 0...max(1, count) - 1 {
      let text = Self.file(number)
      let diagnostics = Diagnostics()
      let document = Document(text: text, file: "f", diagnostics: diagnostics)
      let rules = RuleSet(
        documents: [document].compactMap { $0 }, calendars: named, catalogue: stand.catalogue,
        diagnostics: diagnostics)
      if diagnostics.hasErrors { refused += 1 }
      let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count + 2
      for problem in diagnostics.problems where problem.location.line < 1 || problem.location.line > lines {
        // The number makes the file again: RULE_FILE=n.
        Issue.record("file \(number): \(problem)")
      }
      guard !diagnostics.hasErrors, !rules.rules.isEmpty else { continue }
      read += 1
      guard number % 8 == 0 || first != nil else { continue }
      var engine = RuleEngine(rules: rules, catalogue: stand.catalogue, start: start)
      for step in 0..<Int64(40) {
        for (device, signal) in [
          ("meter", "laeq"), ("p11", "level"), ("p12", "level"), ("tilt", "tilt"), ("camera", "loitering"),
        ] {
          engine.ingest(
            stand.reading(device, signal, Double(step % 7) * 12, at: start + step * 20_000, event: 1))
        }
      }
      engine.advance(to: start + hour)
      var again = RuleEngine(rules: rules, catalogue: stand.catalogue, start: start)
      if (try? again.restore(snapshot: engine.snapshot())) == nil || again.snapshot() != engine.snapshot() {
        Issue.record("file \(number): its engine's snapshot is not its own")
      }
    }
    if first == nil, count >= 1000 {
      // Both ways are taken, so that the test has looked at both.
      #expect(read > count / 20)
      #expect(refused > count / 20)
    }
  }
}
