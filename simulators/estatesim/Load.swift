/// `estatesim load`
import ArgumentParser
import EstateModel
import EstateSimulator
import Foundation

struct Load: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Publishes readings of many synthetic devices in real time.",
    discussion: """
      A hundred devices to an estate: load-0/noise-0, load-0/well-0, load-0/wall-0, load-0/camera-0, …; none of them \
      gives cause for an alarm. A gateway knows them when its catalogue has the files of --write-catalogue.

      EXAMPLE
        estatesim load --devices 1000 --write-catalogue /tmp/load/estates
        estatesim load --devices 1000 --rate 5000 --duration 30s --data data
      """)

  @Option(help: "How many devices.")
  var devices: Int

  @Option(help: "Readings a second, of all devices together.")
  var rate: Double?

  @Option(help: ArgumentHelp("For how long; until interrupted if not given.", valueName: "time"))
  var duration: RealTime?

  @Option(help: ArgumentHelp("Write device and time of each publication there, as CSV.", valueName: "file"))
  var record: String?

  @Option(
    help: ArgumentHelp(
      "Write the devices' catalogue into this folder, and publish nothing.", valueName: "dir"))
  var writeCatalogue: String?

  @Option(
    help: ArgumentHelp(
      "In the catalogue: how often each reports, such as 10s; as is usual for its kind if not given.",
      valueName: "time"))
  var reportInterval: RealTime?

  @OptionGroup var broker: BrokerOptions

  func validate() throws {
    if !(1...1_000_000).contains(devices) { throw ValidationError("--devices: expected 1 to 1000000.") }
    if writeCatalogue != nil { return }
    guard let rate else { throw ValidationError("--rate is missing: readings a second.") }
    if !(rate > 0 && rate <= 1e7) { throw ValidationError("--rate: expected more than 0, at most 1e7.") }
  }

  func run() throws {
    if let writeCatalogue { return try write(catalogueIn: URL(fileURLWithPath: writeCatalogue)) }
    Interruption.watch()
    let link = try broker.link()
    var load = SyntheticLoad(devices: devices)
    let summary: PlaySummary
    do {
      let file = try record.map { try PublicationRecord(path: $0) }
      summary = try load.run(
        rate: rate ?? 0, for: duration?.duration ?? .seconds(1e9), to: link,
        record: { try file?.append($0) }, shouldStop: { Interruption.hasCome })
      try file?.close()
    } catch {
      throw Failure("\(error)")
    }
    let seconds = plainNumber(summary.realSeconds, digits: 1)
    let perSecond = plainNumber(Double(summary.messages) / max(0.001, summary.realSeconds), digits: 0)
    print("load: \(summary.messages) messages in \(seconds) s, \(perSecond) a second")
  }

  private func write(catalogueIn folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let interval = reportInterval.map { "\(plainNumber($0.duration / .seconds(1), digits: 3)) s" }
      for (name, text) in SyntheticLoad.catalogue(devices: devices, reportInterval: interval) {
        try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
      }
    } catch {
      throw Failure("\(folder.path): \(error.localizedDescription)")
    }
  }
}

/// `estate/device,milliseconds` a line.
private final class PublicationRecord {
  private let file: FileHandle
  private var buffer = Data()

  init(path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil) else {
      throw Failure("\(path): can't be written")
    }
    file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  func append(_ publication: Publication) throws {
    let levels = publication.topic.split(separator: "/")
    buffer.append(contentsOf: "\(levels[1])/\(levels[2]),\(publication.time.milliseconds)\n".utf8)
    if buffer.count > 65_536 { try flush() }
  }

  func close() throws {
    try flush()
    try file.close()
  }

  private func flush() throws {
    try file.write(contentsOf: buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
