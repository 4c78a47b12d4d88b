import EstateModel
import EstateSimulator
import Testing

@Suite("Sewer")
struct SewerTests {
  /// Four wells in a row, nothing yet in them.
  private func chain() -> SewerNetwork {
    SewerNetwork(
      wells: (0..<4).map { SewerNetwork.Well(downstream: $0 < 3 ? $0 + 1 : nil, area: 2.25) }, outflow: 0.001)
  }

  @Test("Behind a closed pipe, 0.25 l/s on 2.25 m² rise 0.40 m in an hour")
  func rate() {
    var network = chain()
    // 0.00025 m³/s * 3600 s / 2.25 m² = 0.40 m; the well above gets nothing and stays out of it below 0.08 m.
    for _ in 0..<600 { network.step(inflow: [0, 0.00025, 0, 0], open: [1, 0, 1, 1]) }
    #expect(abs(network.levels[1] - 0.40 / 6) < 1e-9)
    #expect(network.levels[0] == 0)
    #expect(network.levels[2] == 0 && network.levels[3] == 0)
  }

  @Test("The next well up begins to fill when the water has risen by the drop of the pipe")
  func backwater() {
    var network = chain()
    // 0.08 m at 0.40 m/h take 720 s.
    for _ in 0..<715 { network.step(inflow: [0, 0.00025, 0, 0], open: [1, 0, 1, 1]) }
    #expect(network.levels[0] == 0)
    for _ in 0..<3600 { network.step(inflow: [0, 0.00025, 0, 0], open: [1, 0, 1, 1]) }
    #expect(network.levels[0] > 0.15)
    // Both then stand at one height: the upper well's invert lies 0.08 m higher.
    #expect(abs(network.levels[1] - network.levels[0] - 0.08) < 0.01)
    // No water is lost: 4315 s of 0.00025 m³/s.
    #expect(abs((network.levels[0] + network.levels[1]) * 2.25 - 4315 * 0.00025) < 1e-9)
  }

  @Test("An open sewer carries its mean flow at its usual level")
  func usual() {
    var network = chain()
    for _ in 0..<36_000 {
      network.step(inflow: [0.001, 0, 0, 0], open: [1, 1, 1, 1])
    }
    // outflow = conveyance * level², and 0.08 m is what the mean flow stands for.
    for level in network.levels { #expect(abs(level - 0.08) < 0.001) }
  }

  @Test("A blockage fills the wells above it one after the other, and starves the one below")
  func blockage() throws {
    let played = try Played(named("luyuan-sewer-blockage"))
    let full = try (1...6).map {
      try #require(played.minute("luyuan/probe-w0\($0)", "level", atLeast: 0.24))
    }
    // Blocked at 40 min. Three units of four lie above, 0.75 of 1.0 l/s on average, at that hour about 0.9 of it or
    // less: well 6 (2.2 m²) rises about 1 m/h, slower with each well that joins; 0.2 m can't take less than 10 min, and at
    // a third of the rate not more than 35.
    #expect((50...75).contains(full[5]))
    #expect(full == full.sorted(by: >))
    for well in 7...9 {
      let levels = played.values("luyuan/probe-w0\(well)", "level")
      #expect(levels.allSatisfy { $0.value < 0.1 })
    }
    let below = played.values("luyuan/probe-w07", "level")
    let before = below.filter { $0.minute < 40 }.map(\.value)
    let after = below.filter { $0.minute > 60 }.map(\.value)
    let usual = before.sorted()[before.count / 2]
    #expect(usual > 0.03)
    #expect(after.allSatisfy { $0 < usual / 2 })
  }

  @Test("Rain raises every well; a blockage does not")
  func rain() throws {
    var wet = try named("luyuan-sewer-blockage")
    wet.incidents = []
    var dry = wet
    dry.weather.rain = []
    wet.weather.rain = [
      Weather.Rain(from: wet.start + 3_600_000, until: wet.start + 7_200_000, rate: 10)
    ]
    let raining = try Played(wet)
    let usual = try Played(dry)
    for well in ["w01", "w02", "w03", "w04", "w05", "w06", "w07", "w08", "w09", "w10"] {
      func highest(_ played: Played) -> Double {
        played.values("luyuan/probe-\(well)", "level").filter { (70...120).contains($0.minute) }.map(\.value)
          .max() ?? 0
      }
      #expect(highest(raining) > 1.5 * highest(usual))
    }
  }

  @Test("A meter well stays dry until its neighbour stands above the sill")
  func meterWell() throws {
    var scenario = try named("luyuan-sewer-blockage")
    #expect(
      try Played(scenario).values("luyuan/probe-mw-u3", "level").allSatisfy { $0.value == 0 })
    scenario.duration = 8 * 3_600_000
    scenario.incidents[0].event = .sewer(
      SewerIncident(from: "w06", since: scenario.start + 2_400_000, until: scenario.end))
    let played = try Played(scenario)
    let sill = try #require(played.minute("luyuan/probe-w05", "level", atLeast: 1.0))
    let wet = try #require(played.minute("luyuan/probe-mw-u3", "level", atLeast: 0.05))
    #expect(wet > sill)
    #expect(
      played.values("luyuan/probe-mw-u3", "level").filter { $0.minute < sill - 1 }.allSatisfy {
        $0.value == 0
      })
  }
}
