/// From YAML text to nodes: what is accepted, what is refused, and where the problem is said to be.
import Configuration
import Foundation
import Testing

struct DocumentTests {
  private func parse(_ text: String) -> (Document?, [String]) {
    let diagnostics = Diagnostics()
    let document = Document(text: text, file: "c.yaml", diagnostics: diagnostics)
    return (document, diagnostics.problems.map { "\($0.location): \($0.message)" })
  }

  @Test("A byte order mark and Windows line ends change neither values nor places")
  func windows() throws {
    let (document, problems) = parse("\u{FEFF}a: 1\r\nb: 二\r\n")
    #expect(problems == [])
    let diagnostics = Diagnostics()
    let root = try #require(document).root
    let fields = try #require(Fields(root, of: "a file", diagnostics: diagnostics))
    #expect(fields.text("a") == "1")
    #expect(fields.text("b") == "二")
    #expect(fields.keyLocation("a") == SourceLocation(file: "c.yaml", line: 1, column: 1))
    #expect(fields.keyLocation("b") == SourceLocation(file: "c.yaml", line: 2, column: 1))
  }

  @Test("A document of nothing is null", arguments: ["", "\n\n", "# only a comment\n", "---\n"])
  func empty(text: String) throws {
    let (document, problems) = parse(text)
    #expect(problems == [])
    guard case .null = try #require(document).root.content else {
      Issue.record("not null")
      return
    }
  }

  @Test("Values that are null, and quoted ones that only look so")
  func null() throws {
    let (document, _) = parse("[~, null, '', \"null\", no]")
    guard case .sequence(let items) = try #require(document).root.content else {
      Issue.record("not a list")
      return
    }
    #expect(items.map(\.kindName) == ["nothing", "nothing", "''", "'null'", "'no'"])
    #expect(items[3].textLocation == SourceLocation(file: "c.yaml", line: 1, column: 16))
    #expect(items[4].textLocation == items[4].location)
  }

  @Test("A key that stands twice is named, with its first place")
  func duplicates() {
    let (document, problems) = parse("top:\n  depth: 1 m\n  bore: 2 m\n  depth: 3 m\n")
    #expect(document == nil)
    #expect(problems == ["c.yaml:2:3: key 'depth' stands twice in one mapping"])
  }

  @Test("The same key in two mappings is fine")
  func sameKeyElsewhere() {
    #expect(parse("- {a: 1}\n- {a: 2}\n").1 == [])
  }

  @Test("64 levels are read, one more is refused; a bomb of brackets doesn't bring the reader down")
  func depth() {
    #expect(parse(String(repeating: "[", count: 63) + "1" + String(repeating: "]", count: 63)).1 == [])
    let (document, problems) = parse(
      String(repeating: "[", count: 64) + "1" + String(repeating: "]", count: 64))
    #expect(document == nil)
    #expect(problems == ["c.yaml:1:65: nested deeper than 64 levels"])
    for count in [5_000, 100_000] {
      let (bomb, found) = parse(String(repeating: "[", count: count) + String(repeating: "]", count: count))
      #expect(bomb == nil)
      #expect(found.count == 1)
    }
  }

  @Test("An anchor may be used again")
  func alias() throws {
    let (document, problems) = parse("a: &x {b: 1}\nc: *x\n")
    #expect(problems == [])
    let diagnostics = Diagnostics()
    let root = try #require(document).root
    let fields = try #require(Fields(root, of: "it", diagnostics: diagnostics))
    let again = try #require(fields.required("c"))
    let inner = try #require(Fields(again, of: "it", diagnostics: diagnostics))
    #expect(inner.text("b") == "1")
  }

  @Test("An alias without its anchor is refused")
  func lostAlias() {
    let (document, problems) = parse("a: 1\nb: *nowhere\n")
    #expect(document == nil)
    #expect(problems.count == 1)
    #expect(problems[0].hasPrefix("c.yaml:2:4: "), "\(problems)")
  }

  @Test("Aliases that multiply are refused before they fill the memory")
  func laughs() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for n in 1...9 {
      text += "a\(n): &a\(n) [" + Array(repeating: "*a\(n - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    let (document, problems) = parse(text)
    #expect(document == nil)
    #expect(problems.map { $0.split(separator: ": ").last ?? "" } == ["more than 1000000 values in one file"])
  }

  @Test("Exactly four megabytes are read, a byte more is not")
  func size() {
    let line = "a: 1 #"
    let fits = line + String(repeating: "x", count: Document.maximumSize - line.utf8.count)
    #expect(parse(fits).1 == [])
    let (document, problems) = parse(fits + "x")
    #expect(document == nil)
    #expect(problems == ["c.yaml:1:1: the file has 4194305 bytes; at most 4194304 are read"])
  }

  @Test(
    "Broken YAML is refused where it breaks",
    arguments: [
      ("a: [1, 2\nb: 3\n", "c.yaml:2:"), ("a: 'open\n", "c.yaml:2:"), ("a: 1\n\tb: 2\n", "c.yaml:2:1"),
      ("a: b: c\n", "c.yaml:1:5"), ("a: @x\n", "c.yaml:1:4"), ("a: 1\n---\nb: 2\n", "c.yaml:2:1"),
    ])
  func broken(text: String, place: String) throws {
    let (document, problems) = parse(text)
    #expect(document == nil)
    #expect(problems.count == 1)
    #expect(try #require(problems.first).hasPrefix(place), "\(problems)")
  }

  @Test("A file that isn't there, isn't text or isn't a folder is a problem, not a crash")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data([0x61, 0x3a, 0x20, 0xff, 0xfe]).write(to: folder.appending(path: "b.yaml"))
    try Data("x: 1\n".utf8).write(to: folder.appending(path: "a.yml"))
    try Data("no".utf8).write(to: folder.appending(path: "notes.txt"))
    let diagnostics = Diagnostics()
    let documents = Document.all(in: folder, prefix: "conf", diagnostics: diagnostics)
    #expect(documents.map(\.file) == ["conf/a.yml"])
    #expect(diagnostics.problems.map(\.description) == ["conf/b.yaml:1:1: the file is not UTF-8"])
    let none = Diagnostics()
    #expect(
      Document.all(in: folder.appending(path: "gone"), prefix: "conf/gone", diagnostics: none).isEmpty)
    #expect(none.problems.map(\.description) == ["conf/gone:1:1: no such folder"])
  }
}
