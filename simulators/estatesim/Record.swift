/// `estatesim record`
import ArgumentParser
import EstateSimulator
import Foundation

struct Record: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a broker's traffic into a file that `replay` plays.",
    discussion: """
      A JSON object to a line: milliseconds since the start, topic, QoS, whether it was retained, payload in base64. \
      Without --duration until interrupted.

      EXAMPLE
        estatesim record --topic 'application/#' --duration 10min --out uplinks.jsonl --data data
        estatesim replay uplinks.jsonl --speed 60 --data data
      """)

  @Option(help: ArgumentHelp("What to listen to; may stand several times.", valueName: "filter"))
  var topic: [String] = ["#"]

  @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
  var out: String

  @Option(help: ArgumentHelp("For how long.", valueName: "time"))
  var duration: RealTime?

  @OptionGroup var broker: BrokerOptions

  func run() throws {
    Interruption.watch()
    guard FileManager.default.createFile(atPath: out, contents: nil),
      let file = FileHandle(forWritingAtPath: out)
    else { throw Failure("\(out): can't be written") }
    let recorder: Recorder
    do {
      recorder = try Recorder(try broker.options(), filters: topic)
    } catch let error as LinkError {
      throw Failure("\(error)")
    }
    var count = 0
    var problem: (any Error)?
    recorder.run(for: duration?.duration ?? .seconds(1e9)) { message in
      do {
        try file.write(contentsOf: Data((message.line + "\n").utf8))
        count += 1
      } catch {
        problem = error
      }
    } shouldStop: {
      Interruption.hasCome || problem != nil
    }
    if let problem { throw Failure("\(out): \(problem.localizedDescription)") }
    print("record: \(count) messages in \(out)")
  }
}
