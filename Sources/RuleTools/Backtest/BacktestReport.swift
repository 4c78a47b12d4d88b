/// What other rules would have raised, beside what was raised.
import EstateModel
import Rules
import Tickets

public struct BacktestReport: Sendable {
  /// An alarm of both, told at another time.
  public struct Move: Hashable, Sendable {
    public var did: AlarmSpan
    public var would: AlarmSpan
  }

  /// One rule's alarms within the time that was looked at, in the order of their raising.
  public struct RuleLine: Sendable {
    public var rule: String
    public var title: Title
    public var would = 0
    public var did = 0
    /// Would have been raised and were not.
    public var new: [AlarmSpan] = []
    /// Were raised and would not have been.
    public var gone: [AlarmSpan] = []
    /// In both, a minute or more apart.
    public var moved: [Move] = []
  }

  public var rules: [RuleLine] = []
  /// All tickets of either side, as if each were closed after a quiet day.
  public private(set) var wouldTickets = 0
  public private(set) var didTickets = 0
  /// Tickets that would have been opened besides, as if each were closed after a quiet day.
  public var addedTickets: [Ticket] = []
  /// Tickets that would not have been opened.
  public var sparedTickets: [Ticket] = []

  /// Alarms are the same when they are of one rule and device and overlap in time, each with one other at most.
  /// - Parameters:
  ///   - would: what a ``Backtest`` says.
  ///   - did: what is stored, from the beginning, so that an alarm is known that was active at `since`.
  ///   - only: nothing but these rules; nil: all.
  public init(
    would: [AlarmSpan], did: [AlarmSpan], rules: RuleSet, only: Set<String>? = nil, since: Timestamp,
    until: Timestamp, routing: Routing, catalogue: Catalogue
  ) {
    let span = since.milliseconds..<until.milliseconds
    let would = would.filter { $0.raised.at < span.upperBound && only?.contains($0.raised.rule) ?? true }
    let did = did.filter {
      $0.raised.at < span.upperBound && ($0.cleared ?? .max) >= span.lowerBound
        && only?.contains($0.raised.rule) ?? true
    }
    let pairs = Self.pair(would, did)
    var lines: [String: RuleLine] = [:]
    for rule in rules.rules where only?.contains(rule.id) ?? true {
      lines[rule.id] = RuleLine(rule: rule.id, title: rule.title)
    }
    func change(_ alarm: AlarmSpan, _ body: (inout RuleLine) -> Void) {
      let rule = alarm.raised.rule
      body(&lines[rule, default: RuleLine(rule: rule, title: alarm.raised.title)])
    }
    for (index, alarm) in would.enumerated() where span.contains(alarm.raised.at) {
      change(alarm) { line in
        line.would += 1
        guard let partner = pairs[index].map({ did[$0] }) else {
          line.new.append(alarm)
          return
        }
        if abs(partner.raised.at - alarm.raised.at) >= 60_000 {
          line.moved.append(Move(did: partner, would: alarm))
        }
      }
    }
    let met = Set(pairs.values)
    for (index, alarm) in did.enumerated() where span.contains(alarm.raised.at) {
      change(alarm) { line in
        line.did += 1
        if !met.contains(index) { line.gone.append(alarm) }
      }
    }
    self.rules = lines.values.sorted { $0.rule < $1.rule }
    compareTickets(would, did, span, routing, catalogue)
  }

  private static func pair(_ would: [AlarmSpan], _ did: [AlarmSpan]) -> [Int: Int] {
    struct Key: Hashable {
      var rule: String
      var device: String
    }
    var free: [Key: [Int]] = [:]
    for (index, alarm) in did.enumerated() {
      free[Key(rule: alarm.raised.rule, device: alarm.device), default: []].append(index)
    }
    var pairs: [Int: Int] = [:]
    for (index, alarm) in would.enumerated() {
      let key = Key(rule: alarm.raised.rule, device: alarm.device)
      guard let position = free[key]?.firstIndex(where: { did[$0].overlaps(alarm) }) else { continue }
      pairs[index] = free[key]?.remove(at: position)
    }
    return pairs
  }

  /// Tickets of one cause that would have been open at the same time are the same.
  private mutating func compareTickets(
    _ would: [AlarmSpan], _ did: [AlarmSpan], _ span: Range<Int64>, _ routing: Routing, _ catalogue: Catalogue
  ) {
    func episodes(_ alarms: [AlarmSpan]) -> [TicketEpisode] {
      TicketEpisode.episodes(
        alarms.filter { ($0.cleared ?? .max) >= span.lowerBound }.sorted { $0.raised.at < $1.raised.at },
        routing: routing, catalogue: catalogue)
    }
    func alone(_ some: [TicketEpisode], without others: [TicketEpisode]) -> [Ticket] {
      some.filter { episode in !others.contains { episode.meets($0) } }.compactMap(\.ticket)
        .filter { span.contains($0.opened) }
    }
    let (wanted, had) = (episodes(would), episodes(did))
    func count(_ some: [TicketEpisode]) -> Int {
      some.compactMap(\.ticket).count { span.contains($0.opened) }
    }
    (wouldTickets, didTickets) = (count(wanted), count(had))
    addedTickets = alone(wanted, without: had)
    sparedTickets = alone(had, without: wanted)
  }
}
