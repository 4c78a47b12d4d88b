/// `share(kind, condition)`: the part of an estate's devices of a kind for which a condition holds.
import Configuration
import EstateModel

/// A condition that is judged on every device of a kind in the subject's estate.
struct SharedCondition: Sendable {
  var kind: DeviceKind
  var plan: Plan
}

/// A shared condition in one estate.
struct BoundShare: Sendable {
  var program: Program
  var members: [Binding] = []
  /// The last answer, and for which moment: all subjects of the estate ask at the same reading.
  var moment = Moment()
  var answer = Glimpse.nothing

  struct Moment: Equatable, BitwiseCopyable {
    var now = Int64.min
    var observed = Int64.min
    var readings = -1
  }

  init(program: Program) { self.program = program }
}

extension Checker {
  mutating func checkShare(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    let usage = "share(kind, condition)"
    guard let pair = exactly(2, arguments, usage, nameRange) else { return .invalid }
    guard !isShared else { return fail("share inside share: expected a condition on one device", nameRange) }
    guard case .name(let name, _) = pair[0], let kind = DeviceKind(rawValue: name) else {
      let names = DeviceKind.allCases.map(\.rawValue)
      let found = source.excerpt(pair[0].range)
      return fail(
        "found '\(found.prefix(60))', expected a device kind: \(usage)\(near(found, names))", pair[0].range)
    }
    var inner = Checker(
      vocabulary: Vocabulary(kinds: [kind], calendars: vocabulary.calendars), source: source,
      diagnostics: diagnostics)
    inner.isShared = true
    guard let condition = inner.condition(pair[1]) else { return .invalid }
    windows += inner.windows.map { ($0.leaf, $0.at, [kind]) }
    var leaf = Leaf(form: .share)
    leaf.number = Int32(plan.shares.count)
    plan.shares.append(SharedCondition(kind: kind, plan: condition))
    let note = note(range, .percent)
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(type: .number(.number), notes: [note])
  }
}

extension RuleEngine {
  /// The devices of a kind in the estate of another.
  func members(of kind: DeviceKind, besides device: Int32) -> [Int32] {
    shareMembers[ShareMembers(kind: kind, estate: catalogue.devices[Int(device)].estate)] ?? []
  }

  /// Who can be asked by shared conditions; nothing when there are none.
  mutating func buildShareMembers() {
    guard ruleSet.rules.contains(where: { $0.plans.contains { !$0.shares.isEmpty } }) else { return }
    for (number, device) in catalogue.devices.enumerated() {
      shareMembers[ShareMembers(kind: device.kind, estate: device.estate), default: []].append(Int32(number))
    }
  }

  /// - Returns: the number of the share in the instance's estate, made when it is the first to ask.
  mutating func bindShare(
    _ shared: SharedCondition, _ laidOut: LaidOut, on device: Int32, _ same: inout SharedRuns
  ) -> Int32 {
    let estate = devices[Int(device)].estate
    let key = ShareKey(program: laidOut.program.firstOp, estate: estate)
    if let known = shareNumbers[key] { return known }
    var share = BoundShare(program: laidOut.program)
    for member in members(of: shared.kind, besides: device) {
      share.members.append(bindPlan(shared.plan, laidOut, on: member, -1, &same))
    }
    shares.append(share)
    shareNumbers[key] = Int32(shares.count - 1)
    return Int32(shares.count - 1)
  }

  /// Of the devices for which the condition is known, unless those are fewer than half.
  mutating func share(_ number: Int, at now: Int64) -> Glimpse {
    let moment = BoundShare.Moment(now: now, observed: observed, readings: ingested)
    if shares[number].moment == moment { return shares[number].answer }
    let heeded = heedsSilence
    heedsSilence = true
    defer { heedsSilence = heeded }
    let (program, count) = (shares[number].program, shares[number].members.count)
    var (known, holding) = (0, 0)
    var until = Int64.max
    for position in 0..<count {
      let answer = judge(program, shares[number].members[position], at: now)
      until = min(until, answer.until)
      if answer.value.isNaN { continue }
      known += 1
      if answer.value == 1 { holding += 1 }
    }
    let value = known > 0 && known * 2 >= count ? Double(holding) / Double(known) : .nan
    shares[number].moment = moment
    shares[number].answer = Glimpse(value: value, until: until)
    return shares[number].answer
  }
}

struct ShareMembers: Hashable, Sendable {
  var kind: DeviceKind
  var estate: String
}

/// A shared condition, told by where its program lies, in an estate.
struct ShareKey: Hashable, Sendable {
  var program: Int32
  var estate: Int32
}

/// A plan in the engine's flat arrays, with the parts that are computed once for each device.
struct LaidOut: Sendable {
  var program: Program
  var parts: [[Op]]
  /// Of the conditions that it shares.
  var shares: [LaidOut] = []
  var memories: [Program] = []
}
