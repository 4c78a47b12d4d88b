/// The series of all devices' signals.
import RingBuffer

/// Many signals that rules read are never sent: what hasn't been heard yet lies in memory once for all that are laid out
/// alike, and a series has a place of its own from its first reading on.
struct SeriesTable: Sendable {
  /// First those that stand for all that haven't been heard, then the others, in the order of their first readings.
  private var all: [WindowedSeries] = []
  private var places: [Int32] = []
  /// How many stand for others.
  private var layouts = 0

  var count: Int { places.count }

  /// Before the first sample it may be looked at, and moved; to take a sample in it needs a place of its own.
  subscript(number: Int) -> WindowedSeries {
    @inline(__always) _read { yield all[Int(places[number])] }
    @inline(__always) _modify { yield &all[Int(places[number])] }
  }

  mutating func append(_ series: WindowedSeries) {
    places.append(Int32(all.count))
    all.append(series)
  }

  /// All windows have been asked for.
  mutating func settle() {
    var known: [WindowedSeries.Layout: Int32] = [:]
    var kept: [WindowedSeries] = []
    for number in places.indices {
      let layout = all[Int(places[number])].layout
      let place = known[layout] ?? Int32(kept.count)
      if Int(place) == kept.count {
        known[layout] = place
        kept.append(all[Int(places[number])])
        kept[Int(place)].settle()
      }
      places[number] = place
    }
    (all, layouts) = (kept, kept.count)
    places = places.withUnsafeBufferPointer { Array($0) }
  }

  /// Gives a series a place of its own, where it has none yet.
  @inline(__always) mutating func own(_ number: Int) { if Int(places[number]) < layouts { move(number) } }

  @inline(never) private mutating func move(_ number: Int) {
    let series = all[Int(places[number])]
    places[number] = Int32(all.count)
    all.append(series)
  }

  /// Asks for where a series lies, then for what lies there.
  @inline(__always) func prefetchPlace(_ number: Int) { places.prefetch(number) }
  @inline(__always) func prefetch(_ number: Int) { all.prefetch(Int(places[number])) }

  /// Where it lies; until the table changes.
  @inline(__always) func pointer(_ number: Int) -> UnsafePointer<WindowedSeries>? {
    all.withUnsafeBufferPointer { series in series.baseAddress.map { $0 + Int(places[number]) } }
  }
}
