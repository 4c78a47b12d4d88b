/// Alarms measured, and advice that follows.
import Configuration
import EstateModel
import RuleTools
import Rules
import Testing

@Suite("Quality of alarms") struct QualityTests {
  private let start = Timestamp(rfc3339: "2026-04-14T00:00:00+08:00") ?? .distantPast

  /// Seconds after the start; nil: not cleared.
  private func alarm(
    _ from: Int64, _ to: Int64?, rule: String = "r", device: String = "d", estate: String = "e",
    priority: Priority = .p3
  ) -> AlarmSpan {
    let raised = start + from * 1000
    return AlarmSpan(
      raised: AlarmTransition(
        kind: .raised,
        alarm: AlarmTransition.identifier(rule: rule, device: "\(estate)/\(device)", onset: raised),
        rule: rule, title: Title(zh: "规", en: rule), estate: estate, device: device, place: "p",
        priority: priority, category: "c", onset: raised, at: raised),
      cleared: to.map { (start + $0 * 1000).milliseconds })
  }

  private func quality(_ alarms: [AlarmSpan], hours: Int64 = 24) -> AlarmQuality {
    AlarmQuality(alarms: alarms, since: start, until: start + hours * 3_600_000)
  }

  @Test("Counts, alarms an hour, shares of priorities")
  func counts() {
    let measured = quality(
      [alarm(0, 60), alarm(3600, 3700, priority: .p1), alarm(7200, nil), alarm(7300, nil, priority: .p4)],
      hours: 8)
    #expect(measured.count == 4)
    #expect(measured.perHour == 0.5)
    #expect(measured.mostInAnHour == 2)
    #expect(measured.priorities.map(\.count) == [1, 0, 2, 1])
    #expect(measured.priorities.map(\.share) == [0.25, 0, 0.5, 0.25])
  }

  @Test("Ten in ten minutes are no flood, eleven are; it ends when fewer than five fall into ten minutes")
  func floods() {
    // One a minute: the window [0, 600 s) holds ten at most.
    let steady = (0..<30).map { alarm($0 * 60, nil, device: "d\($0)") }
    #expect(quality(steady).mostInTenMinutes == 10)
    #expect(quality(steady).floods == 0)
    // One each 50 s from 0 to 600: twelve alarms before 600 s; the eleventh, at 500 s, makes it a flood.
    let dense = (0...12).map { alarm($0 * 50, nil, device: "d\($0)") }
    let measured = quality(dense)
    #expect(measured.mostInTenMinutes == 12)
    #expect(measured.mostInTenMinutesAt == start.milliseconds)
    #expect(measured.floods == 1)
    // The fifth newest came at 400 s and leaves the ten minutes at 1000 s: 500 s of flood.
    #expect(measured.floodTime == 500_000)
    let twice = dense + (0...12).map { alarm(7200 + $0 * 50, nil, device: "d\($0)") }
    #expect(quality(twice).floods == 2)
    #expect(quality(twice).floodTime == 1_000_000)
  }

  @Test("Three of one alarm within a minute chatter; of three different ones none does")
  func chattering() {
    let measured = quality([alarm(0, 10), alarm(25, 30), alarm(59, 70), alarm(500, 510)])
    #expect(measured.chattering.map(\.count) == [4])
    #expect(measured.chattering.map(\.chatterings) == [1])
    #expect(quality([alarm(0, 10), alarm(30, 40), alarm(60, 70)]).chattering.isEmpty)
    #expect(
      quality([alarm(0, 1, device: "a"), alarm(2, 3, device: "b"), alarm(4, 5, device: "c")]).chattering
        .isEmpty)
  }

  @Test("Stale is what has been active for over a day, also when it began before")
  func stale() {
    let measured = quality(
      [
        alarm(-3600, nil, device: "before"), alarm(0, 86_400, device: "exactly"),
        alarm(10, 86_411, device: "over"), alarm(80_000, nil, device: "young"),
        alarm(-200_000, -100, device: "ended"),
      ], hours: 30)
    #expect(measured.stale.map(\.device) == ["e/before", "e/over"])
    #expect(measured.count == 3)
  }

  @Test("The ten most frequent, each rule and device by itself, with the middle of how long they lasted")
  func frequent() {
    var alarms: [AlarmSpan] = []
    for device in 0..<12 {
      for number in 0...device {
        alarms.append(
          alarm(
            Int64(device * 5000 + number * 400), Int64(device * 5000 + number * 400 + 100 * (number + 1)),
            device: "d\(device)"))
      }
    }
    let measured = quality(alarms)
    #expect(measured.mostFrequent.count == 10)
    #expect(measured.mostFrequent.map(\.count) == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3])
    #expect(measured.mostFrequent.first?.device == "e/d11")
    // 100, 200 … 1200 s: the sixth of twelve.
    #expect(measured.mostFrequent.first?.medianDuration == 600_000)
  }

  @Test("Each gatehouse has its own figures")
  func gatehouses() {
    let measured = quality([alarm(0, 1, estate: "a"), alarm(5, 6, estate: "b"), alarm(90, 99, estate: "b")])
    #expect(measured.gatehouses.map(\.estate) == ["a", "b"])
    #expect(measured.gatehouses.map(\.mostInTenMinutes) == [1, 2])
  }

  @Test("Rules that chatter, that are over at once, or come daily need something done; others don't")
  func faulty() {
    let chatter = (0..<3).map { alarm($0 * 20, $0 * 20 + 5, rule: "chatters") }
    let daily = (0..<4).map { alarm($0 * 7200, $0 * 7200 + 3600, rule: "daily") }
    let fleeting = (0..<5).map { alarm($0 * 50, $0 * 50 + 200, rule: "fleeting", device: "d\($0)") }
    let fine = [alarm(0, 3600, rule: "fine")]
    let advice = RuleAdvice.faulty(quality(chatter + daily + fleeting + fine))
    #expect(advice.map(\.rule) == ["fleeting", "daily", "chatters"])
    #expect(advice.map(\.faults) == [[.fleeting], [.frequent], [.chattering, .frequent]])
  }

  @Test("Steps become alarms; a step that was told twice, or a clearing without a raising, adds none")
  func spans() {
    let first = alarm(0, nil).raised
    var cleared = first
    cleared.kind = .cleared
    cleared.at = first.at + 5000
    var stray = alarm(50, nil, device: "other").raised
    stray.kind = .cleared
    let spans = AlarmSpan.spans([first, first, cleared, cleared, stray])
    #expect(spans == [AlarmSpan(raised: first, cleared: first.at + 5000)])
  }

  @Test("Every shipped rule can be varied, and each variant is a rule without a mistake")
  func variants() throws {
    let context = try shippedContext()
    let diagnostics = Diagnostics()
    let variants = RuleVariants(of: context.rules.rules, in: context.documents, diagnostics)
    let set = RuleSet(
      documents: variants.documents, calendars: context.calendars, catalogue: context.catalogue,
      diagnostics: diagnostics)
    #expect(diagnostics.errors.map(\.description) == [])
    #expect(set.rules.count == context.rules.rules.count + variants.changes.count)
    #expect(Set(variants.changes.values.map(\.rule)) == Set(context.rules.rules.map(\.id)))
    for rule in set.rules {
      guard let change = variants.changes[rule.id],
        let original = context.rules.rules.first(where: { $0.id == change.rule })
      else { continue }
      #expect((rule.onDelay > original.onDelay) == (change.kind == .onDelay), "\(change)")
      #expect((rule.offDelay > original.offDelay) == (change.kind == .offDelay), "\(change)")
      #expect(rule.raiseText == original.raiseText)
      #expect((rule.clearText != original.clearText) == (change.kind == .clear), "\(change)")
    }
    let clearings = variants.changes.values.filter { $0.kind == .clear && $0.rule == "sewer-high-level" }
    #expect(clearings.map(\.value).contains("level / device.bore < 58.5%"))
  }

  @Test(
    "Values that would have halved the alarms are found in the stored readings, the smallest of each kind")
  func remedies() throws {
    let days = try StoredDays()
    try days.withStore { reader in
      let documents = RuleDocuments(
        [
          Document(
            text: """
              - rule: other
                on: sewer-level-probe
                raise: level > 9 m
                priority: P3
                ticket: sewer-blockage
              # Well 6 stands high for 30 min each day.
              - rule: sewer-high-level
                title: {zh: 高水位, en: High}
                on: sewer-level-probe
                raise: >-
                  level / device.bore >= 80%
                for: 10min
                clear: level / device.bore < 65%
                clear-for: 30min
                priority: P3
                ticket: sewer-blockage
              """, file: "rules.yaml", diagnostics: Diagnostics())
        ].compactMap { $0 })
      let quality = AlarmQuality(
        alarms: AlarmSpan.spans(try reader.transitions()), since: days.start, until: days.end)
      let faulty = RuleAdvice.faulty(quality)
      #expect(faulty.map(\.rule) == ["sewer-high-level"])
      let advice = try RuleAdvice.withRemedies(
        faulty, rules: try days.rules(), documents: documents, catalogue: days.context.catalogue,
        reader: reader, since: days.start, until: days.end + 1)
      #expect(advice.map(\.count) == [3])
      // The level stands at 83 % from 10:00 and is down again at 10:30: a delay of 30 min is broken by that reading.
      // Alarms are a day apart: no off-delay of 6 h joins them, and 8 cm lie below every deadband that was tried.
      #expect(
        advice.first?.remedies.map { "\($0.change.kind.rawValue): \($0.change.value), left \($0.left)" } == [
          "for: 30min, left 0"
        ])
    }
  }
}
