/// Shelving, maintenance and devices out of service. Limits as docs/alarm-quality.md has them.
import EstateModel
import Testing
import Tickets

@Suite("Suppression")
struct SuppressionTests {
  private func list() throws -> SuppressionList {
    SuppressionList(catalogue: Catalogue(estates: [Fixture.estate()], devices: Self.devices))
  }

  private static let devices = ["w3", "w7"].map {
    Device(
      id: "probe-\($0)", estate: "old-town", kind: .sewerLevelProbe, title: Title(zh: $0, en: $0), place: $0)
  }

  private func alarm(_ place: String, second: Int64 = 0, priority: Priority = .p3) -> AlarmTransition {
    var alarm = step(.raised, "sewer-high-level", at: place, priority: priority)
    alarm.device = "probe-\(place)"
    alarm.at += second * 1000
    alarm.alarm = "A-\(place)-\(second)"
    return alarm
  }

  private let p3: (String) -> Priority? = { ["sewer-high-level": .p3, "flood": .p1][$0] }
  private var now: Timestamp { Timestamp(milliseconds: alarm("w3").at) }

  private func shelve(_ device: String = "probe-w3", rule: String = "sewer-high-level", hours: Int64 = 2)
    -> Suppression.Order
  {
    .init(
      .shelved, .init(estate: "old-town", device: device, rule: rule),
      until: now.milliseconds + hours * 3_600_000, why: "pump test")
  }

  @Test("A shelving covers one rule at one device, ends by itself, and hands out what is still active")
  func shelving() throws {
    var list = try list()
    let made = try list.set(shelve(), by: "guard", at: now, priority: p3)
    #expect(list.suppression(of: alarm("w3"), at: now.milliseconds)?.id == made.id)
    #expect(list.suppression(of: alarm("w7"), at: now.milliseconds) == nil)
    var other = alarm("w3")
    other.rule = "sewer-full"
    #expect(list.suppression(of: other, at: now.milliseconds) == nil)
    list.hold(alarm("w3"))
    list.hold(alarm("w3", second: 5))
    let (known, unknown) = (list.release(cleared: alarm("w3", second: 5)), list.release(cleared: alarm("w7")))
    #expect(known && !unknown)
    let end = try #require(made.until)
    #expect(!list.hasEnded(by: end - 1) && list.hasEnded(by: end))
    let (ended, released) = list.expire(by: end)
    #expect(ended.map(\.id) == [made.id] && ended[0].ended == end && ended[0].endedBy == nil)
    #expect(released.map(\.alarm) == [alarm("w3").alarm])
    #expect(list.entries.isEmpty && list.held.isEmpty)
  }

  @Test("What two suppressions cover waits for the end of both")
  func both() throws {
    var list = try list()
    let shelving = try list.set(shelve(), by: "guard", at: now, priority: p3)
    let window = try list.set(
      .init(.maintenance, .init(estate: "old-town"), until: now.milliseconds + 60_000, why: "flushing"),
      by: "community", at: now, priority: p3)
    list.hold(alarm("w3"))
    let first = try list.end(window.id, by: "community", at: now)
    #expect(first.released.isEmpty)
    let (ended, released) = try list.end(shelving.id, by: "guard", at: now + 1)
    #expect(ended.endedBy == "guard" && ended.ended == now.milliseconds + 1)
    #expect(released.count == 1)
    #expect(throws: SuppressionError.unknown(window.id)) { try list.end(window.id, by: "x", at: now) }
  }

  @Test("A window that is planned begins when it begins; a place covers what lies in it")
  func planned() throws {
    var list = try list()
    let begin = now.milliseconds + 3_600_000
    let made = try list.set(
      .init(
        .maintenance, .init(estate: "old-town", place: "w3"), from: begin, until: begin + 60_000,
        why: "probe is changed"),
      by: "integrator", at: now, priority: p3)
    #expect(
      !made.isInForce(at: begin - 1) && made.isInForce(at: begin) && !made.isInForce(at: begin + 60_000))
    #expect(list.suppression(of: alarm("w3"), at: begin) != nil)
    #expect(list.suppression(of: alarm("w7"), at: begin) == nil)
  }

  @Test("What makes no sense is refused in words")
  func refused() throws {
    var list = try list()
    func refusal(_ order: Suppression.Order) -> SuppressionError? {
      do throws(SuppressionError) { _ = try list.set(order, by: "x", at: now, priority: p3) } catch {
        return error
      }
      return nil
    }
    #expect(refusal(shelve("probe-w9")) == .unknownDevice("probe-w9", estate: "old-town"))
    #expect(refusal(shelve(rule: "sewer")) == .unknownRule("sewer"))
    #expect(refusal(shelve(hours: -1)) != nil)
    #expect(refusal(shelve(hours: 7 * 24)) == nil)
    #expect(refusal(shelve(hours: 7 * 24 + 1)) != nil)
    #expect(refusal(shelve(rule: "flood", hours: 8)) == nil)
    #expect(refusal(shelve(rule: "flood", hours: 9)) != nil, "danger isn't shelved for a day")
    var silent = shelve()
    silent.why = " "
    #expect(refusal(silent) != nil)
    #expect(refusal(.init(.outOfService, .init(estate: "old-town"), until: nil, why: "x")) != nil)
    #expect(
      refusal(.init(.maintenance, .init(estate: "nowhere"), until: now.milliseconds + 1, why: "x"))
        == .unknownEstate("nowhere"))
    #expect(refusal(.init(.maintenance, .init(estate: "old-town"), until: nil, why: "x")) != nil)
  }

  @Test(
    "A source that is raised three times in a minute, or ten times in ten, is shelved for an hour; danger never",
    arguments: [
      ([0, 20, 40], Priority.p3, 3), ([0, 30, 60], .p3, nil), ([0, 20, 40], .p1, nil),
      ([0, 59, 118, 177, 236, 295, 354, 413, 472, 531], .p2, 10),
      ([0, 70, 140, 210, 280, 350, 420, 490, 560, 630], .p2, nil),
    ] as [([Int64], Priority, Int?)])
  func chattering(seconds: [Int64], priority: Priority, at count: Int?) throws {
    var list = try list()
    var shelvedAfter: Int?
    for (number, second) in seconds.enumerated() {
      guard let made = list.noteRaised(alarm("w3", second: second, priority: priority)) else { continue }
      shelvedAfter = number + 1
      #expect(made.by == "gatehouse" && made.kind == .shelved)
      #expect(made.until == alarm("w3", second: second).at + 3_600_000)
      break
    }
    #expect(shelvedAfter == count)
  }

  @Test("After a restart it knows what it knew: entries, held alarms, and what was raised lately")
  func restoring() throws {
    var list = try list()
    let made = try list.set(shelve("probe-w7"), by: "guard", at: now, priority: p3)
    var second = try self.list()
    second.restore([made], active: [alarm("w7")], recent: [alarm("w3"), alarm("w3", second: 20)])
    #expect(second.suppression(of: alarm("w7"), at: now.milliseconds) == made)
    #expect(second.held.keys.sorted() == [alarm("w7").alarm])
    let shelving = second.noteRaised(alarm("w3", second: 40))
    #expect(shelving != nil, "the third within a minute")
  }
}
