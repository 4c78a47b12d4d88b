/// Links, commands and names of tests in the documentation lead to what is there.
import Foundation
import Testing

@Suite("The documentation")
struct DocumentationTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent()

  private struct Page {
    var url: URL
    var text: String

    /// What stands between two marks.
    func parts(_ pattern: String) throws -> [String] {
      let expression = try NSRegularExpression(pattern: pattern)
      let whole = NSRange(text.startIndex..., in: text)
      return expression.matches(in: text, range: whole).compactMap { match in
        Range(match.range(at: 1), in: text).map { String(text[$0]) }
      }
    }
  }

  private func pages() throws -> [Page] {
    let docs = Self.root.appendingPathComponent("docs")
    let names = try FileManager.default.contentsOfDirectory(atPath: docs.path).filter { $0.hasSuffix(".md") }
    let files =
      names.sorted().map { docs.appendingPathComponent($0) } + [
        Self.root.appendingPathComponent("README.md"), Self.root.appendingPathComponent("README.zh.md"),
      ]
    return try files.map { Page(url: $0, text: try String(contentsOf: $0, encoding: .utf8)) }
  }

  @Test("Every link leads to a file, and to a heading in it")
  func links() throws {
    var count = 0
    for page in try pages() {
      for link in try page.parts(#"\]\(([^)\s]+)\)"#) where !link.contains("://") {
        count += 1
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(
          String.init)
        let target =
          parts[0].isEmpty ? page.url : page.url.deletingLastPathComponent().appendingPathComponent(parts[0])
        #expect(FileManager.default.fileExists(atPath: target.path), "\(page.url.lastPathComponent): \(link)")
        guard parts.count > 1, target.pathExtension == "md" else { continue }
        let headings = try String(contentsOf: target, encoding: .utf8).split(separator: "\n").filter {
          $0.hasPrefix("#")
        }.map { heading in
          String(
            heading.drop { $0 == "#" || $0 == " " }.lowercased().replacingOccurrences(of: " ", with: "-")
              .filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
        }
        #expect(headings.contains(parts[1]), "\(page.url.lastPathComponent): \(link)")
      }
    }
    #expect(count > 50)
  }

  @Test("Every command that a page names is one")
  func commands() throws {
    let folder = Self.root.appendingPathComponent("Sources/gatehouse")
    var known: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      known.formUnion(try Page(url: folder, text: text).parts(#"commandName: "([a-z-]+)""#))
    }
    #expect(known.count > 25)
    var count = 0
    for page in try pages() {
      // At the beginning of a line of code, or of a piece of code within a line.
      for command in try page.parts(#"(?:^|`|\n(?:    )?)(?:\$ )?gatehouse ([a-z][a-z-]+)"#) {
        count += 1
        #expect(known.contains(command), "\(page.url.lastPathComponent): gatehouse \(command)")
      }
    }
    #expect(count > 60)
  }

  @Test("Every target of make that a page names is one")
  func targets() throws {
    let makefile = try String(contentsOf: Self.root.appendingPathComponent("Makefile"), encoding: .utf8)
    let known = Set(try Page(url: Self.root, text: makefile).parts(#"(?:^|\n)([a-z]+):"#))
    for page in try pages() {
      for target in try page.parts(#"(?:^|`|\n)make ([a-z]+)"#) {
        #expect(known.contains(target), "\(page.url.lastPathComponent): make \(target)")
      }
    }
  }

  @Test("Every test that the page on security names is there")
  func tests() throws {
    let folder = Self.root.appendingPathComponent("Tests")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".swift")
    }
    let sources = try files.map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
    let text = try String(contentsOf: Self.root.appendingPathComponent("docs/security.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.contains("*") }.joined(
      separator: "\n")
    let names = try Page(url: folder, text: rows).parts(#"\*([^*]+)\*"#)
    #expect(names.count >= 30)
    for name in names {
      #expect(sources.contains { $0.contains("\"\(name)\"") }, "no test is called '\(name)'")
    }
  }
}
