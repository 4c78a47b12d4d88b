/// What the devices of the small estate say during one night.
import EstateModel

/// One message on its way to the broker.
struct Publication {
  /// When the broker gets it.
  var time: Timestamp
  var topic: [UInt8]
  var payload: [UInt8]
  /// Messages of one key stay in order; those of different keys may overtake each other.
  var key: Int
  /// What it holds, for looking it up: device, signals and event time.
  var device: String
  var eventTime: Timestamp
  var readings: Int
}

struct Workload {
  /// 22:00 in Shanghai.
  static let start = Timestamp(milliseconds: 1_773_151_200_000)
  /// Milliseconds.
  static let length: Int64 = 3 * 3_600_000
  /// From event to broker, at most, in milliseconds.
  let delay: Int64
  private(set) var publications: [Publication] = []
  private var chance: Chance

  /// - Parameter isLate: readings are on their way for up to 100 s.
  init(seed: UInt64, isLate: Bool) {
    delay = isLate ? 100_000 : 500
    chance = Chance(seed, 1)
    for (number, probe) in ["p1", "p2", "p3"].enumerated() {
      levels(probe, key: 0, every: 120_000, phase: Int64(number) * 7000, base: 0.08, top: 0.24...0.55)
    }
    levels("mw", key: 1, every: 120_000, phase: 31_000, base: 0.0, top: 0.03...0.3)
    tilt()
    camera()
    noise()
    let ordered = publications.enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }
    publications = ordered.map(\.element)
  }

  private mutating func add(_ device: String, _ kind: String, key: Int, at time: Timestamp, _ fields: String)
  {
    let delay = chance.milliseconds(20...self.delay)
    publications.append(
      Publication(
        time: time + delay, topic: Array("estates/small/\(device)/\(kind)".utf8),
        payload: Array("{\"ts\":\(time.milliseconds),\(fields)}".utf8), key: key, device: "small/\(device)",
        eventTime: time, readings: 1))
  }

  /// Spans in which a device says nothing, as offsets from the start.
  private mutating func silences() -> [ClosedRange<Int64>] {
    guard chance.happens(0.35) else { return [] }
    let begin = chance.milliseconds(600_000...(Self.length - 2_400_000))
    return [begin...(begin + chance.milliseconds(200_000...2_000_000))]
  }

  /// A level that rises, stays and falls, once or twice in the night, with noise on it.
  private mutating func levels(
    _ device: String, key: Int, every interval: Int64, phase: Int64, base: Double, top: ClosedRange<Double>
  ) {
    var humps: [(begin: Int64, rise: Int64, stay: Int64, top: Double)] = []
    for _ in 0..<chance.integer(0...2) {
      humps.append(
        (
          chance.milliseconds(300_000...(Self.length - 3_600_000)), chance.milliseconds(300_000...1_800_000),
          chance.milliseconds(300_000...2_400_000), chance.number(top)
        ))
    }
    let silences = silences()
    for offset in stride(from: 10_000 + phase, to: Self.length, by: Int64.Stride(interval)) {
      let time = offset + chance.milliseconds(0...3000)
      let noise = chance.number(-0.004...0.004)
      if silences.contains(where: { $0.contains(time) }) { continue }
      var level = base
      for hump in humps {
        let since = time - hump.begin
        let share: Double =
          since < 0
          ? 0
          : since < hump.rise
            ? Double(since) / Double(hump.rise)
            : since < hump.rise + hump.stay
              ? 1 : max(0, 1 - Double(since - hump.rise - hump.stay) / Double(hump.rise))
        level = max(level, base + (hump.top - base) * share)
      }
      let thousandths = ((level + noise) * 1000).rounded() / 1000
      add(device, "reading", key: key, at: Self.start + time, "\"level\":\(thousandths)")
    }
  }

  private mutating func tilt() {
    let blow = chance.happens(0.6) ? chance.milliseconds(1_200_000...(Self.length - 3_600_000)) : Int64.max
    let step = chance.number(0.1...1.4)
    let silences = silences()
    for offset in stride(from: Int64(15_000), to: Self.length, by: 240_000) {
      let time = offset + chance.milliseconds(0...2000)
      let noise = chance.number(-0.005...0.005)
      if silences.contains(where: { $0.contains(time) }) { continue }
      let tilt = ((time >= blow ? step : 0) + noise) * 1000
      add("tilt", "reading", key: 2, at: Self.start + time, "\"tilt\":\(tilt.rounded() / 1000)")
    }
  }

  /// Signs of life, and visits told of every 15 s.
  private mutating func camera() {
    let silences = silences()
    var texts: [(time: Int64, kind: String, fields: String)] = []
    for offset in stride(from: Int64(20_000), to: Self.length, by: 120_000) {
      texts.append((offset + chance.milliseconds(0...2000), "reading", "\"temperature\":21"))
    }
    for visit in 0..<chance.integer(0...4) {
      let begin = chance.milliseconds(300_000...(Self.length - 900_000))
      let length = chance.milliseconds(20_000...480_000)
      var time = begin
      while time < begin + length {
        texts.append((time, "event", Self.event(visit, time == begin ? "begin" : "update", begin)))
        time += 15_000
      }
      texts.append((begin + length, "event", Self.event(visit, "end", begin)))
    }
    for text in texts.sorted(by: { $0.time < $1.time })
    where !silences.contains(where: { $0.contains(text.time) }) {
      add("camera", text.kind, key: 3, at: Self.start + text.time, text.fields)
    }
  }

  private static func event(_ visit: Int, _ phase: String, _ begin: Int64) -> String {
    let start = (Self.start + begin).milliseconds
    return "\"event\":\"loitering\",\"phase\":\"\(phase)\",\"id\":\"v\(visit)\",\"start\":\(start)"
  }

  private mutating func noise() {
    let begin = chance.milliseconds(0...3_600_000)
    let end = begin + chance.milliseconds(1_800_000...6_000_000)
    let isLoud = chance.happens(0.6)
    let silences = silences()
    var trip = 0
    for offset in stride(from: Int64(5000), to: Self.length, by: 60_000) {
      let time = offset + chance.milliseconds(0...500)
      let level = (isLoud && (begin...end).contains(time) ? 36.0 : 27.0) + chance.number(-1...1)
      if silences.contains(where: { $0.contains(time) }) { continue }
      add("meter", "reading", key: 4, at: Self.start + time, "\"laeq\":\((level * 10).rounded() / 10)")
      guard offset % 180_000 < 60_000 else { continue }
      trip += 1
      let now = (Self.start + time + 700).milliseconds
      add(
        "meter", "event", key: 4, at: Self.start + time + 700,
        "\"event\":\"trip\",\"phase\":\"end\",\"id\":\"t\(trip)\",\"start\":\(now - 12_000)")
    }
  }
}
