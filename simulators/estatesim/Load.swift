/// `estatesim load`
import ArgumentParser
import EstateModel
import EstateSimulator

struct Load: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Publishes noise readings of many synthetic devices in real time.",
    discussion: """
      The devices are load-0/noise-0, load-0/noise-1, …, a hundred in each estate.

      EXAMPLE
        estatesim load --devices 1000 --rate 5000 --duration 30s --data data
      """)

  @Option(help: "How many devices.")
  var devices: Int

  @Option(help: "Readings a second, of all devices together.")
  var rate: Double

  @Option(help: ArgumentHelp("For how long; until interrupted if not given.", valueName: "time"))
  var duration: RealTime?

  @OptionGroup var broker: BrokerOptions

  func validate() throws {
    if !(1...1_000_000).contains(devices) { throw ValidationError("--devices: expected 1 to 1000000.") }
    if !(rate > 0 && rate <= 1e7) { throw ValidationError("--rate: expected more than 0, at most 1e7.") }
  }

  func run() throws {
    Interruption.watch()
    let link = try broker.link()
    var load = SyntheticLoad(devices: devices)
    let summary: PlaySummary
    do {
      summary = try load.run(
        rate: rate, for: duration?.duration ?? .seconds(1e9), to: link, shouldStop: { Interruption.hasCome })
    } catch {
      throw Failure("\(error)")
    }
    let seconds = plainNumber(summary.realSeconds, digits: 1)
    let perSecond = plainNumber(Double(summary.messages) / max(0.001, summary.realSeconds), digits: 0)
    print("load: \(summary.messages) messages in \(seconds) s, \(perSecond) a second")
  }
}
