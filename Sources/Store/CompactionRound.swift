/// A stretch of batches on its way into chunks: read bit by bit, then written bit by bit, then deleted.
import EstateModel

struct CompactionRound {
  enum Phase { case reading, writing, deleting }

  var phase = Phase.reading
  private(set) var first: Int64?
  private(set) var last: Int64
  private(set) var readings = 0
  /// Batches that can't be read, or that have a reading which no chunk can take. They stay where they are.
  private(set) var staying: [Int64] = []
  /// Series by chunk, in the order of the commits.
  private var series: [Int64: [SeriesReading]] = [:]
  private var keys: [Int64] = []
  private(set) var written = 0

  /// More than this is never held in memory: about 10 MB.
  static let largest = 200_000

  init(after batch: Int64) { last = batch }

  var isFull: Bool { readings >= Self.largest }
  var isEmpty: Bool { first == nil }

  mutating func begin(_ batch: Int64) {
    first = first ?? batch
    last = batch
  }

  mutating func stays(_ batch: Int64) {
    if staying.last != batch { staying.append(batch) }
  }

  mutating func take(_ packed: PackedReading) {
    let hour = ChunkKey.hour(of: packed.time.milliseconds)
    guard let key = ChunkKey(hour: hour, device: packed.device, signal: packed.signal) else {
      stays(last)
      return
    }
    series[key.raw, default: []].append(SeriesReading(packed))
    readings += 1
  }

  mutating func beginWriting() {
    phase = .writing
    keys = series.keys.sorted()
    if keys.isEmpty { phase = .deleting }
  }

  var waiting: ArraySlice<Int64> { keys[written...] }

  func series(of key: Int64) -> [SeriesReading] { series[key] ?? [] }

  mutating func wrote(_ count: Int) {
    for key in keys[written..<(written + count)] { series[key] = nil }
    written += count
    if written == keys.count { phase = .deleting }
  }

  /// One series out of two, in order of time. Of what came twice the first counts.
  static func merged(_ stored: [SeriesReading], _ more: [SeriesReading]) -> [SeriesReading] {
    let all = stored + more
    // Mostly they are in order already, and a sort would move nothing.
    let ordered =
      zip(all, all.dropFirst()).allSatisfy { $0.time <= $1.time }
      ? all
      : all.enumerated().sorted {
        ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
      }.map(\.element)
    var result: [SeriesReading] = []
    result.reserveCapacity(ordered.count)
    for reading in ordered {
      var isKnown = false
      for known in result.reversed() {
        guard known.time == reading.time else { break }
        if reading.isRepetition(of: known) {
          isKnown = true
          break
        }
      }
      if !isKnown { result.append(reading) }
    }
    return result
  }
}
