/// What 10,000 devices take.
import ArgumentParser
import EstateModel
import EstateSimulator
import Foundation
import Gateway
import MQTTSession

func memoryFigures(_ workshop: Workshop, runs: Int) throws -> [Figure] {
  let devices = 10_000
  let place = try workshop.folder(devices: devices)
  defer { place.remove() }
  var engines: [Double] = []
  var processes: [Double] = []
  for _ in 0..<runs {
    let child = try Child(
      workshop.program("gatehouse-bench"),
      ["engine-footprint", place.folder.path, "--devices", "\(devices)"],
      output: place.folder.appendingPathComponent("footprint.log"))
    guard let text = try child.finish().split(separator: "\n").last, let megabytes = Double(text) else {
      throw BenchError("engine-footprint: \(child.text)")
    }
    engines.append(megabytes)
    processes.append(try residentOfGateway(workshop, place, devices: devices))
  }
  return [
    Figure(
      name: "memory of the gateway, 10,000 devices, 60 readings each", unit: "MB", values: processes,
      target: 64),
    Figure(name: "memory of engine and catalogue, 10,000 devices, a full day", unit: "MB", values: engines),
  ]
}

/// A real gateway that has heard an hour of every device.
private func residentOfGateway(_ workshop: Workshop, _ place: Workplace, devices: Int) throws -> Double {
  try? FileManager.default.removeItem(at: place.data)
  let gateway = try workshop.gateway(place)
  defer { gateway.stop() }
  try place.waitForLink()
  let publisher = try Publisher(place)
  var load = SyntheticLoad(devices: devices)
  let end = Int64(Date().timeIntervalSince1970 * 1000)
  for minute in 0..<60 {
    let time = Timestamp(milliseconds: end - Int64(60 - minute) * 60_000)
    for _ in 0..<devices { try publisher.publish(load.reading(at: time)) }
  }
  try publisher.finish()
  try until("\(60 * devices) readings") { (try place.status()?.readings ?? 0) >= 60 * devices }
  return gateway.residentMB
}

/// `engine-footprint`: a process of its own, so that nothing else is counted.
struct EngineFootprint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine-footprint",
    abstract: "Plays a day to an engine and prints this process's memory in MB.",
    shouldDisplay: false)

  @Argument var folder: String
  @Option var devices: Int

  func run() throws {
    var run = try EngineRun(Workplace(folder: URL(fileURLWithPath: folder)), devices: devices)
    run.play(minutes: 25 * 60)
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    print((line?.split(separator: " ").compactMap { Double($0) }.first ?? .nan) / 1024)
  }
}
