/// Where the characters of an expression stand in its file, also when YAML folded it over several lines.
import Configuration

struct ExpressionSource {
  let text: String
  /// Of each scalar, from 0.
  private let places: [(line: Int32, column: Int32)]
  private let start: SourceLocation

  /// - Parameter lines: the file's lines.
  init(_ node: Node, text: String, lines: [Substring]) {
    self.text = text
    start = node.textLocation
    var places: [(line: Int32, column: Int32)] = []
    places.reserveCapacity(text.utf8.count)
    var line = start.line - 1
    var column = start.column - 1
    var scalars = lines.indices.contains(line) ? Array(lines[line].unicodeScalars) : []
    // A block scalar's text begins on the line below its '|' or '>'.
    if column < scalars.count, scalars[column] == "|" || scalars[column] == ">", column >= 0 {
      line += 1
      column = 0
      scalars = lines.indices.contains(line) ? Array(lines[line].unicodeScalars) : []
    }
    for scalar in text.unicodeScalars {
      // Blanks and line ends were folded: go on to the next visible character of the file.
      if !scalar.isBlank {
        while line < lines.count, column >= scalars.count || scalars[column].isBlank {
          column += 1
          if column >= scalars.count {
            line += 1
            column = 0
            scalars = lines.indices.contains(line) ? Array(lines[line].unicodeScalars) : []
          }
        }
        guard column < scalars.count, scalars[column] == scalar else { break }
      }
      places.append((Int32(line), Int32(column)))
      column += 1
    }
    self.places = places
  }

  /// The place of the text's nth scalar; behind its last one for anything further.
  func location(_ offset: Int) -> SourceLocation {
    if places.indices.contains(offset) { return location(places[offset]) }
    // The text can't be followed through escapes: the nearest place before is the best that can be told.
    return places.last.map { location($0).advanced(by: 1) } ?? start
  }

  private func location(_ place: (line: Int32, column: Int32)) -> SourceLocation {
    SourceLocation(file: start.file, line: Int(place.line) + 1, column: Int(place.column) + 1)
  }

  func excerpt(_ range: TextRange) -> String {
    let scalars = text.unicodeScalars
    guard
      let start = scalars.index(scalars.startIndex, offsetBy: range.lowerBound, limitedBy: scalars.endIndex),
      let end = scalars.index(start, offsetBy: range.count, limitedBy: scalars.endIndex)
    else { return text }
    return String(text[start..<end]).withSingleBlanks
  }
}

extension String {
  /// Without blanks at its ends, and with one where there are several.
  var withSingleBlanks: String {
    var last: UInt8 = 32
    for byte in utf8 {
      // Beyond ASCII, and where something has to change, blanks are looked for one by one.
      if byte >= 128 || byte < 32 || byte == 32 && last == 32 {
        return split(whereSeparator: \.isWhitespace).joined(separator: " ")
      }
      last = byte
    }
    return last == 32 ? split(whereSeparator: \.isWhitespace).joined(separator: " ") : self
  }
}
