/// A condition's text taken apart at 'and', 'or' and 'not', so that a person sees which part decides.
/// The rule language has checked the text before: nothing here reports mistakes.
import EstateModel

/// A condition as its author wrote it, in parts.
public indirect enum ConditionText: Hashable, Sendable {
  case all([ConditionText])
  case any([ConditionText])
  case not(ConditionText)
  case comparison(left: String, sign: String, right: String)
  /// A call or state that is yes or no by itself: `during(night)`, `tamper`.
  case plain(String)

  public init(_ text: String) {
    self = Self.read(Self.words(text)[...])
  }

  /// The part as text again.
  public var text: String {
    switch self {
    case .all(let parts): parts.map(\.nestedText).joined(separator: " and ")
    case .any(let parts): parts.map(\.nestedText).joined(separator: " or ")
    case .not(let part): "not \(part.nestedText)"
    case .comparison(let left, let sign, let right): "\(left) \(sign) \(right)"
    case .plain(let text): text
    }
  }

  private var nestedText: String {
    switch self {
    case .all, .any: "(\(text))"
    default: text
    }
  }

  /// Texts that belong together: words, signs, and whatever stands in parentheses with them.
  private static func words(_ text: String) -> [String] {
    let twins: [Character: Character] = [
      "（": "(", "）": ")", "，": ",", "＜": "<", "＞": ">", "＝": "=", "≤": "≤", "≥": "≥", "％": "%",
    ]
    var words: [String] = []
    var word = ""
    var depth = 0
    func isSign(_ character: Character) -> Bool { "<>=!≤≥".contains(character) }
    for character in text.map({ twins[$0] ?? $0 }) {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if depth == 0, character.isWhitespace {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else if depth == 0, let last = word.last, isSign(character) != isSign(last) {
        words.append(word)
        word = String(character)
      } else {
        word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }

  private static func read(_ words: ArraySlice<String>) -> ConditionText {
    for (joint, make) in [("or", ConditionText.any), ("and", ConditionText.all)] {
      let parts = words.split(separator: joint, omittingEmptySubsequences: false)
      if parts.count > 1 { return make(parts.map { read($0) }) }
    }
    if words.first == "not" { return .not(read(words.dropFirst())) }
    let signs = ["<", "<=", ">", ">=", "=", "!=", "≤", "≥"]
    if let place = words.firstIndex(where: signs.contains) {
      return .comparison(
        left: words[..<place].joined(separator: " "), sign: words[place],
        right: words[(place + 1)...].joined(separator: " "))
    }
    // The whole in parentheses: what stands inside.
    if words.count == 1, let word = words.first, word.first == "(", word.last == ")" {
      return ConditionText(String(word.dropFirst().dropLast()))
    }
    return .plain(words.joined(separator: " "))
  }
}
