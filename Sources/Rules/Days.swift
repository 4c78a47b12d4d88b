/// `days(condition, window)`: on how many of the last days a condition held at some time. A day begins at noon, so that
/// a night is one.
import Configuration
import EstateModel
import RingBuffer

/// A condition that is judged whenever its rule is, and remembered day by day.
struct RememberedCondition: Sendable {
  /// As it is written; the same text is the same memory.
  var text: String
  /// Over the leaves and attributes of the plan that it stands in.
  var ops: [Op]
}

/// The days on which a condition held, and those on which it was known at all, of one rule on one device.
struct DayMemory: Sendable, BitwiseCopyable {
  static let most = 60

  var clock: Int32
  /// The newest day that is remembered; bit n stands for the day n days before it.
  private(set) var newest = Int64.min
  private(set) var held: UInt64 = 0
  private(set) var known: UInt64 = 0

  init(clock: Int32) { self.clock = clock }

  mutating func mark(_ day: Int64, holds: Bool) {
    if newest == .min { newest = day }
    let shift = day - newest
    if shift > 0 {
      (held, known) = shift < 64 ? (held << UInt64(shift), known << UInt64(shift)) : (0, 0)
      newest = day
    }
    guard shift > -64 else { return }
    let bit: UInt64 = 1 << UInt64(max(0, -shift))
    known |= bit
    if holds { held |= bit }
  }

  /// How many of the last days up to and with today. None is only known when each of them was.
  func count(_ days: Int, until today: Int64) -> Double {
    guard newest != .min, today - newest < 64, today >= newest else { return .nan }
    let shift = UInt64(today - newest)
    let mask: UInt64 = (1 << UInt64(days)) - 1
    let count = ((held << shift) & mask).nonzeroBitCount
    return count > 0 || (known << shift) & mask == mask ? Double(count) : .nan
  }

  func write(to writer: inout StateWriter) {
    writer.byte(newest == .min ? 0 : 1)
    guard newest != .min else { return }
    writer.signed(newest)
    writer.number(held)
    writer.number(known)
  }

  mutating func read(from reader: inout StateReader) throws(StateDamage) {
    guard try reader.byte() > 0 else { return }
    newest = try reader.signed()
    guard abs(newest) < 10_000_000 else { throw reader.damage }
    held = try reader.number()
    known = try reader.number()
  }
}

extension Checker {
  mutating func checkDays(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    let usage = "days(condition, window)"
    guard let pair = exactly(2, arguments, usage, nameRange) else { return .invalid }
    guard !isShared, !isRemembered else {
      return fail("'days' can't stand inside another condition that is judged by itself", nameRange)
    }
    guard let length = window(pair[1], of: usage) else { return .invalid }
    let days = length / 86_400_000
    guard length % 86_400_000 == 0, days <= DayMemory.most else {
      return fail("expected whole days, at most \(DayMemory.most): \(usage)", pair[1].range)
    }
    guard let ops = remembered(pair[0]) else { return .invalid }
    let text = source.excerpt(pair[0].range)
    var number = memories.firstIndex(of: text)
    if number == nil, !isClearing {
      memories.append(text)
      plan.memories.append(RememberedCondition(text: text, ops: ops))
      number = memories.count - 1
    }
    guard let number else {
      return fail("'clear' can only ask for days of a condition that 'raise' asks for as well", pair[0].range)
    }
    var leaf = Leaf(form: .days, window: length)
    leaf.number = Int32(number)
    let note = note(range, .number)
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(type: .number(.number), notes: [note])
  }

  /// The operations of a condition that is judged by itself: none of them is told in evidence.
  private mutating func remembered(_ syntax: Syntax) -> [Op]? {
    let (ops, notes) = (plan.ops, plan.notes.count)
    plan.ops = []
    isRemembered = true
    let checked = check(syntax)
    isRemembered = false
    let inner = plan.ops.map { op in
      var op = op
      op.note = -1
      return op
    }
    plan.ops = ops
    plan.notes.removeLast(plan.notes.count - notes)
    forget(1)
    switch checked.type {
    case .boolean: return inner
    case .number:
      fail("the condition is \(checked.type.name), expected yes or no: compare it with a limit", syntax.range)
      return nil
    case .invalid: return nil
    }
  }
}

extension RuleEngine {
  /// Device by device, in each rule by rule.
  /// - Returns: for each rule where its memories begin among a device's, by the device's kind.
  mutating func buildMemories() -> [[DeviceKind: Int32]] {
    var counts: [DeviceKind: Int32] = [:]
    let starts = ruleSet.rules.map { rule in
      var starts: [DeviceKind: Int32] = [:]
      for kind in Set(rule.kinds) where !rule.raise.memories.isEmpty {
        starts[kind] = counts[kind, default: 0]
        counts[kind, default: 0] += Int32(rule.raise.memories.count)
      }
      return starts
    }
    memories.reserveCapacity(catalogue.devices.reduce(0) { $0 + Int(counts[$1.kind] ?? 0) })
    for (number, device) in catalogue.devices.enumerated() {
      devices[number].firstMemory = Int32(memories.count)
      guard let count = counts[device.kind] else { continue }
      let clock = clock(of: devices[number].estate)
      for _ in 0..<count { memories.append(DayMemory(clock: clock)) }
    }
    return starts
  }

  /// Where an instance's memories begin; nil: it has none.
  func memory(of instance: Int) -> Int? {
    let memory = fittings[Int(instances[instance].fitting)].memory
    return memory < 0 ? nil : Int(devices[Int(instances[instance].device)].firstMemory + memory)
  }

  /// Judges what a rule remembers, and marks the day. - Returns: when that has to be done again, and what was looked at.
  mutating func remember(_ index: Int, _ rule: Int, at now: Int64) -> Judgement {
    var all = Judgement(value: .nan, until: .max, looked: 0)
    guard var memory = memory(of: index) else { return all }
    let today = clocks[Int(memories[memory].clock)].day(of: now)
    // A day without a word of the device is no quiet day, also when the calendar alone says no.
    let seen = devices[Int(instances[index].device)].lastSeen
    let wasHeard = seen >= now || clocks[Int(memories[memory].clock)].day(of: seen) == today
    let heeded = heedsSilence
    heedsSilence = false
    for program in memoryPrograms[Int(programs[rule].firstMemory)..<Int(programs[rule].endMemory)] {
      let found = judge(program, instances[index].raising, at: now)
      if !found.value.isNaN, wasHeard { memories[memory].mark(today, holds: found.value == 1) }
      all.until = min(all.until, found.until)
      all.looked |= found.looked
      memory += 1
    }
    heedsSilence = heeded
    return all
  }

  mutating func days(_ memory: Int, _ window: Int64, at now: Int64) -> Glimpse {
    let clock = Int(memories[memory].clock)
    let hour = clocks[clock].hour(of: now)
    let count = memories[memory].count(Int(window / 86_400_000), until: (hour - 12).floored(by: 24))
    let left = 23 - (hour - 12).modulo(24)
    return Glimpse(value: count, until: clocks[clock].end(ofHourAt: now) + left * LocalHours.hour)
  }

  func writeMemories(to writer: inout StateWriter) {
    let all = instances.indices.compactMap { number in memory(of: number).map { (number, first: $0) } }
    writer.count(all.count)
    for (number, first) in all {
      writer.count(number)
      let program = programs[Int(instances[number].rule)]
      writer.count(Int(program.endMemory - program.firstMemory))
      for memory in first..<(first + Int(program.endMemory - program.firstMemory)) {
        memories[memory].write(to: &writer)
      }
    }
  }

  /// - Parameter numbers: this engine's numbers of the snapshot's instances.
  mutating func readMemories(from reader: inout StateReader, instances numbers: [Int32?]) throws(StateDamage)
  {
    for _ in 0..<(try reader.count(ofAtLeast: 2)) {
      let number = Int(clamping: try reader.number())
      guard number < numbers.count else { throw reader.damage }
      let place = numbers[number].flatMap { memory(of: Int($0)) }
      for offset in 0..<(try reader.count()) {
        var memory = DayMemory(clock: 0)
        try memory.read(from: &reader)
        guard let place, place + offset < memories.count else { continue }
        memory.clock = memories[place + offset].clock
        memories[place + offset] = memory
      }
    }
  }
}
