/// Where the characters of an expression stand in its file, also when YAML folded it over several lines.
import Configuration

struct ExpressionSource {
  let text: String
  private let locations: [SourceLocation]
  private let start: SourceLocation

  /// - Parameter lines: the file's lines.
  init(_ node: Node, text: String, lines: [Substring]) {
    self.text = text
    start = node.textLocation
    var locations: [SourceLocation] = []
    locations.reserveCapacity(text.unicodeScalars.count)
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
      locations.append(SourceLocation(file: start.file, line: line + 1, column: column + 1))
      column += 1
    }
    self.locations = locations
  }

  /// The place of the text's nth scalar; behind its last one for anything further.
  func location(_ offset: Int) -> SourceLocation {
    if locations.indices.contains(offset) { return locations[offset] }
    // The text can't be followed through escapes: the nearest place before is the best that can be told.
    return locations.last?.advanced(by: 1) ?? start
  }

  func excerpt(_ range: TextRange) -> String {
    let scalars = Array(text.unicodeScalars)
    guard range.upperBound <= scalars.count else { return text }
    var part = String.UnicodeScalarView()
    part.append(contentsOf: scalars[range])
    return String(part).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
