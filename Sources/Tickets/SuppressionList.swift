/// What is shelved, in maintenance or out of service, and the alarms that wait behind it.
import EstateModel

/// Reads no clock and does no I/O: the same calls give the same answers.
public struct SuppressionList: Sendable {
  private var catalogue: Catalogue
  /// In force, or to come.
  public private(set) var entries: [Suppression] = []
  /// Active alarms that no ticket knows of, by their id, as they were raised.
  public private(set) var held: [String: AlarmTransition] = [:]
  /// When each source was raised lately, for at most ten minutes.
  private var raises: [Source: [Int64]] = [:]

  private struct Source: Hashable {
    var rule: String
    var device: String
  }

  /// So many raisings within so long, in milliseconds, are chattering; and it is shelved for so long then.
  /// Source: ISA-18.2 for three in a minute; the slower limit and the hour are ours.
  private static let chattering: [(count: Int, within: Int64)] = [(3, 60_000), (10, memory)]
  private static let shelvedFor: Int64 = 3_600_000
  /// How far back raisings count, in milliseconds.
  public static let memory: Int64 = 600_000
  /// Who shelves by itself.
  public static let gatehouse = "gatehouse"

  public init(catalogue: Catalogue) { self.catalogue = catalogue }

  /// Goes on with other devices. What is set for one that is gone waits for its end.
  public mutating func use(_ catalogue: Catalogue) { self.catalogue = catalogue }

  /// - Parameters:
  ///   - stored: what was set and has not ended, in any order.
  ///   - active: alarms that are active and on no ticket.
  ///   - recent: alarms that were raised in the last ten minutes, in the order of their raising.
  public mutating func restore(_ stored: [Suppression], active: [AlarmTransition], recent: [AlarmTransition])
  {
    entries = stored.filter { $0.ended == nil }.sorted { ($0.set, $0.id) < ($1.set, $1.id) }
    held = Dictionary(active.map { ($0.alarm, $0) }, uniquingKeysWith: { $1 })
    for alarm in recent { note(alarm) }
  }

  /// The suppression behind which an alarm stays at a moment; nil: it is announced.
  public func suppression(of alarm: AlarmTransition, at time: Int64) -> Suppression? {
    entries.first { $0.isInForce(at: time) && covers($0.scope, alarm) }
  }

  private func covers(_ scope: Suppression.Scope, _ alarm: AlarmTransition) -> Bool {
    guard scope.estate == alarm.estate, scope.device ?? alarm.device == alarm.device,
      scope.rule ?? alarm.rule == alarm.rule
    else { return false }
    guard let place = scope.place else { return true }
    var here: String? = alarm.place
    while let id = here {
      if id == place { return true }
      here = catalogue.estate(alarm.estate)?.place(id)?.parent
    }
    return false
  }

  public mutating func hold(_ alarm: AlarmTransition) { held[alarm.alarm] = alarm }

  /// - Returns: whether it was held; its end needs no ticket.
  public mutating func release(cleared alarm: AlarmTransition) -> Bool {
    held.removeValue(forKey: alarm.alarm) != nil
  }

  /// Whether something ends by itself up to a moment.
  public func hasEnded(by time: Int64) -> Bool { entries.contains { $0.until ?? .max <= time } }

  /// Ends what is over by then, and hands out the alarms that are behind nothing any more.
  public mutating func expire(by time: Int64) -> (ended: [Suppression], released: [AlarmTransition]) {
    var ended: [Suppression] = []
    for index in entries.indices {
      guard let until = entries[index].until, until <= time else { continue }
      entries[index].ended = until
      ended.append(entries[index])
    }
    entries.removeAll { $0.ended != nil }
    return (ended, ended.isEmpty ? [] : releaseFree(at: time))
  }

  /// - Parameters:
  ///   - priority: of a rule; nil: there is no such rule, or it doesn't watch the device.
  public mutating func set(
    _ order: Suppression.Order, by: String, at time: Timestamp, priority: (_ rule: String) -> Priority?
  ) throws(SuppressionError) -> Suppression {
    let now = time.milliseconds
    let (scope, from) = (order.scope, order.from ?? now)
    try check(scope)
    guard order.why.contains(where: { !$0.isWhitespace }), order.why.count <= 1000 else {
      throw .lacks(order.kind, "a reason of at most 1000 characters")
    }
    if let until = order.until {
      guard until > max(from, now) else { throw .span("it would be over before it begins") }
      guard from < now + Suppression.longestMaintenance * 12 else {
        throw .span("it begins more than a year ahead")
      }
    }
    switch order.kind {
    case .shelved:
      guard let rule = scope.rule, scope.device != nil else { throw .lacks(.shelved, "a rule and a device") }
      guard let priority = priority(rule) else { throw .unknownRule(rule) }
      guard let until = order.until else { throw .lacks(.shelved, "when it ends") }
      let longest = priority == .p1 ? Suppression.longestShelvingOfP1 : Suppression.longestShelving
      guard from <= now, until - now <= longest else {
        throw .span(
          "an alarm of \(priority.rawValue) is shelved from now on, for \(longest / 3_600_000) h at most")
      }
    case .maintenance:
      guard let until = order.until else { throw .lacks(.maintenance, "when it ends") }
      guard until - from <= Suppression.longestMaintenance else {
        throw .span("maintenance lasts \(Suppression.longestMaintenance / 86_400_000) days at most")
      }
    case .outOfService:
      guard scope.device != nil, scope.rule == nil else {
        throw .lacks(.outOfService, "a device, and no rule")
      }
    }
    return add(order, from: from, by: by, at: now)
  }

  private mutating func add(_ order: Suppression.Order, from: Int64, by: String, at now: Int64) -> Suppression
  {
    var attempt: Int64 = 0
    var id: String
    repeat {
      var hash = StableHash()
      for part in [
        order.kind.rawValue, order.scope.estate, order.scope.device ?? "", order.scope.place ?? "",
      ] {
        hash.add(part)
      }
      hash.add(order.scope.rule ?? "")
      hash.add(now)
      hash.add(attempt)
      id = "S-" + hash.text(length: 6)
      attempt += 1
    } while entries.contains { $0.id == id }
    let new = Suppression(
      id: id, kind: order.kind, scope: order.scope, from: from, until: order.until, why: order.why, by: by,
      set: now)
    entries.append(new)
    return new
  }

  private func check(_ scope: Suppression.Scope) throws(SuppressionError) {
    guard let estate = catalogue.estate(scope.estate) else { throw .unknownEstate(scope.estate) }
    if let device = scope.device, catalogue.device(path: "\(scope.estate)/\(device)") == nil {
      throw .unknownDevice(device, estate: scope.estate)
    }
    if let place = scope.place, estate.place(place) == nil {
      throw .unknownPlace(place, estate: scope.estate)
    }
  }

  /// - Returns: what ended, and the alarms that are to be announced now.
  public mutating func end(_ id: String, by: String, at time: Timestamp) throws(SuppressionError)
    -> (ended: Suppression, released: [AlarmTransition])
  {
    guard let index = entries.firstIndex(where: { $0.id == id }) else { throw .unknown(id) }
    var entry = entries.remove(at: index)
    (entry.ended, entry.endedBy) = (time.milliseconds, by)
    return (entry, releaseFree(at: time.milliseconds))
  }

  private mutating func releaseFree(at time: Int64) -> [AlarmTransition] {
    let free = held.values.filter { suppression(of: $0, at: time) == nil }
      .sorted { ($0.at, $0.alarm) < ($1.at, $1.alarm) }
    for alarm in free { held[alarm.alarm] = nil }
    return free
  }

  /// Counts a raising. A source that chatters is shelved by itself, but for danger.
  /// - Returns: the shelving; nil: it doesn't chatter.
  public mutating func noteRaised(_ alarm: AlarmTransition) -> Suppression? {
    note(alarm)
    guard alarm.priority != .p1 else { return nil }
    let source = Source(rule: alarm.rule, device: "\(alarm.estate)/\(alarm.device)")
    let times = raises[source] ?? []
    for limit in Self.chattering where times.count(where: { $0 > alarm.at - limit.within }) >= limit.count {
      raises[source] = nil
      let scope = Suppression.Scope(estate: alarm.estate, device: alarm.device, rule: alarm.rule)
      let order = Suppression.Order(
        .shelved, scope, until: alarm.at + Self.shelvedFor,
        why: "chattering: raised \(limit.count) times within \(limit.within / 60_000) min")
      return add(order, from: alarm.at, by: Self.gatehouse, at: alarm.at)
    }
    return nil
  }

  private mutating func note(_ alarm: AlarmTransition) {
    let source = Source(rule: alarm.rule, device: "\(alarm.estate)/\(alarm.device)")
    raises[source, default: []].append(alarm.at)
    raises[source]?.removeAll { $0 <= alarm.at - Self.memory }
  }
}
