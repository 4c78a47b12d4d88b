/// The tables whose rows are worth saving, in order of worth, and what a row of each looks like.

struct SalvagedTable: Sendable {
  enum Kind {
    /// Stands for the row's number and is stored as NULL.
    case number
    case integer, optionalInteger, text, optionalText, blob
  }

  let name: String
  let columns: [(name: String, kind: Kind)]
  /// Tells tables of the same columns apart.
  var isLike: @Sendable ([StoredValue]) -> Bool = { _ in true }

  static let all: [SalvagedTable] = [
    SalvagedTable(
      name: "tickets",
      columns: texts(
        "id", "estate", "category", "priority", "state", "party", "party_zh", "party_en", "place")
        + [("towards", .optionalText)] + integers("opened", "updated") + texts("title_zh", "title_en")
        + integers("sequence") + texts("json")),
    SalvagedTable(
      name: "ticket_events",
      columns: [("seq", .number)] + texts("ticket") + integers("number") + texts("kind") + integers("at")
        + texts("by", "via", "json")),
    SalvagedTable(
      name: "alarms",
      columns: texts("id", "rule", "estate", "device", "place") + [("towards", .optionalText)]
        + texts("category", "priority") + integers("onset", "raised") + [("cleared", .optionalInteger)]
        + texts("state", "json")),
    SalvagedTable(
      name: "alarm_transitions",
      columns: [("seq", .number)] + texts("alarm", "kind") + integers("at") + texts("json")),
    SalvagedTable(
      name: "outbox",
      columns: [("id", .number)] + texts("key", "channel", "estate", "subject", "notice", "priority")
        + integers("made") + texts("state") + integers("attempts")
        + [("since", .optionalInteger), ("next", .optionalInteger), ("done", .optionalInteger)]
        + texts("error", "json")),
    SalvagedTable(name: "meta", columns: texts("key", "value"), isLike: { !isPath($0[0]) }),
    SalvagedTable(name: "devices", columns: [("number", .number)] + texts("path"), isLike: { isPath($0[1]) }),
    SalvagedTable(
      name: "signals", columns: [("number", .number)] + texts("name"), isLike: { !isPath($0[1]) }),
    SalvagedTable(name: "device_states", columns: texts("device", "json"), isLike: { isPath($0[0]) }),
    SalvagedTable(
      name: "problems",
      columns: texts("device", "reason") + integers("count", "first", "last") + texts("detail")),
    SalvagedTable(
      name: "snapshots", columns: [("batch", .number)] + integers("now", "checksum") + [("bytes", .blob)]),
    SalvagedTable(
      name: "chunks", columns: [("id", .number)] + integers("count") + [("readings", .blob)]),
    SalvagedTable(
      name: "batches",
      columns: [("id", .number)] + integers("now", "min_time", "max_time", "count") + [("readings", .blob)]),
    SalvagedTable(
      name: "events",
      columns: [("seq", .number)] + texts("device", "event", "kind", "phase") + integers("at")
        + texts("json")),
  ]

  /// Whether a row may be of this table.
  func matches(_ row: StoredRow) -> Bool {
    row.values.count == columns.count
      && zip(row.values, columns).allSatisfy { value, column in
        switch (value, column.kind) {
        case (.null, .number), (.integer, .integer), (.integer, .optionalInteger), (.null, .optionalInteger),
          (.text, .text), (.text, .optionalText), (.null, .optionalText), (.blob, .blob):
          true
        default: false
        }
      } && isLike(row.values)
  }

  private static func texts(_ names: String...) -> [(name: String, kind: Kind)] { names.map { ($0, .text) } }
  private static func integers(_ names: String...) -> [(name: String, kind: Kind)] {
    names.map { ($0, .integer) }
  }

  private static func isJSON(_ value: StoredValue) -> Bool {
    if case .text(let text) = value { text.hasPrefix("{") } else { false }
  }

  private static func isPath(_ value: StoredValue) -> Bool {
    if case .text(let text) = value { text.contains("/") } else { false }
  }
}
