/// What pages say, in both languages.
import EstateModel
import Foundation

struct Words: Sendable {
  private let chinese: [String: String]
  private let english: [String: String]
  private let nestedChinese: Nested
  private let nestedEnglish: Nested

  init() throws {
    let entries = try JSONDecoder().decode([String: Title].self, from: try Resources.data("words.json"))
    (chinese, english) = (entries.mapValues(\.zh), entries.mapValues(\.en))
    (nestedChinese, nestedEnglish) = (Nested(chinese), Nested(english))
  }

  func all(isChinese: Bool) -> [String: String] { isChinese ? chinese : english }

  /// As templates ask for them: `w.nav.now` is found in the dictionary `nav`.
  func nested(isChinese: Bool) -> [String: Any] { (isChinese ? nestedChinese : nestedEnglish).values }

  /// The key itself where there is no such entry: a test finds those.
  func text(_ key: String, isChinese: Bool) -> String { all(isChinese: isChinese)[key] ?? key }
}

/// Words by the parts of their keys.
private struct Nested: Sendable {
  private let words: [String: String]
  private let parts: [String: Nested]

  init(_ entries: [String: String]) {
    var words: [String: String] = [:]
    var parts: [String: [String: String]] = [:]
    for (key, text) in entries {
      let split = key.split(separator: ".", maxSplits: 1).map(String.init)
      if split.count == 2 { parts[split[0], default: [:]][split[1]] = text } else { words[key] = text }
    }
    self.words = words
    self.parts = parts.mapValues(Nested.init)
  }

  var values: [String: Any] {
    var values: [String: Any] = words
    for (key, part) in parts { values[key] = part.values }
    return values
  }
}

/// One reader's language, with all that is said in it.
struct Speech: Sendable {
  let words: Words
  let isChinese: Bool

  func callAsFunction(_ key: String) -> String { words.text(key, isChinese: isChinese) }
  func callAsFunction(_ title: Title) -> String { title.text(isChinese: isChinese) }

  func duration(_ milliseconds: Int64) -> String { ElapsedTime.text(milliseconds, isChinese: isChinese) }
}

/// Clock times where the estate is.
enum LocalTime {
  /// `04-14 22:05`, with seconds on request.
  static func text(_ milliseconds: Int64, in zone: TimeZone, seconds: Bool = false) -> String {
    String(Timestamp(milliseconds: milliseconds).localText(in: zone).dropFirst(5).prefix(seconds ? 14 : 11))
  }

  /// `22:05`
  static func clock(_ milliseconds: Int64, in zone: TimeZone) -> String {
    String(text(milliseconds, in: zone).suffix(5))
  }
}
