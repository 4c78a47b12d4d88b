/// One topic of a network or of a complete profile, ready for messages.
import CSimdjson
import EstateModel

final class EnvelopePlan {
  enum Address {
    case path(RootPath)
    case constant([UInt8])
  }

  struct Raw {
    let path: RootPath
    let isHex: Bool
    let port: RootPath?
    let names: Kept<RootPath>
  }

  let name: String
  let format: Envelope.Format
  let addresses: Kept<Address>
  let times: Kept<(path: RootPath, form: TimeForm)>
  let decoded: Kept<RootPath>
  let each: (path: PathPlan, slot: Int)?
  let raw: Raw?
  let conditions: Kept<ConditionPlan>
  let has: Kept<RootPath>
  let lacks: Kept<RootPath>
  let status: Kept<(text: [UInt8], isOnline: Bool)>
  let statusPath: PathPlan?
  let isSeenOnly: Bool
  let isJoin: Bool
  let isOnline: Bool?
  let isIgnored: Bool
  let ignoresUnknown: Bool
  let counter: RootPath?
  let session: RootPath?
  /// Signal strength and signal-to-noise ratio, where the network tells them.
  let rssi: RootPath?
  let snr: RootPath?
  /// First keys of its paths, each with a place.
  let keys: UnsafeBufferPointer<json_step>
  let models: ModelChoice
  /// A profile of its own: its only body always applies.
  let isComplete: Bool
  /// The topic's named levels, and where each is kept.
  private let captures: Kept<(place: TopicPattern.Place, slot: Int)>

  init(
    name: String, _ envelope: Envelope, topic: TopicPattern, models: ModelChoice, isComplete: Bool,
    _ memory: PathMemory
  ) {
    self.name = name
    self.models = models
    self.isComplete = isComplete
    format = envelope.format
    captures = memory.keep(
      topic.names.compactMap { name in
        TopicPattern.Place(name, in: topic).map { ($0, memory.slot(name)) }
      })
    var keys = RootKeys()
    func plan(_ path: JSONPath) -> RootPath { keys.plan(path, memory) }
    addresses = memory.keep(
      envelope.device.map { address in
        switch address {
        case .path(let path): .path(plan(path))
        case .constant(let name): .constant(Array(name.utf8))
        }
      })
    times = memory.keep(envelope.times.map { (plan($0.path), $0.form) })
    decoded = memory.keep((envelope.decoded.isEmpty ? [JSONPath()] : envelope.decoded).map(plan))
    each = envelope.each.map { (memory.plan($0.path), memory.slot($0.name)) }
    raw = envelope.raw.map {
      Raw(
        path: plan($0.path), isHex: $0.isHex, port: $0.port.map(plan), names: memory.keep($0.names.map(plan)))
    }
    conditions = memory.keep(envelope.conditions.map { ConditionPlan($0, memory) })
    has = memory.keep(envelope.has.map(plan))
    lacks = memory.keep(envelope.lacks.map(plan))
    status = memory.keep(envelope.status.map { (Array($0.text.utf8), $0.isOnline) })
    statusPath = envelope.statusPath.map(memory.plan)
    isSeenOnly = envelope.isSeenOnly
    isJoin = envelope.isJoin
    isOnline = envelope.isOnline
    isIgnored = envelope.isIgnored
    ignoresUnknown = envelope.ignoresUnknown
    counter = envelope.counter.map(plan)
    session = envelope.session.map(plan)
    func link(_ name: String) -> RootPath? {
      envelope.link.first { Signal[$0.signal].name == name }?.paths.first.map(plan)
    }
    (rssi, snr) = (link("rssi"), link("snr"))
    self.keys = memory.keys(keys.names)
  }

  /// Hands the topic's named levels to the paths that ask for them.
  func setCaptures(
    _ topic: UnsafeRawBufferPointer, _ levels: UnsafeBufferPointer<Range<Int>>, _ memory: PathMemory
  ) {
    for (place, slot) in captures {
      guard let range = place.range(in: levels.count) else { continue }
      let bytes = levels[range.lowerBound].lowerBound..<levels[range.upperBound - 1].upperBound
      memory.setCapture(slot, UnsafeRawBufferPointer(rebasing: topic[bytes]))
    }
  }

  /// Whether the message is of this kind at all.
  func applies(to root: RootValues) -> Bool {
    for path in has where path(root).isAbsent { return false }
    for path in lacks where !path(root).isAbsent { return false }
    return conditions.hold(in: root.value)
  }
}
