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

  /// `3 min`, `2 h 05 min`, `4 d 3 h`.
  /// - Parameter milliseconds: negative counts as none.
  func duration(_ milliseconds: Int64) -> String {
    let minutes = max(0, milliseconds) / 60_000
    if minutes < 60 { return "\(minutes) \(self("unit.min"))" }
    let rest = minutes % 60 < 10 ? "0\(minutes % 60)" : "\(minutes % 60)"
    if minutes < 24 * 60 { return "\(minutes / 60) \(self("unit.h")) \(rest) \(self("unit.min"))" }
    return "\(minutes / 1440) \(self("unit.d")) \(minutes / 60 % 24) \(self("unit.h"))"
  }
}

/// Clock times where the estate is.
enum LocalTime {
  /// `04-14 22:05`, with seconds on request.
  static func text(_ milliseconds: Int64, in zone: TimeZone, seconds: Bool = false) -> String {
    let parts = parts(milliseconds, in: zone)
    let text = "\(two(parts.month))-\(two(parts.day)) \(two(parts.hour)):\(two(parts.minute))"
    return seconds ? "\(text):\(two(parts.second))" : text
  }

  /// `22:05`
  static func clock(_ milliseconds: Int64, in zone: TimeZone) -> String {
    let parts = parts(milliseconds, in: zone)
    return "\(two(parts.hour)):\(two(parts.minute))"
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private static func parts(_ milliseconds: Int64, in zone: TimeZone) -> (
    month: Int, day: Int, hour: Int, minute: Int, second: Int
  ) {
    let offset = zone.secondsFromGMT(for: Timestamp(milliseconds: milliseconds).date)
    let seconds = Int((milliseconds.floorDivided(by: 1000))) + offset
    let days = Int64(seconds).floorDivided(by: 86_400)
    let rest = seconds - Int(days) * 86_400
    // Civil date from days since 1970. Source: Hinnant, chrono-compatible low-level date algorithms.
    let z = Int(days) + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    return (shifted < 10 ? shifted + 3 : shifted - 9, day, rest / 3600, rest / 60 % 60, rest % 60)
  }
}

extension Int64 {
  func floorDivided(by divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : (self - divisor + 1) / divisor
  }
}
