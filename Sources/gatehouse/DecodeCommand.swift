import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Payloads

struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Decode one message from standard input and print a JSON line for each reading.",
    discussion: """
      Devices that the catalogue doesn't know are taken as they name themselves. Exit status 1 when the message \
      holds something that can't be used; what can be used is printed all the same.

      EXAMPLE
        gatehouse decode --topic estates/luyuan/probe-w03/reading < payload.json
        mosquitto_sub -t 'application/#' -C 1 | gatehouse decode --topic application/1/device/24e124126c100001/event/up
      """)

  @OptionGroup var options: ConfigurationOptions

  @Option(help: "The topic on which the message came.")
  var topic: String

  func run() throws {
    let loaded = try options.load()
    let payload = FileHandle.standardInput.readDataToEndOfFile()
    // A message from a file may be of any age.
    let decoder = PayloadDecoder(
      catalogue: loaded.catalogue, profiles: loaded.profiles, root: loaded.settings.topicRoot,
      unknownDevices: .register, tolerance: .unlimited)
    let topicBytes = Array(topic.utf8)
    topicBytes.withUnsafeBytes { topic in
      payload.withUnsafeBytes { payload in
        decoder.decode(
          topic: topic, payload: payload, now: GatewayClock.wall)
      }
    }
    for line in decoder.lines() { print(line) }
    for problem in decoder.problems { standardError("\(problem)") }
    // A fault is something that the device says, and its line is above; anything else could not be used.
    if decoder.problems.contains(where: { $0.reason != .fault }) { throw ExitCode(1) }
  }
}
