import EstateModel
import EstateSimulator
import Foundation
import Testing

@Suite("Elevator noise")
struct NoiseTests {
  @Test("Five trips of 15 s at 45 dB(A) over 26 give 34.77 dB(A) in any quarter of an hour")
  func exactNight() throws {
    let levels = try Played(named("yulongting-elevator-night")).values("yulongting-3/noise-u1", "laeq")
    #expect(levels.count == 3 * 3600)
    for minute in [16.0, 60, 61.5, 105, 179] {
      let window = levels.filter { $0.minute > minute - 15 && $0.minute <= minute }.map(\.value)
      #expect(window.count == 900)
      // 10*lg((75*10^4.5 + 825*10^2.6)/900)
      #expect(abs(energyMean(window) - 34.77) < 0.005)
      #expect(abs(window.reduce(0, +) / 900 - 27.58) < 0.005)
    }
  }

  @Test("A trip has one id, a begin and an end 15 s later")
  func trips() throws {
    let events = try #require(try Played(named("yulongting-elevator-night")).events["yulongting-3/noise-u1"])
    #expect(events.count == 2 * 60)
    for pair in stride(from: 0, to: events.count, by: 2).map({ (events[$0], events[$0 + 1]) }) {
      #expect(pair.0.id == pair.1.id)
      #expect((pair.0.phase, pair.1.phase) == ("begin", "end"))
      #expect(pair.1.dwell == 15)
    }
  }

  @Test("Few trips at night, most when people leave and come home")
  func hours() throws {
    var count = [Int](repeating: 0, count: 24)
    var scenario = try named("ordinary-day")
    scenario.estates = ["yulongting-3"]
    for seed in 1...5 {
      for event in try Played(scenario, seed: UInt64(seed), reportInterval: 60).events[
        "yulongting-3/noise-u1"] ?? []
      where event.phase == "begin" {
        let minute = Double(event.start - 1_776_700_800_000) / 60_000
        if minute < 1440 { count[Int(minute / 60)] += 1 }
      }
    }
    let night = count[0...4].reduce(0, +) / 5
    let peak = (count[7] + count[8] + count[17] + count[18]) / 4
    #expect(peak > 5 * max(1, night))
  }

  @Test("Wear lifts the night over its limit")
  func wear() throws {
    let levels = try Played(named("demo")).values("yulongting-3/noise-u1", "laeq")
    for minute in [35.0, 50, 65, 80, 95] {
      let window = levels.filter { $0.minute > minute - 15 && $0.minute <= minute }.map(\.value)
      #expect(energyMean(window) > 31)
    }
  }
}
