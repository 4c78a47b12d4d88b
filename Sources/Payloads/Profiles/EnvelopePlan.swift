/// One topic of a network or of a complete profile, ready for messages.
import CSimdjson
import EstateModel

final class EnvelopePlan {
  enum Address {
    case path(PathPlan)
    case constant([UInt8])
  }

  struct Raw {
    let path: PathPlan
    let isHex: Bool
    let port: PathPlan?
    let names: [PathPlan]
  }

  let name: String
  let format: Envelope.Format
  let addresses: [Address]
  let times: [(path: PathPlan, form: TimeForm)]
  let decoded: [PathPlan]
  let each: (path: PathPlan, slot: Int)?
  let raw: Raw?
  let conditions: [ConditionPlan]
  let has: [PathPlan]
  let lacks: [PathPlan]
  let status: [(text: [UInt8], isOnline: Bool)]
  let statusPath: PathPlan?
  let isSeenOnly: Bool
  let isIgnored: Bool
  let ignoresUnknown: Bool
  let counter: PathPlan?
  let session: PathPlan?
  /// Signal strength and signal-to-noise ratio, where the network tells them.
  let rssi: PathPlan?
  let snr: PathPlan?
  let models: ModelChoice
  /// A profile of its own: its only body always applies.
  let isComplete: Bool
  private let topic: TopicPattern
  /// Names of the topic's levels, and where each is kept.
  private let captures: [(name: String, slot: Int)]

  init(
    name: String, _ envelope: Envelope, topic: TopicPattern, models: ModelChoice, isComplete: Bool,
    _ memory: PathMemory
  ) {
    self.name = name
    self.topic = topic
    self.models = models
    self.isComplete = isComplete
    format = envelope.format
    captures = topic.names.map { ($0, memory.slot($0)) }
    addresses = envelope.device.map { address in
      switch address {
      case .path(let path): .path(memory.plan(path))
      case .constant(let name): .constant(Array(name.utf8))
      }
    }
    times = envelope.times.map { (memory.plan($0.path), $0.form) }
    decoded = (envelope.decoded.isEmpty ? [JSONPath()] : envelope.decoded).map(memory.plan)
    each = envelope.each.map { (memory.plan($0.path), memory.slot($0.name)) }
    raw = envelope.raw.map {
      Raw(
        path: memory.plan($0.path), isHex: $0.isHex, port: $0.port.map(memory.plan),
        names: $0.names.map(memory.plan))
    }
    conditions = envelope.conditions.map { ConditionPlan($0, memory) }
    has = envelope.has.map(memory.plan)
    lacks = envelope.lacks.map(memory.plan)
    status = envelope.status.map { (Array($0.text.utf8), $0.isOnline) }
    statusPath = envelope.statusPath.map(memory.plan)
    isSeenOnly = envelope.isSeenOnly
    isIgnored = envelope.isIgnored
    ignoresUnknown = envelope.ignoresUnknown
    counter = envelope.counter.map(memory.plan)
    session = envelope.session.map(memory.plan)
    func link(_ name: String) -> PathPlan? {
      envelope.link.first { Signal[$0.signal].name == name }?.paths.first.map(memory.plan)
    }
    (rssi, snr) = (link("rssi"), link("snr"))
  }

  /// Hands the topic's named levels to the paths that ask for them.
  func setCaptures(
    _ topic: UnsafeRawBufferPointer, _ levels: ContiguousArray<Range<Int>>, _ memory: PathMemory
  ) {
    for (name, slot) in captures {
      guard let range = self.topic.range(of: name, in: levels.count) else { continue }
      let bytes = levels[range.lowerBound].lowerBound..<levels[range.upperBound - 1].upperBound
      memory.setCapture(slot, UnsafeRawBufferPointer(rebasing: topic[bytes]))
    }
  }

  /// Whether the message is of this kind at all.
  func applies(to root: json_value) -> Bool {
    for path in has where path(root).isAbsent { return false }
    for path in lacks where !path(root).isAbsent { return false }
    return conditions.hold(in: root)
  }
}
