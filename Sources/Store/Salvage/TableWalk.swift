/// Finds each table's rows in a file that may be damaged anywhere.

/// Where the rows of the tables are: reached from their roots where that goes, found by what they look like where
/// the way is broken.
struct TableWalk {
  let file: PageFile
  /// Pages of tables that can't be read, and pages whose content isn't what it must be.
  private(set) var damagedPages: Set<Int> = []
  /// Rows on readable pages that can't be taken out of them: the rest lay on a damaged page.
  private(set) var unreadableRows = 0
  private var visited: Set<Int> = []
  private var roots: [String: Int] = [:]
  /// Leaves that no root leads to, by table.
  private var orphans: [String: [Int]] = [:]

  init(_ file: PageFile) {
    self.file = file
    findRoots()
    // Those that aren't saved as well: their pages must not be taken for another table's.
    for root in roots.values.sorted() { survey(root) }
    // Free pages have rows on them as well, old ones: they are looked at only when something is missing.
    if !damagedPages.isEmpty || isIncomplete { findOrphans() }
  }

  /// Whether a way to the table was found at all.
  func hasRoot(_ table: SalvagedTable) -> Bool { roots[table.name] != nil }

  /// Hands out a table's rows: first those that belong to it, then those that look like it.
  func rows(of table: SalvagedTable, _ body: (StoredRow) throws -> Void) rethrows {
    if let root = roots[table.name] {
      for page in leaves(below: root) { try rows(on: page, of: table, body) }
    }
    for page in orphans[table.name] ?? [] { try rows(on: page, of: table, body) }
  }

  private func rows(on page: Int, of table: SalvagedTable, _ body: (StoredRow) throws -> Void) rethrows {
    guard case .leaf(let rows, _) = file.content(of: page) else { return }
    for row in rows where table.matches(row) { try body(row) }
  }

  private func leaves(below root: Int) -> [Int] {
    var leaves: [Int] = []
    var seen: Set<Int> = []
    var waiting = [root]
    while let page = waiting.popLast() {
      guard seen.insert(page).inserted else { continue }
      switch file.content(of: page) {
      case .leaf: leaves.append(page)
      case .interior(let children): waiting += children.reversed()
      case nil: break
      }
    }
    return leaves
  }

  private mutating func survey(_ root: Int) {
    var waiting = [root]
    while let page = waiting.popLast() {
      // A page that two ways lead to is wrong, but may still be read once.
      guard visited.insert(page).inserted else { continue }
      switch file.content(of: page) {
      case .leaf(_, let unreadable): unreadableRows += unreadable
      case .interior(let children): waiting += children.reversed()
      case nil: damagedPages.insert(page)
      }
    }
  }

  /// Some table's beginning isn't known: also in a database of an older version, where it costs only time.
  private var isIncomplete: Bool { SalvagedTable.all.contains { roots[$0.name] == nil } }

  /// The schema's own table says where each table begins. Its root is the first page of the file.
  private mutating func findRoots() {
    if file.content(of: 1) == nil { damagedPages.insert(1) }
    for page in leaves(below: 1) { takeRoots(on: page) }
    guard isIncomplete else { return }
    // The way to the schema's leaves is broken, or they are.
    for page in stride(from: 2, through: file.pageCount, by: 1) where !visited.contains(page) {
      guard case .leaf(let rows, _) = file.content(of: page), !rows.isEmpty,
        rows.allSatisfy(Self.isSchema)
      else { continue }
      takeRoots(on: page)
    }
  }

  private mutating func takeRoots(on page: Int) {
    visited.insert(page)
    guard case .leaf(let rows, let unreadable) = file.content(of: page) else { return }
    unreadableRows += unreadable
    for row in rows where Self.isSchema(row) {
      guard case .text("table") = row.values[0], case .text(let name) = row.values[1],
        case .integer(let root) = row.values[3], root > 1, root <= file.pageCount
      else { continue }
      // Laid out as an index, and made anew from another table.
      if case .text(let sql) = row.values[4], sql.hasSuffix("WITHOUT ROWID") { continue }
      roots[name] = roots[name] ?? Int(root)
    }
  }

  private static func isSchema(_ row: StoredRow) -> Bool {
    guard row.values.count == 5, case .text(let type) = row.values[0], case .text = row.values[1],
      case .text = row.values[2], case .integer = row.values[3]
    else { return false }
    return type == "table" || type == "index"
  }

  private mutating func findOrphans() {
    let free = freePages()
    for page in stride(from: 2, through: file.pageCount, by: 1) {
      guard !visited.contains(page), !free.contains(page), case .leaf(let rows, _) = file.content(of: page),
        !rows.isEmpty, let table = SalvagedTable.all.first(where: { rows.allSatisfy($0.matches) })
      else { continue }
      orphans[table.name, default: []].append(page)
    }
  }

  private func freePages() -> Set<Int> {
    guard file.hasHeader, let first = file.page(1) else { return [] }
    func word(_ page: [UInt8], _ offset: Int) -> Int {
      page[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
    var free: Set<Int> = []
    var trunk = word(first, 32)
    while trunk > 0, free.insert(trunk).inserted, let page = file.page(trunk) {
      let count = word(page, 4)
      guard count <= file.pageSize / 4 - 2 else { break }
      for index in 0..<count { free.insert(word(page, 8 + 4 * index)) }
      trunk = word(page, 0)
    }
    return free
  }
}
