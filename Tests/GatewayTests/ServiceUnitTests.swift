/// The unit file, judged by systemd's own tool; and the log's lines.
import Foundation
import Gateway
import Logging
import Synchronization
import Testing

@Suite("Service and log")
struct ServiceUnitTests {
  private static let analyser = "/usr/bin/systemd-analyze"

  @Test(
    "systemd rates the unit's exposure under 2.0",
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: analyser),
      "systemd-analyze is not installed: apt-get install systemd"))
  func exposure() throws {
    let unit = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("packaging/gatehouse.service")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.analyser)
    process.arguments = ["security", "--offline=true", "--no-pager", unit.path]
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let line = try #require(output.split(separator: "\n").last { $0.contains("exposure level") }, "\(output)")
    let rating = try #require(line.split(separator: " ").compactMap { Double($0) }.first)
    #expect(rating < 2.0)
    let text = try String(contentsOf: unit, encoding: .utf8)
    for need in ["Type=notify", "WatchdogSec=", "MemoryMax=", "User=gatehouse"] {
      #expect(text.contains(need))
    }
  }

  /// A log whose lines and time the test holds.
  private final class Written: Sendable {
    let lines = Mutex<[String]>([])
    let now = Atomic<Int64>(0)

    func log(_ format: LogFormat) -> Logger {
      LineLog(
        format, clock: { self.now.load(ordering: .relaxed) },
        output: { line in self.lines.withLock { $0.append(line) } }
      ).logger(level: .info)
    }

    var all: [String] { lines.withLock { $0 } }
  }

  @Test(
    "A flood of lines is cut to a hundred, then ten a second, and the next one tells how many were left out")
  func flood() {
    let written = Written()
    let log = written.log(.text)
    for number in 0..<1000 { log.warning("a device says \(number)") }
    #expect(written.all.count == 100)
    log.error("the disk is full")
    #expect(written.all.count == 101, "another level has room of its own")
    written.now.store(1000, ordering: .relaxed)
    for number in 0..<1000 { log.warning("again \(number)") }
    #expect(written.all.count == 112)
    #expect(written.all[101].contains("900 lines of this level were left out"))
  }

  @Test("What comes from outside can't begin a line of its own")
  func oneLine() throws {
    for format in LogFormat.allCases {
      let written = Written()
      written.log(format).notice("odd\n<0>forged", metadata: ["topic": "a\r\nb"])
      #expect(written.all.count == 1)
      #expect(written.all[0].split(separator: "\n").count == 1, "\(written.all)")
    }
    let journal = Written()
    journal.log(.journal).error("x")
    #expect(journal.all == ["<3>x\n"])
    let quiet = Written()
    quiet.log(.text).debug("x")
    #expect(quiet.all.isEmpty)
  }

  @Test("journald's format is taken where standard error goes there, and nowhere else")
  func format() {
    #expect(LineLog.preferredFormat(["JOURNAL_STREAM": "8:12"]) == .journal)
    #expect(LineLog.preferredFormat([:]) == .text)
  }
}
