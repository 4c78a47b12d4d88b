/// Rows out of single pages of a table. Whatever the bytes are, the answer is rows or nil.
import Foundation

/// A column's value as it is stored.
enum StoredValue: Hashable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])
}

struct StoredRow {
  var id: Int64
  var values: [StoredValue]
}

enum PageContent {
  /// Rows; `unreadable` counts those of the page that can't be taken out of it.
  case leaf([StoredRow], unreadable: Int)
  /// Pages below this one, in order.
  case interior([Int])
}

extension PageFile {
  /// - Returns: nil when it isn't a page of a table, or can't be read.
  func content(of number: Int) -> PageContent? {
    guard let page = page(number) else { return nil }
    let start = number == 1 ? 100 : 0
    let isLeaf = page[start] == 0x0d
    guard isLeaf || page[start] == 0x05 else { return nil }
    let headerSize = isLeaf ? 8 : 12
    let count = Int(page[start + 3]) << 8 | Int(page[start + 4])
    let pointers = start + headerSize
    guard pointers + 2 * count <= pageSize else { return nil }
    let cells = (0..<count).map { Int(page[pointers + 2 * $0]) << 8 | Int(page[pointers + 2 * $0 + 1]) }
    guard cells.allSatisfy({ $0 >= pointers + 2 * count && $0 + 4 <= pageSize }) else { return nil }
    func child(_ offset: Int) -> Int { page[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } }
    if !isLeaf { return .interior(cells.map(child) + [child(start + 8)]) }
    var rows: [StoredRow] = []
    for cell in cells {
      if let row = row(page, at: cell) { rows.append(row) }
    }
    return .leaf(rows, unreadable: count - rows.count)
  }

  private func row(_ page: [UInt8], at offset: Int) -> StoredRow? {
    var position = offset
    guard let size = RecordReader.varint(page[...], &position),
      let id = RecordReader.varint(page[...], &position)
    else { return nil }
    guard size > 0, size < 1_000_000_000 else { return nil }
    let total = Int(size)
    // How much of a record lies on its page: file format, 1.6.
    let (most, least) = (pageSize - 35, (pageSize - 12) * 32 / 255 - 23)
    let spilled = least + (total - least) % (pageSize - 4)
    let local = total <= most ? total : spilled <= most ? spilled : least
    guard position + local + (local < total ? 4 : 0) <= pageSize else { return nil }
    var record = Array(page[position..<(position + local)])
    if local < total {
      var next = page[(position + local)..<(position + local + 4)].reduce(0) { $0 << 8 | Int($1) }
      record.reserveCapacity(total)
      // Each page of the chain adds to the record: it ends, even where the chain is a ring.
      while record.count < total {
        guard let more = self.page(next), next != 1 else { return nil }
        next = more[0..<4].reduce(0) { $0 << 8 | Int($1) }
        record += more[4..<(4 + min(total - record.count, pageSize - 4))]
      }
    }
    return RecordReader.values(record).map { StoredRow(id: id, values: $0) }
  }
}

enum RecordReader {
  /// SQLite's own varint: up to nine bytes, the most significant first.
  static func varint(_ bytes: ArraySlice<UInt8>, _ position: inout Int) -> Int64? {
    var value: UInt64 = 0
    for index in 0..<9 {
      guard position < bytes.endIndex else { return nil }
      let byte = bytes[position]
      position += 1
      if index == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
      value = value << 7 | UInt64(byte & 0x7f)
      if byte < 0x80 { return Int64(bitPattern: value) }
    }
    return nil
  }

  static func values(_ record: [UInt8]) -> [StoredValue]? {
    var position = 0
    guard let size = varint(record[...], &position), size >= 1, size <= record.count else { return nil }
    let header = record[..<Int(size)]
    var body = Int(size)
    var values: [StoredValue] = []
    while position < header.endIndex {
      guard let type = varint(header, &position), let value = value(type, record, &body) else { return nil }
      values.append(value)
    }
    return body == record.count ? values : nil
  }

  private static func value(_ type: Int64, _ record: [UInt8], _ body: inout Int) -> StoredValue? {
    let length: Int
    switch type {
    case 0, 8, 9: length = 0
    case 1...4: length = Int(type)
    case 5: length = 6
    case 6, 7: length = 8
    case 12...: length = Int((type - 12) / 2)
    default: return nil
    }
    guard length <= record.count - body else { return nil }
    let bytes = record[body..<(body + length)]
    body += length
    switch type {
    case 0: return .null
    case 8: return .integer(0)
    case 9: return .integer(1)
    case 7: return .real(Double(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) }))
    case 12... where type % 2 == 0: return .blob(Array(bytes))
    case 12...: return String(validating: bytes, as: UTF8.self).map(StoredValue.text)
    default:
      let sign: Int64 = bytes.first.map { $0 >= 0x80 ? -1 : 0 } ?? 0
      return .integer(bytes.reduce(sign) { $0 << 8 | Int64($1) })
    }
  }
}
