/// What others ask of the engine: transitions, active alarms, and why a rule says what it says.
import EstateModel

extension RuleEngine {
  /// The transitions since the last call, in the order of time, then rule, then device.
  public mutating func takeTransitions() -> [AlarmTransition] {
    guard !pending.isEmpty else { return [] }
    func key(_ position: Int) -> (at: Int64, rule: Int32, device: Int32, position: Int) {
      let (at, number, _) = pending[position]
      guard number < instances.count else { return (at, .max, .max, position) }
      return (at, instances[Int(number)].rule, instances[Int(number)].device, position)
    }
    let order = pending.indices.sorted { key($0) < key($1) }
    let taken = order.map { pending[$0].transition }
    pending.removeAll(keepingCapacity: true)
    return taken
  }

  /// The alarms that are active, as they were raised, in the order of rule and device.
  public var activeAlarms: [AlarmTransition] {
    let numbers = alarms.keys.sorted { a, b in
      (instances[Int(a)].rule, instances[Int(a)].device) < (instances[Int(b)].rule, instances[Int(b)].device)
    }
    return numbers.compactMap { alarms[$0] }
  }

  /// Makes exactly these alarms active, whatever a replay of readings has led to: stored alarms are the truth.
  ///
  /// They are not raised twice, and can clear. Where the replay found another onset, the stored alarm takes its place;
  /// a delay for clearing that began since it was raised goes on. What the replay raised and nobody stored is idle
  /// again, without a transition; while its condition holds, its delay starts anew.
  /// - Returns: those whose rule or device is no longer there.
  public mutating func restore(active: [AlarmTransition]) -> [AlarmTransition] {
    var orphans: [AlarmTransition] = []
    var stored: Set<Int32> = []
    for alarm in active where alarm.kind == .raised {
      guard let index = instance(rule: alarm.rule, device: "\(alarm.estate)/\(alarm.device)") else {
        orphans.append(alarm)
        continue
      }
      stored.insert(Int32(index))
      if self[course: index].isActive { replaceAlarm(index, alarm) } else { activate(index, alarm) }
    }
    for index in alarms.keys.sorted() where !stored.contains(index) { deactivate(Int(index)) }
    return orphans
  }

  /// Clears an alarm by hand; for rules with `clear: manual` the only way. When the condition still holds, its delay
  /// starts anew, and then there is a new alarm.
  /// - Parameter device: `estate/device`.
  /// - Returns: false when no such alarm is active.
  public mutating func clear(rule: String, device: String, at time: Timestamp) -> Bool {
    guard let index = instance(rule: rule, device: device), self[course: index].isActive else { return false }
    observed = time.milliseconds
    settle(island(of: index))
    clear(index, at: max(time.milliseconds, islands[island(of: index)].now))
    return true
  }

  func instance(rule: String, device: String) -> Int? {
    guard let device = catalogue.device(path: device),
      let rule = ruleSet.rules.firstIndex(where: { $0.id == rule })
    else { return nil }
    return instance(rule: Int32(rule), device: Int32(bitPattern: device.raw))
  }

  /// Within an island, instances lie in the order of rule, then device.
  func instance(rule: Int32, device: Int32) -> Int? {
    let island = Int(devices[Int(device)].island)
    guard island >= 0 else { return nil }
    let end = Int(islands[island].endInstance)
    var low = Int(islands[island].firstInstance)
    var high = end
    while low < high {
      let middle = (low + high) / 2
      if (instances[middle].rule, instances[middle].device) < (rule, device) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < end, instances[low].rule == rule, instances[low].device == device else { return nil }
    return low
  }

  /// Why a rule is silent or not on one device.
  public struct Explanation: Hashable, Sendable, Codable {
    public enum State: Hashable, Sendable, Codable {
      case idle
      /// The condition holds; the delay runs.
      case pending(since: Timestamp)
      case active(since: Timestamp)
    }

    public var rule: String
    /// `estate/device`
    public var device: String
    public var state: State
    /// While active: since when the condition to clear has held.
    public var clearingSince: Timestamp?
    /// nil: unknown.
    public var raises: Bool?
    /// nil: unknown. Without a condition of its own, the opposite of `raises`.
    public var clears: Bool?
    /// Each part of the condition to raise with its present value.
    public var raiseParts: [Evidence]
    /// The same of the condition to clear, when it has one.
    public var clearParts: [Evidence]
    public var evaluatedAt: Timestamp
  }

  /// Each part of a rule's conditions with its present value on a device.
  /// - Parameter device: `estate/device`.
  /// - Returns: nil when there is no such rule or device, or the rule doesn't run on it.
  public func explanation(rule: String, device: String) -> Explanation? {
    guard let index = instance(rule: rule, device: device) else { return nil }
    // Windows move when they are looked at: the copy moves, this engine stays as it is.
    var copy = self
    let instance = instances[index]
    let checked = ruleSet.rules[Int(instance.rule)]
    let program = programs[Int(instance.rule)]
    let now = max(islands[island(of: index)].now, clock.milliseconds)
    copy.observed = now
    let raises = copy.record(program.raise, instance.raising, at: now)
    let raiseParts = copy.evidence(checked.raise)
    var clears = 1 - raises
    var clearParts: [Evidence] = []
    if case .condition(let plan) = checked.clearing {
      clears = copy.record(program.clear, clearing(index), at: now)
      clearParts = copy.evidence(plan)
    }
    if program.isManual { clears = 0 }
    let course = self[course: index]
    let since = Timestamp(milliseconds: course.since)
    return Explanation(
      rule: rule, device: device,
      state: course.isActive
        ? .active(since: since) : course.since == Instance.never ? .idle : .pending(since: since),
      clearingSince: course.clearSince == Instance.never
        ? nil : Timestamp(milliseconds: course.clearSince),
      raises: raises.isNaN ? nil : raises == 1, clears: clears.isNaN ? nil : clears == 1,
      raiseParts: raiseParts, clearParts: clearParts, evaluatedAt: Timestamp(milliseconds: now))
  }
}
