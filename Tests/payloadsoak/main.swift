/// Many damaged messages of every format: `payloadsoak 1000000`. Exit status 1 when something was made up, or when the
/// memory grew.
import Foundation
import PayloadFuzz

private func residentMegabytes() -> Double {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
    let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
  else { return 0 }
  return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
}

let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
/// What a decoder may take besides: names that damaged messages invent are remembered, up to a limit.
let allowance = 64.0
do {
  let fuzz = try PayloadFuzz(root: URL(fileURLWithPath: FileManager.default.currentDirectoryPath))
  var isSound = true
  for format in fuzz.formats {
    _ = fuzz.run(format, rounds: min(rounds, 20_000))
    let before = residentMegabytes()
    let began = ContinuousClock.now
    let outcome = fuzz.run(format, rounds: rounds)
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    let grown = residentMegabytes() - before
    print(
      "\(format): \(rounds) messages in \(Int(seconds.rounded())) s, \(outcome.readings) readings, "
        + "\(outcome.problems) problems, memory +\(Int(grown.rounded())) MB")
    for flaw in outcome.flaws { print("  \(flaw)") }
    if !outcome.flaws.isEmpty || grown > allowance { isSound = false }
  }
  exit(isSound ? 0 : 1)
} catch {
  FileHandle.standardError.write(Data("payloadsoak: \(error)\n".utf8))
  exit(1)
}
