/// A series put away in bytes, and found again.

/// The samples of a ``WindowedSeries`` and its windows' sums, as they were written. Read it once; it can then be put
/// into any series, also one with other windows.
///
///     series.write(to: &writer, at: now)
///     …
///     try state.read(from: &reader)
///     other.restore(state)
public struct SeriesState: Sendable {
  /// Samples as they are read. Kept between readings, so that many series need one allocation.
  var times: [Int64] = []
  var values: [Double] = []
  var firstWeight: Int64 = 0
  var step: Int64 = 1
  var holdsEnergy = false
  var windows: [SlidingWindow] = []
  /// For each window how many of the samples, from the newest, were in it, and in its last rebuilding.
  var reaches: [(count: Int, stale: Int)] = []

  /// The longest distance of two samples and the latest time that can be computed with, in milliseconds.
  static let latest: Int64 = 253_402_300_800_000

  public init() {}

  /// Whether it has no samples.
  public var isEmpty: Bool { times.isEmpty }

  /// - Throws: where the bytes can't be a series.
  public mutating func read(from reader: inout StateReader) throws(StateDamage) {
    times.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    windows.removeAll(keepingCapacity: true)
    reaches.removeAll(keepingCapacity: true)
    step = try time(from: &reader)
    holdsEnergy = try reader.byte() == 1
    try readSamples(from: &reader)
    for _ in 0..<(try reader.count(ofAtLeast: 3)) {
      let length = try time(from: &reader)
      var window = SlidingWindow(
        length: length, measures: WindowMeasures(rawValue: try reader.byte()))
      let count = Int(try reader.number() & 0xffff_ffff)
      guard count <= times.count else { throw reader.damage }
      var stale = 0
      if count > 0 {
        stale = Int(try reader.number() & 0xffff_ffff)
        guard stale < count else { throw reader.damage }
        try window.readSums(from: &reader)
      }
      windows.append(window)
      reaches.append((count, stale))
    }
  }

  private mutating func readSamples(from reader: inout StateReader) throws(StateDamage) {
    let count = try reader.count(ofAtLeast: 2)
    guard count > 0 else { return }
    times.reserveCapacity(count)
    values.reserveCapacity(count)
    var last = try time(from: &reader)
    firstWeight = try time(from: &reader)
    times.append(last)
    for _ in 1..<max(1, count) {
      let next = try reader.number()
      guard next > 0, next < UInt64(Self.latest) else { throw reader.damage }
      last += Int64(next)
      guard last < Self.latest else { throw reader.damage }
      times.append(last)
    }
    try Decimals.read(count, into: &values, from: &reader)
  }

  private func time(from reader: inout StateReader) throws(StateDamage) -> Int64 {
    let value = try reader.number()
    guard value < UInt64(Self.latest) else { throw reader.damage }
    return Int64(value)
  }
}

extension WindowedSeries {
  /// Everything that moves. Sample times have to lie in the years 1970 to 9999.
  /// - Parameter now: windows are written as they stand then. Not before any time to which they have been moved, nor
  ///   after any to which they will be; so the bytes don't depend on how often they were moved until now.
  public func write(to writer: inout StateWriter, at now: Int64) {
    writer.number(UInt64(clamping: ring.step))
    writer.byte(ring.holdsEnergy ? 1 : 0)
    writer.count(ring.count)
    if ring.count > 0 {
      var last = ring[ring.first].time
      writer.number(UInt64(clamping: last))
      writer.number(UInt64(clamping: ring.oldestWeight))
      for sequence in (ring.first + 1)..<max(ring.first + 1, ring.end) {
        let time = ring[sequence].time
        writer.number(UInt64(clamping: time - last))
        last = time
      }
      Decimals.write(ring, to: &writer)
    }
    writer.count(windows.count)
    for window in windows {
      var window = window
      window.move(to: now, from: ring)
      window.write(to: &writer)
    }
  }

  /// Takes the samples of a state in. Where step and windows are the same, all statistics are the same to the last
  /// bit; where not, the windows are computed anew from the samples. Call it before the first sample.
  public mutating func restore(_ state: borrowing SeriesState) {
    guard !state.times.isEmpty, ring.count == 0 else { return }
    let surplus = max(0, state.times.count - ring.capacity)
    for index in surplus..<state.times.count {
      _ = ring.insert(time: state.times[index], value: state.values[index])
    }
    let isSame =
      surplus == 0 && state.step == ring.step && state.holdsEnergy == ring.holdsEnergy
      && state.windows.count == windows.count
      && windows.indices.allSatisfy {
        state.windows[$0].length == windows[$0].length && state.windows[$0].measures == windows[$0].measures
      }
    if surplus == 0 { ring.setFirstWeight(state.firstWeight) }
    for index in windows.indices {
      if isSame {
        windows[index].restore(
          state.windows[index], count: state.reaches[index].count, stale: state.reaches[index].stale,
          from: ring)
      } else if let last = ring.last {
        windows[index].rebuild(from: ring, notBefore: last.time - windows[index].length + 1)
      }
    }
  }
}
