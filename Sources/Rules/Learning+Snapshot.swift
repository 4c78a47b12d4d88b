/// What has been learned, put away and found again.
import EstateModel
import RingBuffer

extension RuleEngine {
  /// Series by series, in the order of devices and signals.
  func writeLessons(to writer: inout StateWriter) {
    let places = devices.indices.flatMap { device in
      (0..<Self.signalCount).compactMap { signal -> (device: Int, signal: Int, series: Int)? in
        let slot = slot(device, SignalIndex(UInt16(signal)))
        return slot > 0 && traits[slot - 1].lesson >= 0 ? (device, signal, slot - 1) : nil
      }
    }
    writer.count(places.count)
    for place in places {
      let lesson = lessons[Int(traits[place.series].lesson)]
      writer.count(place.device)
      writer.count(place.signal)
      writer.byte(lesson.learned == .min ? 0 : 1)
      writer.time(lesson.learned, unless: .min, after: clock.milliseconds)
      writer.byte(lesson.baseline < 0 ? 0 : 1)
      if lesson.baseline >= 0 { baselines[Int(lesson.baseline)].write(to: &writer) }
      var fit = Int(lesson.fit)
      while fit >= 0 {
        writer.count(signal(of: Int(fits[fit].other), on: place.device) + 1)
        fits[fit].write(to: &writer)
        fit = Int(fits[fit].next)
      }
      writer.count(0)
      var stretch = Int(lesson.stretch)
      while stretch >= 0 {
        writer.byte(1)
        stretches[stretch].write(to: &writer)
        stretch = Int(stretches[stretch].next)
      }
      writer.byte(0)
    }
  }

  /// Which signal of a device a series holds.
  func signal(of series: Int, on device: Int) -> Int {
    (0..<Self.signalCount).first { slot(device, SignalIndex(UInt16($0))) == series + 1 } ?? 0
  }

  /// - Parameters:
  ///   - devices: this engine's numbers of the snapshot's devices.
  ///   - signals: the same of its signals.
  mutating func readLessons(from reader: inout StateReader, devices: [Int32?], signals: [SignalIndex?])
    throws(StateDamage)
  {
    func slot(_ device: Int, _ signal: Int) -> Int? {
      guard let device = devices[device], let signal = signals[signal] else { return nil }
      let slot = self.slot(Int(device), signal)
      return slot > 0 ? slot - 1 : nil
    }
    for _ in 0..<(try reader.count(ofAtLeast: 5)) {
      let device = Int(clamping: try reader.number())
      let signal = Int(clamping: try reader.number())
      guard device < devices.count, signal < signals.count else { throw reader.damage }
      let learned = try reader.byte() > 0 ? try reader.time(after: clock.milliseconds) : Int64.min
      let index = slot(device, signal)
      let number = index.flatMap { traits[$0].lesson >= 0 ? Int(traits[$0].lesson) : nil }
      if let number { (lessons[number].learned, lessons[number].next) = (learned, -1) }
      if try reader.byte() > 0 {
        var baseline = HourBaseline(
          isLevel: signals[signal].map { Signal[$0].unit.dimension.isSoundLevel } ?? false)
        try baseline.read(from: &reader)
        if let number, lessons[number].baseline >= 0 { baselines[Int(lessons[number].baseline)] = baseline }
      }
      while true {
        let other = Int(clamping: try reader.number())
        if other == 0 { break }
        guard other <= signals.count else { throw reader.damage }
        var stored = ThermalFit(other: -1, next: -1)
        try stored.read(from: &reader)
        guard let number, let beside = slot(device, other - 1) else { continue }
        var fit = Int(lessons[number].fit)
        while fit >= 0, Int(fits[fit].other) != beside { fit = Int(fits[fit].next) }
        if fit >= 0 { fits[fit].restore(stored) }
      }
      while try reader.byte() > 0 {
        var stored = SteadyStretch(band: 0, next: -1)
        let band = try stored.read(from: &reader)
        guard let number else { continue }
        var stretch = Int(lessons[number].stretch)
        while stretch >= 0, stretches[stretch].band != band { stretch = Int(stretches[stretch].next) }
        if stretch >= 0 {
          stretches[stretch] = SteadyStretch(stored, band: band, next: stretches[stretch].next)
        }
      }
    }
  }
}
