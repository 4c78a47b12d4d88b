/// Typed reading of mappings, and how problems look to a person.
import Configuration
import Testing

struct FieldsTests {
  private enum Colour: String, CaseIterable { case red, green }

  private func read(_ text: String, _ body: (Fields) -> Void) throws -> [String] {
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: text, file: "c.yaml", diagnostics: diagnostics))
    body(try #require(Fields(document.root, of: "a well", diagnostics: diagnostics)))
    return diagnostics.sorted().map(\.description)
  }

  @Test("A key that nobody asked for is reported with the nearest one that somebody did")
  func unknownKey() throws {
    let problems = try read("id: w1\ndpeth: 1 m\ncolour-of-cover: red\n") { fields in
      _ = fields.text("id")
      _ = fields.optional("depth")
      fields.finish()
    }
    #expect(
      problems == [
        "c.yaml:2:1: a well: unknown key 'dpeth'; did you mean 'depth'?\n    dpeth: 1 m\n    ^",
        "c.yaml:3:1: a well: unknown key 'colour-of-cover'\n    colour-of-cover: red\n    ^",
      ])
  }

  @Test("A missing key, the wrong kind of value, and a wrong choice each say what was found and expected")
  func wrongValues() throws {
    let problems = try read("a: [1]\nb: {x: 1}\nc: gren\nd: 1.5\ne: maybe\nf: inf\n") { fields in
      #expect(fields.text("id") == nil)
      #expect(fields.text("a") == nil)
      #expect(fields.list("b").isEmpty)
      #expect(fields.choice("c", as: Colour.self) == nil)
      #expect(fields.optional("d")?.integer(fields.diagnostics) == nil)
      #expect(fields.optional("e")?.boolean(fields.diagnostics) == nil)
      #expect(fields.optional("f")?.number(fields.diagnostics) == nil)
    }
    #expect(
      problems.map { $0.prefix { $0 != "\n" } } == [
        "c.yaml:1:1: a well: 'id' is missing",
        "c.yaml:1:4: found a list, expected text",
        "c.yaml:2:4: found a mapping, expected a list",
        "c.yaml:3:4: found 'gren', expected one of red, green; did you mean 'green'?",
        "c.yaml:4:4: found '1.5', expected a whole number",
        "c.yaml:5:4: found 'maybe', expected true or false",
        "c.yaml:6:4: found 'inf', expected a number",
      ])
  }

  @Test("Values come typed; one value is a list of one, and null is no value")
  func values() throws {
    let problems = try read("n: 4\nx: 0.5\nyes: yes\none: a\nnone: ~\nc: red\nmore: 1\n") { fields in
      #expect(fields.optional("n")?.integer(fields.diagnostics) == 4)
      #expect(fields.optional("x")?.number(fields.diagnostics) == 0.5)
      #expect(fields.optional("yes")?.boolean(fields.diagnostics) == true)
      #expect(fields.list("one").count == 1)
      #expect(fields.list("none").isEmpty)
      #expect(fields.optionalText("none") == nil)
      #expect(fields.choice("c", as: Colour.self) == .red)
      #expect(fields.keys == ["n", "x", "yes", "one", "none", "c", "more"])
      #expect(fields.remaining().map(\.key.kindName) == ["'more'"])
      fields.finish()
    }
    #expect(problems == [])
  }

  @Test("What is no mapping is refused", arguments: [("[1]", "a list"), ("text", "'text'"), ("", "nothing")])
  func noMapping(text: String, found: String) throws {
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: text, file: "c.yaml", diagnostics: diagnostics))
    #expect(Fields(document.root, of: "a well", diagnostics: diagnostics) == nil)
    #expect(diagnostics.problems.map(\.message) == ["a well: found \(found), expected a mapping"])
  }

  @Test("The caret stands under the offending word, behind Chinese text that is twice as wide")
  func caret() throws {
    let problems = try read("{名称: 东围墙, colour: gren}\n") { fields in
      _ = fields.text("名称")
      _ = fields.choice("colour", as: Colour.self)
    }
    // Before 'gren' stand 18 characters, five of them two columns wide.
    #expect(
      problems == [
        "c.yaml:1:19: found 'gren', expected one of red, green; did you mean 'green'?\n"
          + "    {名称: 东围墙, colour: gren}\n" + "    " + String(repeating: " ", count: 23) + "^"
      ])
  }

  @Test("A tab before the word stays a tab before the caret")
  func tab() throws {
    let problems = try read("{a:\tgren}\n") { _ = $0.choice("a", as: Colour.self) }
    #expect(problems.count == 1)
    #expect(problems[0].hasSuffix("\n    {a:\tgren}\n       \t^"), "\(problems)")
  }

  @Test("Problems are sorted by place, said once, and thrown together; warnings alone don't throw")
  func diagnostics() throws {
    let diagnostics = Diagnostics()
    diagnostics.warning("late", at: SourceLocation(file: "b.yaml", line: 1, column: 1))
    try diagnostics.check()
    diagnostics.error("second", at: SourceLocation(file: "a.yaml", line: 10, column: 1))
    diagnostics.error("first", at: SourceLocation(file: "a.yaml", line: 9, column: 30))
    diagnostics.error("first", at: SourceLocation(file: "a.yaml", line: 9, column: 30))
    let error = #expect(throws: ConfigurationError.self) { try diagnostics.check() }
    #expect(
      error?.description == "a.yaml:9:30: first\na.yaml:10:1: second\nb.yaml:1:1: warning: late")
    #expect(diagnostics.errors.count == 2)
    #expect(diagnostics.warnings.count == 1)
  }

  @Test(
    "The nearest name is at most a third away, and swapped letters count once",
    arguments: [
      ("laeqq", "laeq"), ("leaq", "laeq"), ("dpeth", "depth"), ("LAEQ", nil), ("x", nil), ("", nil),
      ("report-intervall", "report-interval"),
    ])
  func nearest(name: String, found: String?) {
    #expect(nearestName(to: name, in: ["laeq", "depth", "report-interval"]) == found)
  }
}
