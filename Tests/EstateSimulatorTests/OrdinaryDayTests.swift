import EstateModel
import EstateSimulator
import Foundation
import Testing

@Suite("An ordinary day")
struct OrdinaryDayTests {
  @Test("It stays under every limit, whatever the seed", arguments: 1...20)
  func underEveryLimit(seed: Int) throws {
    let scenario = try named("ordinary-day")
    let catalogue = try seeds()
    // An energy mean over a quarter of an hour is the same from minutes as from seconds.
    // Of the eight units that are alike, one for each seed in turn.
    let unit = "-u\(seed % 8 + 1)"
    let isPlaying = { (device: Device) in device.estate != "huicui-south" || device.id.hasSuffix(unit) }
    let played = try Played(scenario, seed: UInt64(seed), reportInterval: 300, devices: isPlaying)
    for device in catalogue.devices.filter(isPlaying) {
      switch device.kind {
      case .elevatorNoiseMeter, .noiseMeter: try noise(played, device)
      case .wallTiltSensor: try tilt(played, device)
      case .sewerLevelProbe:
        let bore = try #require(device.attributes["bore"]?.base)
        let highest = try #require(played.values(device.path, "level").map(\.value).max())
        #expect(highest / bore < 0.65)
      case .meterWellProbe:
        #expect(played.values(device.path, "level").allSatisfy { $0.value < 0.02 })
      case .entranceCamera: camera(played, device)
      case .rainGauge, .uplinkGateway: break
      }
    }
  }

  /// GB 22337-2008 table 2 by the catalogue's reference values, over each full quarter of an hour.
  private func noise(_ played: Played, _ device: Device) throws {
    let day = try #require(device.attributes["limit-day"]?.base)
    let night = try #require(device.attributes["limit-night"]?.base)
    var quarters: [Int: [Double]] = [:]
    for sample in played.values(device.path, "laeq") {
      quarters[Int((sample.minute / 15).rounded(.up)), default: []].append(sample.value)
    }
    #expect(quarters.count == 100)
    for (quarter, levels) in quarters {
      let hour = Double(quarter - 1) / 4
      let isNight = hour < 6 || hour >= 22
      #expect(energyMean(levels) < (isNight ? night : day) - 0.5)
    }
  }

  /// Half of JGJ 125-2016's 0.7 % is 0.20 deg; a good sensor's day is 0.003 to 0.0115 deg wide.
  private func tilt(_ played: Played, _ device: Device) throws {
    let baseline = try #require(device.attributes["baseline"]?.base)
    let samples = played.values(device.path, "tilt")
    #expect(samples.allSatisfy { abs($0.value - baseline) < 0.02 })
    // Means of hours leave the sensor's noise out.
    var hours: [Int: [Double]] = [:]
    for sample in samples
    where sample.minute <= 1440 {
      hours[Int(sample.minute / 60), default: []].append(sample.value)
    }
    let means = hours.values.filter { $0.count > 2 }.map { $0.reduce(0, +) / Double($0.count) }
    let width = (means.max() ?? 0) - (means.min() ?? 0)
    #expect((0.002...0.0125).contains(width))
  }

  private func camera(_ played: Played, _ device: Device) {
    let events = played.events[device.path] ?? []
    #expect(events.contains { $0.event == "person" })
    for event in events where event.event == "loitering" {
      let hour = Double(event.ts - 1_776_700_800_000) / 3_600_000
      let isNight =
        hour.truncatingRemainder(dividingBy: 24) < 6 || hour.truncatingRemainder(dividingBy: 24) >= 22
      #expect(event.dwell < (isNight ? 120 : 300))
    }
  }
}
