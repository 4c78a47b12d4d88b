/// A table for people, as bytes from its cells to its text: ten thousand rows are to be printed in milliseconds.

struct TextTable {
  private var bytes: [UInt8] = []
  /// Where each cell ends, and the columns that it takes; those of the head first.
  private var cells: [(end: Int, width: Int)] = []
  private var widths: [Int]

  init(_ head: [String]) {
    widths = Array(repeating: 0, count: head.count)
    for title in head { add(title) }
  }

  var isEmpty: Bool { cells.count == widths.count }

  /// The next cell; after a row's last one the next row begins.
  mutating func add(_ text: String) {
    var text = text
    add { bytes in text.withUTF8 { bytes.append(contentsOf: $0) } }
  }

  @inline(__always)
  mutating func add(_ write: (inout [UInt8]) -> Void) {
    let start = bytes.count
    write(&bytes)
    let width = bytes.withUnsafeBufferPointer {
      Terminal.width(utf8: UnsafeBufferPointer(rebasing: $0[start...]))
    }
    let column = cells.count % widths.count
    widths[column] = max(widths[column], width)
    cells.append((bytes.count, width))
  }

  /// On a terminal the last column is cut to what is left of the line.
  var text: String {
    let left = Terminal.size.columns - widths.dropLast().reduce(0) { $0 + $1 + 2 }
    // A line that is too long by all of it is broken by the terminal.
    let rest = Terminal.isInteractive && left >= 8 ? left : Int.max
    let line = widths.reduce(1) { $0 + $1 + 2 }
    var output: [UInt8] = []
    output.reserveCapacity(cells.count / widths.count * line)
    bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      for (index, cell) in cells.enumerated() {
        let column = index % widths.count
        if column == 0, index > 0 { output.append(UInt8(ascii: "\n")) }
        let content = UnsafeBufferPointer(rebasing: bytes[start..<cell.end])
        start = cell.end
        if column == widths.count - 1, cell.width > rest {
          output.append(contentsOf: Terminal.fitted(String(decoding: content, as: UTF8.self), to: rest).utf8)
        } else {
          output.append(contentsOf: content)
        }
        if column < widths.count - 1 {
          for _ in 0..<(widths[column] - cell.width + 2) { output.append(UInt8(ascii: " ")) }
        } else if index == column {
          output = Array(Terminal.styled(String(decoding: output, as: UTF8.self), .bold).utf8)
        }
      }
    }
    return String(decoding: output, as: UTF8.self)
  }
}
