/// How good the alarms are, from stored steps. Measures and limits by ISA-18.2 and EEMUA 191.
import EstateModel

public struct AlarmQuality: Sendable, Codable {
  /// More alarms than this in ten minutes are a flood. Source: ISA-18.2, as the pack's norms have it.
  public static let floodLimit = 10
  static let floodWindow: Int64 = 600_000
  /// So many raisings of one alarm in a minute are chattering.
  static let chatterCount = 3
  static let chatterWindow: Int64 = 60_000
  /// Active for longer than this is stale, in milliseconds.
  static let staleAfter: Int64 = 86_400_000

  /// What one rule says of one device.
  public struct Source: Hashable, Sendable, Codable {
    public var rule: String
    /// `estate/device`
    public var device: String
    public var count = 0
    /// Times at which three or more were raised within a minute.
    public var chatterings = 0
    /// Milliseconds from raising to clearing: the middle of those that cleared; nil: none has.
    public var medianDuration: Int64?
  }

  /// The people of one gatehouse.
  public struct Gatehouse: Hashable, Sendable, Codable {
    public var estate: String
    public var count: Int
    public var perHour: Double
    public var mostInTenMinutes: Int
  }

  public struct Stale: Hashable, Sendable, Codable {
    public var rule: String
    public var device: String
    /// Milliseconds since 1970.
    public var raised: Int64
    public var cleared: Int64?
  }

  /// Milliseconds since 1970.
  public var since: Int64
  public var until: Int64
  public var count = 0
  /// Raised while they were shelved or suppressed: nobody was told of them, and they count nowhere else.
  public var suppressed = 0
  public var perHour = 0.0
  public var mostInAnHour = 0
  public var mostInTenMinutes = 0
  /// When the ten minutes began in which most were raised, milliseconds since 1970.
  public var mostInTenMinutesAt: Int64?
  public var floods = 0
  /// Milliseconds in floods: from the alarm that begins one until fewer than five fall into ten minutes.
  public var floodTime: Int64 = 0
  /// By priority, P1 to P4: how many, and which share.
  public var priorities: [Share] = []
  /// The ten that were raised most often.
  public var mostFrequent: [Source] = []
  public var chattering: [Source] = []
  public var stale: [Stale] = []
  public var gatehouses: [Gatehouse] = []
  /// Every source, the most frequent first.
  public var sources: [Source] = []

  public struct Share: Hashable, Sendable, Codable {
    public var priority: Priority
    public var count: Int
    public var share: Double
  }

  /// - Parameters:
  ///   - alarms: all that were raised before `until`, also before `since`: those may be stale.
  ///   - until: not included; alarms that are active are so until then.
  public init(alarms: [AlarmSpan], since: Timestamp, until: Timestamp) {
    (self.since, self.until) = (since.milliseconds, until.milliseconds)
    let within = alarms.filter { (since.milliseconds..<until.milliseconds).contains($0.raised.at) }
    suppressed = within.count { $0.raised.suppressedBy != nil }
    let counted = within.filter { $0.raised.suppressedBy == nil }
      .sorted { ($0.raised.at, $0.raised.alarm) < ($1.raised.at, $1.raised.alarm) }
    let hours = max(1e-9, Double(until - since) / 3_600_000)
    let times = counted.map(\.raised.at)
    count = counted.count
    perHour = Double(count) / hours
    mostInAnHour = Self.most(times, within: 3_600_000).count
    let most = Self.most(times, within: Self.floodWindow)
    (mostInTenMinutes, mostInTenMinutesAt) = (most.count, most.at)
    (floods, floodTime) = Self.floods(times, until: until.milliseconds)
    priorities = Priority.allCases.map { priority in
      let number = counted.count { $0.raised.priority == priority }
      return Share(
        priority: priority, count: number, share: count == 0 ? 0 : Double(number) / Double(count))
    }
    sources = Self.sources(counted)
    mostFrequent = Array(sources.prefix(10))
    chattering = sources.filter { $0.chatterings > 0 }
    stale = alarms.compactMap { alarm in
      // Of an alarm that ended before, nobody has to do anything today.
      let end = alarm.cleared ?? until.milliseconds
      guard end >= since.milliseconds, alarm.raised.at < until.milliseconds,
        min(end, until.milliseconds) - alarm.raised.at > Self.staleAfter
      else { return nil }
      return Stale(
        rule: alarm.raised.rule, device: alarm.device, raised: alarm.raised.at, cleared: alarm.cleared)
    }
    gatehouses = Dictionary(grouping: counted, by: \.raised.estate).sorted { $0.key < $1.key }.map {
      estate, alarms in
      Gatehouse(
        estate: estate, count: alarms.count, perHour: Double(alarms.count) / hours,
        mostInTenMinutes: Self.most(alarms.map(\.raised.at), within: Self.floodWindow).count)
    }
  }

  /// The fullest stretch of a length. - Parameter times: in order.
  private static func most(_ times: [Int64], within window: Int64) -> (count: Int, at: Int64?) {
    var best: (count: Int, at: Int64?) = (0, nil)
    var first = 0
    for last in times.indices {
      while times[last] - times[first] >= window { first += 1 }
      if last - first + 1 > best.count { best = (last - first + 1, times[first]) }
    }
    return best
  }

  /// A flood begins with more than ten in ten minutes and ends when fewer than five fall into ten minutes.
  private static func floods(_ times: [Int64], until: Int64) -> (count: Int, time: Int64) {
    var (count, total) = (0, Int64(0))
    var begun: Int64?
    var first = 0
    for last in times.indices {
      while times[last] - times[first] >= floodWindow { first += 1 }
      if begun == nil, last - first + 1 > floodLimit {
        begun = times[last]
        count += 1
      }
      guard let start = begun else { continue }
      // Four are left in ten minutes once the fifth newest has left them.
      let end = times[last - 4] + floodWindow
      if last + 1 == times.count || times[last + 1] > end {
        total += min(end, until) - start
        begun = nil
      }
    }
    return (count, total)
  }

  private static func sources(_ alarms: [AlarmSpan]) -> [Source] {
    struct Key: Hashable {
      var rule: String
      var device: String
    }
    let grouped = Dictionary(grouping: alarms) { Key(rule: $0.raised.rule, device: $0.device) }
    return grouped.map { key, alarms in
      let durations = alarms.compactMap { alarm in alarm.cleared.map { $0 - alarm.raised.at } }.sorted()
      var source = Source(rule: key.rule, device: key.device, count: alarms.count)
      source.medianDuration = durations.isEmpty ? nil : durations[(durations.count - 1) / 2]
      let times = alarms.map(\.raised.at)
      var last = 0
      // Each raising belongs to one chattering at most.
      while last + chatterCount <= times.count {
        if times[last + chatterCount - 1] - times[last] < chatterWindow {
          source.chatterings += 1
          let end = times[last] + chatterWindow
          while last < times.count, times[last] < end { last += 1 }
        } else {
          last += 1
        }
      }
      return source
    }.sorted { ($1.count, $0.rule, $0.device) < ($0.count, $1.rule, $1.device) }
  }
}
