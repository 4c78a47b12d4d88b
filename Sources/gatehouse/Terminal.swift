/// What a terminal can show: colour only where someone looks, and columns that fit Chinese text.
import EstateModel
import Foundation
import Tickets

enum Terminal {
  static let isInteractive = isatty(STDOUT_FILENO) == 1
  static let hasColour =
    isInteractive && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// What was printed so far is to be seen now, also through a pipe.
  static func flush() { fflush(nil) }

  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case alert = "1;37;41"
  }

  static func styled(_ text: String, _ style: Style) -> String {
    hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// By LC_ALL, LC_MESSAGES or LANG, as other programs decide it.
  static let speaksChinese = {
    let environment = ProcessInfo.processInfo.environment
    let language = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
    return language?.hasPrefix("zh") == true
  }()

  /// Rows and columns; 24 by 80 where that can't be known.
  static var size: (rows: Int, columns: Int) {
    var window = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return (24, 80) }
    return (Int(window.ws_row), Int(window.ws_col))
  }

  /// Columns that a text takes: East Asian wide characters take two.
  static func width(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  /// The same of a text as bytes.
  static func width(utf8: UnsafeBufferPointer<UInt8>) -> Int {
    utf8.reduce(0, |) < 0x80 ? utf8.count : width(String(decoding: utf8, as: UTF8.self))
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      2
    default: scalar.properties.generalCategory == .nonspacingMark ? 0 : 1
    }
  }

  /// Cut or filled to exactly so many columns.
  static func fitted(_ text: String, to columns: Int) -> String {
    let full = width(text)
    if full <= columns { return text + String(repeating: " ", count: columns - full) }
    var kept = ""
    var used = 0
    for character in text {
      let next = width(String(character))
      if used + next > columns - 1 { break }
      kept.append(character)
      used += next
    }
    return kept + "…" + String(repeating: " ", count: max(0, columns - used - 1))
  }

  /// A table with a head; on a terminal the last column is cut to what is left of the line.
  static func table(_ head: [String], _ rows: [[String]]) -> String {
    var table = TextTable(head)
    for row in rows {
      for cell in row { table.add(cell) }
    }
    return table.text
  }
}

extension Priority {
  var styled: String {
    switch self {
    case .p1: Terminal.styled(rawValue, .alert)
    case .p2: Terminal.styled(rawValue, .red)
    case .p3: Terminal.styled(rawValue, .yellow)
    case .p4: Terminal.styled(rawValue, .dim)
    }
  }
}
