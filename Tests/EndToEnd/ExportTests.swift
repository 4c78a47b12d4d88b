/// History as CSV, and the way back from a damaged database, with the real programs.
import Foundation
import Testing

@Suite("Export and recovery", .serialized)
struct ExportTests {
  /// The data of a played scenario: two and a half hours of Lüyuan's wells.
  private func withData(_ body: (URL) throws -> Void) throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = folder.appendingPathComponent("data")
    let outcome = try Programs.run(
      "gatehouse",
      ["demo", "--headless", "--scenario", "luyuan-sewer-blockage", "--speed", "max", "--data", data.path])
    try #require(outcome.status == 0, "\(outcome.errors)")
    try body(data)
  }

  private func rows(_ text: String) -> [[String]] {
    text.split(separator: "\r\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test("Export writes what history shows, in order of time, as RFC 4180 asks")
  func export() throws {
    try withData { data in
      let all = try Programs.run("gatehouse", ["export", "--since", "24h", "--data", data.path])
      #expect(all.status == 0)
      let lines = rows(all.output)
      #expect(lines.first == ["time", "device", "signal", "value", "unit", "quality"])
      #expect(lines.count > 3000)
      #expect(lines.allSatisfy { $0.count == 6 })
      let times = lines.dropFirst().map { $0[0] }
      #expect(times == times.sorted())
      #expect(times.allSatisfy { $0.hasSuffix("+08:00") && $0.count == 29 })

      let file = data.appendingPathComponent("level.csv")
      let one = try Programs.run(
        "gatehouse",
        [
          "export", "luyuan/probe-w03", "level", "--since", "24h", "--data", data.path, "--output", file.path,
        ])
      #expect(one.status == 0)
      #expect(one.output.isEmpty)
      let level = rows(try String(contentsOf: file, encoding: .utf8)).dropFirst()
      #expect(one.errors == "\(level.count) readings\n")
      #expect(Array(level) == lines.filter { $0[1] == "luyuan/probe-w03" && $0[2] == "level" })
      #expect(level.allSatisfy { $0[4] == "m" && $0[5] == "good" })
      let history = try Programs.run(
        "gatehouse",
        ["history", "luyuan/probe-w03", "level", "--since", "24h", "--json", "--data", data.path]
      ).objects()
      #expect(history.compactMap { $0["value"] as? Double } == level.compactMap { Double($0[3]) })
      #expect(history.count == level.count)
    }
  }

  @Test("Export refuses what it doesn't know, and wrong usage")
  func refused() throws {
    try withData { data in
      for (arguments, status, expected) in [
        (
          ["luyuan/probe-w03", "levell", "--since", "1h"], 1, "unknown signal 'levell'; did you mean 'level'?"
        ),
        (["luyuan/probe-w3", "--since", "1h"], 1, "no readings of 'luyuan/probe-w3'"),
        (["--since", "1h", "--output", "/nowhere/x.csv"], 1, "/nowhere/x.csv"),
        (["--since", "1h", "--until", "2h"], 2, "--since must lie before --until"),
        ([], 2, "--since"),
      ] {
        let outcome = try Programs.run("gatehouse", ["export"] + arguments + ["--data", data.path])
        #expect(outcome.status == Int32(status))
        #expect(outcome.errors.contains(expected), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
      }
      let help = try Programs.run("gatehouse", ["export", "--help"])
      #expect(help.output.contains("EXAMPLE"))
    }
  }

  @Test("A damaged database is refused with the remedy; after it tickets and readings are there again")
  func recovery() throws {
    try withData { data in
      let path = data.appendingPathComponent("gatehouse.sqlite")
      let before = try Programs.run("gatehouse", ["tickets", "--json", "--data", data.path]).output
      let export = ["export", "--since", "24h", "--data", data.path]
      let readings = try Programs.run("gatehouse", export).output
      try #require(before.contains("T-"))

      // Recovering a whole database copies it; what was in SQLite's log is in the file then.
      let whole = try Programs.run("gatehouse", ["recover", "--data", data.path])
      #expect(whole.output.contains("nothing is lost"), "\(whole.output)")
      let file = try FileHandle(forUpdating: path)
      try file.write(contentsOf: Data(repeating: 0xa5, count: 4096))
      try file.close()
      let refused = try Programs.run("gatehouse", ["tickets", "--data", data.path])
      try #require(refused.status == 1)
      #expect(refused.errors.contains("gatehouse recover"), "\(refused.errors)")
      let run = try Programs.run("gatehouse", ["run", "--data", data.path])
      #expect(run.status == 1)
      #expect(run.errors.contains("gatehouse recover --data \(data.path)"), "\(run.errors)")

      let recover = try Programs.run("gatehouse", ["recover", "--data", data.path])
      #expect(recover.status == 0, "\(recover.errors)")
      #expect(recover.output.contains("1 page is damaged"), "\(recover.output)")
      #expect(try Programs.run("gatehouse", ["tickets", "--json", "--data", data.path]).output == before)
      #expect(try Programs.run("gatehouse", export).output == readings)
      let left = try FileManager.default.contentsOfDirectory(atPath: data.path)
      #expect(left.contains { $0.hasPrefix("gatehouse.sqlite.damaged-") })
    }
  }

  @Test("Without a database there is nothing to recover")
  func nothing() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try Programs.run("gatehouse", ["recover", "--data", folder.path])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("no database there"))
  }
}
