/// What is learned of a signal over days, from readings that nothing can precede any more: in the order of their time,
/// whatever the order in which they came.
import EstateModel
import RingBuffer

/// What is learned of one series.
struct Lesson: Sendable, BitwiseCopyable {
  /// The last reading that was learned from.
  var learned = Int64.min
  /// The reading after it, by its sequence number among the series' samples; -1: to be looked for.
  var next = -1
  /// -1: nobody asks for it.
  var baseline: Int32 = -1
  var clock: Int32 = -1
  /// The first of its fits, and of its stretches; -1: none.
  var fit: Int32 = -1
  var stretch: Int32 = -1
}

extension RuleEngine {
  /// The lesson of a series, made when it is the first to ask.
  private mutating func lesson(of index: Int) -> Int {
    if traits[index].lesson < 0 {
      traits[index].lesson = Int32(lessons.count)
      lessons.append(Lesson())
    }
    return Int(traits[index].lesson)
  }

  mutating func learnHours(of index: Int, _ signal: SignalIndex, estate: Int32) {
    let number = lesson(of: index)
    guard lessons[number].baseline < 0 else { return }
    lessons[number].baseline = Int32(baselines.count)
    lessons[number].clock = clock(of: estate)
    baselines.append(HourBaseline(isLevel: Signal[signal].unit.dimension.isSoundLevel))
  }

  /// The clock on the wall of an estate.
  mutating func clock(of estate: Int32) -> Int32 {
    let zone = Int(estate) < catalogue.estates.count ? catalogue.estates[Int(estate)].timeZone : .gmt
    if let known = clocks.firstIndex(where: { $0.timeZone == zone }) { return Int32(known) }
    clocks.append(LocalHours(zone))
    return Int32(clocks.count - 1)
  }

  /// - Returns: the fit's number.
  mutating func learnDependence(of index: Int, on other: Int) -> Int32 {
    let number = lesson(of: index)
    var known = lessons[number].fit
    while known >= 0 {
      if Int(fits[Int(known)].other) == other { return known }
      known = fits[Int(known)].next
    }
    fits.append(ThermalFit(other: Int32(other), next: lessons[number].fit))
    lessons[number].fit = Int32(fits.count - 1)
    // A temperature is kept until the reading beside it is learned from.
    _ = series[other].window(length: 2 * series[other].ring.step, measures: [])
    return lessons[number].fit
  }

  mutating func learnStretch(of index: Int, _ band: Double) {
    let number = lesson(of: index)
    if stretch(of: index, band) != nil { return }
    stretches.append(SteadyStretch(band: band, next: lessons[number].stretch))
    lessons[number].stretch = Int32(stretches.count - 1)
  }

  /// The stretch of a series that something is learned of.
  func stretch(of index: Int, _ band: Double) -> Int? {
    var number = Int(lessons[Int(traits[index].lesson)].stretch)
    while number >= 0, stretches[number].band != band { number = Int(stretches[number].next) }
    return number < 0 ? nil : number
  }

  /// Learns from the readings up to a time before which none can come any more.
  mutating func learn(_ number: Int, from index: Int, until limit: Int64) {
    var lesson = lessons[number]
    if lesson.next < 0 {
      lesson.next = series[index].ring.firstSequence(
        notBefore: lesson.learned == .min ? .min : lesson.learned + 1)
      lessons[number].next = lesson.next
    }
    var position = max(lesson.next, series[index].ring.first)
    guard position < series[index].ring.end else { return }
    guard series[index].ring[position].time <= limit else { return }
    let isFrozen = lesson.fit >= 0 && isAlarmed(index)
    while position < series[index].ring.end {
      let sample = series[index].ring[position]
      guard sample.time <= limit else { break }
      position += 1
      lesson.learned = sample.time
      if lesson.baseline >= 0 {
        let hour = clocks[Int(lesson.clock)].hour(of: sample.time)
        baselines[Int(lesson.baseline)].take(sample.value, in: hour)
      }
      var stretch = Int(lesson.stretch)
      while stretch >= 0 {
        stretches[stretch].take(sample.value, time: sample.time, gap: 3 * series[index].ring.step)
        stretch = Int(stretches[stretch].next)
      }
      var fit = Int(lesson.fit)
      while fit >= 0 {
        let next = Int(fits[fit].next)
        defer { fit = next }
        // The first week is learned in any case: its alarms may be the temperature's own.
        if isFrozen, !fits[fit].coefficient.isNaN { continue }
        let other = Int(fits[fit].other)
        let beside = series[other].ring.firstSequence(notBefore: sample.time + 1) - 1
        if beside >= series[other].ring.first {
          let temperature = series[other].ring[beside]
          if sample.time - temperature.time <= manners[Int(traits[other].manner)].hold {
            fits[fit].take(sample.value, at: temperature.value, time: sample.time)
          }
        }
      }
    }
    lesson.next = position
    lessons[number] = lesson
  }

  /// Whether an alarm is active of a rule that looks at the series.
  private func isAlarmed(_ index: Int) -> Bool {
    (Int(traits[index].firstDependent)..<Int(traits[index].endDependent)).contains {
      self[course: Int(dependents[$0].instance)].isActive
    }
  }
}
