/// Reads the short texts of rule tests word by word, and knows where each stands in the file.
import Configuration
import EstateModel

/// Thrown inside a text; the reader of the file makes a located problem of it.
struct TextProblem: Error {
  var message: String
  /// Characters from the text's beginning.
  var offset: Int
}

struct TextScanner {
  /// Higher counts are refused.
  static let mostTimes = 20_000_000

  private let characters: [Character]
  private(set) var position = 0

  init(_ text: String) { characters = Array(text) }

  var isAtEnd: Bool { position == characters.count }
  var next: Character? { isAtEnd ? nil : characters[position] }

  mutating func skipBlanks() {
    while let next, next.isWhitespace { position += 1 }
  }

  /// Takes a sign such as `,` or `..` when it comes next.
  mutating func take(_ sign: String) -> Bool {
    skipBlanks()
    let sign = Array(sign)
    guard position + sign.count <= characters.count,
      Array(characters[position..<position + sign.count]) == sign
    else { return false }
    position += sign.count
    return true
  }

  /// The word that comes next: letters and '-'; empty when none does.
  func peekWord() -> String {
    var index = position
    while index < characters.count, characters[index].isWhitespace { index += 1 }
    var word = ""
    while index < characters.count, characters[index].isLetter || characters[index] == "-" && !word.isEmpty {
      word.append(characters[index])
      index += 1
    }
    return word
  }

  mutating func take(word: String) -> Bool {
    guard peekWord() == word else { return false }
    skipBlanks()
    position += word.count
    return true
  }

  /// `x600`: how often.
  mutating func takeCount() throws(TextProblem) -> Int? {
    skipBlanks()
    guard let next, next == "x" || next == "×" else { return nil }
    let start = position
    position += 1
    skipBlanks()
    guard let count = Int(takeWhile(\.isNumber)), (1...Self.mostTimes).contains(count) else {
      throw TextProblem(message: "expected a count such as x600, at most \(Self.mostTimes)", offset: start)
    }
    return count
  }

  mutating func takeWhile(_ matches: (Character) -> Bool) -> String {
    let start = position
    while let next, matches(next) { position += 1 }
    return String(characters[start..<position])
  }

  /// A number such as `-0.5`; nil when none comes next. Two points end it: `26..40`.
  mutating func takeNumber() throws(TextProblem) -> Double? {
    skipBlanks()
    let start = position
    var index = position
    var text = ""
    while index < characters.count {
      let character = characters[index]
      let isSign = "+-".contains(character) && text.isEmpty
      let isPoint = character == "." && !(index + 1 < characters.count && characters[index + 1] == ".")
      guard isSign || isPoint || character.isASCII && character.isNumber else { break }
      text.append(character)
      index += 1
    }
    if text.isEmpty { return nil }
    guard let value = Double(text), value.isFinite else {
      throw TextProblem(message: "'\(text)' is not a number", offset: start)
    }
    position = index
    return value
  }

  /// A unit right behind a number; nil when the next word is none.
  mutating func takeUnit() -> Unit? {
    let start = position
    skipBlanks()
    var symbol = takeWhile { $0.isLetter || $0 == "%" || $0 == "°" || $0 == "℃" }
    if next == "(", symbol == "dB" { symbol += takeWhile { "()ABCZ".contains($0) } }
    if next == "/" { symbol += takeWhile { $0 == "/" || $0.isLetter } }
    if !symbol.isEmpty, let unit = Unit(symbol: symbol) { return unit }
    position = start
    return nil
  }

  /// A length of time in milliseconds, also of several parts: `1h45min`, `2 day 3 h`.
  mutating func takeDuration() throws(TextProblem) -> (milliseconds: Int64, hasSeconds: Bool)? {
    skipBlanks()
    let start = position
    var total = 0.0
    var hasSeconds = false
    var hasAny = false
    while true {
      let before = position
      guard let value = try takeNumber() else { break }
      guard let unit = takeUnit(), unit.dimension == .time else {
        if !hasAny || next?.isLetter == true {
          throw TextProblem(message: "expected a length of time such as 20min or 1h30min", offset: start)
        }
        position = before
        break
      }
      hasAny = true
      hasSeconds = hasSeconds || unit.scale < 60
      total += value * unit.scale
    }
    guard hasAny else { return nil }
    guard total >= 0, total <= 400 * 86_400 else {
      throw TextProblem(message: "expected a time from 0 to 400 days", offset: start)
    }
    return (Int64((total * 1000).rounded()), hasSeconds)
  }

  mutating func requireDuration(_ after: String) throws(TextProblem) -> Int64 {
    guard let duration = try takeDuration() else {
      throw TextProblem(message: "'\(after)' needs a length of time such as 20min", offset: position)
    }
    return duration.milliseconds
  }

  /// What is left, for messages: at most a word.
  func rest() -> String {
    var scanner = self
    scanner.skipBlanks()
    let word = scanner.takeWhile { !$0.isWhitespace && $0 != "," }
    return word.isEmpty ? String(characters[scanner.position...].prefix(1)) : word
  }
}

/// A scalar's text with its place in the file.
struct PlacedText {
  let text: String
  private let node: Node
  private let isOnOneLine: Bool

  init(_ node: Node, text: String, in document: Document) {
    self.node = node
    self.text = text
    let lines = document.text.split(separator: "\n", omittingEmptySubsequences: false)
    let place = node.textLocation
    isOnOneLine =
      lines.indices.contains(place.line - 1)
      && lines[place.line - 1].dropFirst(place.column - 1).hasPrefix(text)
  }

  func report(_ problem: TextProblem, _ diagnostics: Diagnostics) {
    let place = isOnOneLine ? node.textLocation.advanced(by: problem.offset) : node.location
    diagnostics.error(problem.message, at: place)
  }
}
