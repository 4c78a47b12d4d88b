import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Rules

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Each part of a rule's condition for one device, with its present value and what is missing.",
    discussion: """
      Asks the running gateway; when none runs, the stored readings are played through the engine. For each part it \
      says whether it holds and how far it is from it: what is missing for the rule to raise or to clear.

      EXAMPLE
        gatehouse explain elevator-noise-night yulongting-3/noise-b1u1
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Argument(help: "The rule's id.") var rule: String
  @Argument(help: "The device: estate/device, its address, or its id alone.") var device: String

  func run() throws {
    let explanation: RuleEngine.Explanation
    if let client = ControlClient(dataFolder: try options.dataFolder()) {
      switch try client.ask(.explain(rule: rule, device: device)) {
      case .explanation(let found): explanation = found
      case .refused(let reason): throw Finding(text: reason)
      default: throw GatewayError.controlLost
      }
    } else {
      explanation = try OfflineEngine.explanation(
        rule: rule, device: device, configuration: try options.load())
    }
    // The gateway's answer has values; the condition they belong to stands in the configuration.
    let found = try options.load().rules.rules.first { $0.id == rule }
    if output.json {
      print(try jsonLine(ExplanationLine(explanation, rule: found)))
    } else {
      print(ExplanationText(explanation, rule: found).text)
    }
  }
}
