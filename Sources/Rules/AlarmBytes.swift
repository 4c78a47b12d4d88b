/// Alarm transitions as bytes.
import EstateModel
import RingBuffer

extension StateWriter {
  /// A time as its distance from another one; nothing for the value that stands for none.
  mutating func time(_ time: Int64, unless absent: Int64? = nil, after reference: Int64) {
    if time != absent { signed(time &- reference) }
  }

  mutating func transition(_ transition: AlarmTransition) {
    byte(transition.kind == .raised ? 1 : 0)
    for part in [
      transition.alarm, transition.rule, transition.title.zh, transition.title.en, transition.estate,
      transition.device, transition.place, transition.priority.rawValue, transition.category,
    ] {
      text(part)
    }
    signed(transition.onset)
    signed(transition.at)
    byte(transition.towards == nil ? 0 : 1)
    if let towards = transition.towards { text(towards) }
    count(transition.evidence.count)
    for part in transition.evidence {
      text(part.label)
      text(part.unit)
      byte(part.value == nil ? 0 : 1)
      if let value = part.value { double(value) }
    }
  }
}

extension StateReader {
  mutating func transition() throws(StateDamage) -> AlarmTransition {
    let kind: AlarmTransition.Kind = try byte() == 1 ? .raised : .cleared
    var parts: [String] = []
    for _ in 0..<9 { parts.append(try text()) }
    guard let priority = Priority(rawValue: parts[7]) else { throw damage }
    let onset = try time(after: 0)
    let at = try time(after: 0)
    var towards: String?
    if try byte() == 1 { towards = try text() }
    var evidence: [Evidence] = []
    for _ in 0..<(try count(ofAtLeast: 3)) {
      let label = try text()
      let unit = try text()
      evidence.append(Evidence(label: label, value: try byte() == 1 ? try double() : nil, unit: unit))
    }
    return AlarmTransition(
      kind: kind, alarm: parts[0], rule: parts[1], title: Title(zh: parts[2], en: parts[3]), estate: parts[4],
      device: parts[5], place: parts[6], priority: priority, category: parts[8],
      onset: Timestamp(milliseconds: onset), at: Timestamp(milliseconds: at), towards: towards,
      evidence: evidence)
  }

  /// A time written as its distance from another one.
  mutating func time(after reference: Int64) throws(StateDamage) -> Int64 {
    let (time, isTooFar) = reference.addingReportingOverflow(try signed())
    guard !isTooFar, Snapshot.times.contains(time) else { throw damage }
    return time
  }
}
