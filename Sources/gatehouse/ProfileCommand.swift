import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Payloads

struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Device profiles: what a device's messages mean.",
    discussion: """
      EXAMPLE
        gatehouse profile new --name my-model < payload.json
      """,
    subcommands: [ProfileNewCommand.self])
}

struct ProfileNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Write a first draft of a profile from one message on standard input.",
    discussion: """
      What can be guessed is written, what can't is asked for in a comment. Put the draft into config/profiles/models, \
      answer the questions, and look at it with `gatehouse check` and `gatehouse decode`.

      EXAMPLE
        gatehouse profile new --name my-model < payload.json > config/profiles/models/my-model.yaml
        mosquitto_sub -t 'site/+/up' -C 1 | gatehouse profile new --topic site/well-3/up
      """)

  @OptionGroup var options: ConfigurationOptions

  @Option(help: "The topic on which the message came.")
  var topic: String?

  @Option(help: "The model's name.")
  var name: String = "my-model"

  func run() throws {
    let draft = ProfileDraft(profiles: try options.load().profiles)
    let payload = Array(FileHandle.standardInput.readDataToEndOfFile())
    guard let text = draft.text(payload: payload, topic: topic, name: name) else {
      throw Finding(text: "\(payload.count) bytes that are no JSON object; a profile describes one")
    }
    print(text, terminator: "")
  }
}
