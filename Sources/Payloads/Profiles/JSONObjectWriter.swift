/// A JSON object as text, written field by field into memory that is used again.

struct JSONObjectWriter {
  private var fields: [UInt8] = []
  /// Lists by name, each already with its items.
  private var lists: [(name: String, items: [UInt8])] = []
  /// The list whose item is being written; its fields are in `itemFields`.
  private var openList: String?
  private var itemFields: [UInt8] = []

  var isEmpty: Bool { fields.isEmpty && lists.isEmpty }

  mutating func removeAll() {
    fields.removeAll(keepingCapacity: true)
    if !lists.isEmpty { lists.removeAll() }
    openList = nil
  }

  /// The object's text.
  mutating func finish() -> [UInt8] {
    for list in lists {
      Self.begin(list.name, &fields)
      fields.append(UInt8(ascii: "["))
      fields += list.items
      fields.append(UInt8(ascii: "]"))
    }
    lists.removeAll()
    return [UInt8(ascii: "{")] + fields + [UInt8(ascii: "}")]
  }

  /// Names that begin with `_` are left out; so are numbers that are none.
  mutating func add(_ name: String, number: Double) {
    guard !name.hasPrefix("_") else { return }
    let text: String =
      if number == number.rounded(), abs(number) < 1e15 {
        String(Int64(number))
      } else {
        number.isFinite ? "\(number)" : "null"
      }
    append(name, text.utf8)
  }

  mutating func add(_ name: String, text: String) {
    guard !name.hasPrefix("_") else { return }
    append(name, JSONLine.quoted(text).utf8)
  }

  private mutating func append(_ name: String, _ text: String.UTF8View) {
    if openList != nil {
      Self.begin(name, &itemFields)
      itemFields += text
    } else {
      Self.begin(name, &fields)
      fields += text
    }
  }

  private static func begin(_ name: String, _ fields: inout [UInt8]) {
    if !fields.isEmpty { fields.append(UInt8(ascii: ",")) }
    fields += JSONLine.quoted(name).utf8
    fields.append(UInt8(ascii: ":"))
  }

  mutating func beginItem(_ list: String) {
    openList = list
    itemFields.removeAll(keepingCapacity: true)
  }

  mutating func endItem() {
    guard let list = openList else { return }
    openList = nil
    let text = [UInt8(ascii: "{")] + itemFields + [UInt8(ascii: "}")]
    if let place = lists.firstIndex(where: { $0.name == list }) {
      lists[place].items.append(UInt8(ascii: ","))
      lists[place].items += text
    } else {
      lists.append((list, text))
    }
  }
}
