import Configuration
import EstateModel
import EstateSimulator
import Foundation
import Testing

/// What a scenario says, one line for each message.
/// - Parameter reportInterval: seconds, for all devices, in place of the catalogue's.
func lines(
  of scenario: Scenario, seed: UInt64? = nil, step: Speed = .unlimited, reportInterval: Double? = nil,
  devices isPlaying: (Device) -> Bool = { _ in true }
) throws -> [String] {
  let diagnostics = Diagnostics()
  var catalogue = try seeds()
  if let reportInterval {
    let devices = catalogue.devices.filter(isPlaying).map { device in
      var device = device
      device.attributes["report-interval"] = Quantity(reportInterval, .second)
      return device
    }
    catalogue = Catalogue(estates: catalogue.estates, devices: devices)
  }
  let simulation = Simulation(scenario, catalogue: catalogue, seed: seed, diagnostics: diagnostics)
  try diagnostics.check()
  var lines: [String] = []
  Player(speed: step).printMessages(of: try #require(simulation)) { lines.append($0) }
  return lines
}

func named(_ name: String) throws -> Scenario { try #require(try scenarios().first { $0.name == name }) }

extension [String] {
  /// Without the clock, whose steps depend on the speed.
  var readings: [String] { filter { !$0.hasPrefix("simulation/") } }
}

@Suite("Seeds")
struct SameSeedTests {
  @Test("The same seed says the same, byte for byte", arguments: ["demo", "luyuan-sewer-blockage"])
  func sameSeed(name: String) throws {
    let scenario = try named(name)
    #expect(try lines(of: scenario) == lines(of: scenario))
  }

  @Test("Another seed says something else")
  func otherSeed() throws {
    let scenario = try named("luyuan-sewer-blockage")
    #expect(try lines(of: scenario, seed: 8) != lines(of: scenario, seed: 7))
  }

  @Test("The steps in which time passes change nothing")
  func steps() throws {
    let scenario = try named("yiheyuan-loitering")
    let slow = try lines(of: scenario, step: .times(1)).readings
    #expect(try lines(of: scenario, step: .times(60_000)).readings == slow)
    #expect(slow.count > 100)
  }

  @Test("A device says the same whoever else plays")
  func alone() throws {
    var scenario = try named("demo")
    let all = try lines(of: scenario).readings.filter { $0.hasPrefix("estates/hongqili/") }
    scenario.estates = ["hongqili"]
    scenario.incidents.removeAll { !$0.target.hasPrefix("hongqili") }
    #expect(try lines(of: scenario).readings == all)
    #expect(all.count > 300)
  }

  @Test(
    "The first message is the clock with the start time, then all devices are online, and the last is the end"
  )
  func order() throws {
    let said = try lines(of: try named("yiheyuan-loitering"))
    // 2026-03-20 23:00 in Shanghai is 15:00 UTC: date -u -d 2026-03-20T15:00Z +%s
    #expect(said.first == "simulation/clock\t{\"now\":1774018800000}")
    #expect(said.dropFirst().first == "estates/yiheyuan/cam-gate/status\tonline")
    #expect(
      said.suffix(2) == [
        "simulation/clock\t{\"now\":1774023300000}", "simulation/end\t{\"now\":1774023300000}",
      ])
  }

  @Test("Readings come in order of their own time, and never after a clock that is past them")
  func causality() throws {
    var clock: Int64 = 0
    var last: Int64 = 0
    for line in try lines(of: try named("demo"), step: .times(60)) {
      let number = try #require(line.split(separator: "\t").last)
      if line.hasPrefix("simulation/clock") {
        clock = try #require(Int64(number.dropFirst(7).dropLast()))
      } else if number.hasPrefix("{\"ts\":") {
        let time = try #require(Int64(number.dropFirst(6).prefix { $0.isNumber }))
        #expect(time > clock && time >= last)
        last = time
      }
    }
    #expect(clock > 0 && last > 0)
  }
}
