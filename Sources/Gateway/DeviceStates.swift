/// What is known of each device at the moment, kept without a dictionary on the way of a reading.
import EstateModel
import Payloads
import Store

struct DeviceStates {
  /// Counted since the process began.
  struct Counts {
    var repeats = 0
    var missed = 0
    var disordered = 0
    var late = 0
    var joins = 0
  }

  /// The least lag of this stretch of messages and of the one before: delays come and go, a clock stays.
  private struct Clock {
    static let stretch = 32
    var current: Int64 = .max
    var earlier: Int64 = .max
    var messages = 0

    var lag: Int64 { min(current, earlier) }

    /// - Returns: whether the message comes later than the device's usually do.
    mutating func note(_ lag: Int64) -> Bool {
      let isLate = self.lag != .max && lag - self.lag > DeviceLife.lateAfter
      if messages == Self.stretch { (earlier, current, messages) = (current, .max, 0) }
      current = min(current, lag)
      messages += 1
      return isLate
    }
  }

  private struct Newest {
    var signal: SignalIndex
    var value: Double
    var time: Timestamp
  }

  private struct State {
    var lastSeen: Timestamp?
    var online: Bool?
    var newest: ContiguousArray<Newest> = []
    var isDirty = false
    var life = DeviceLife()
    var clock = Clock()
  }

  private static let battery = Signal.named("battery")

  private(set) var counts = Counts()
  private var states: ContiguousArray<State>
  /// Devices whose state has changed since it was taken, the longest waiting first.
  private var changed: ContiguousArray<Int> = []

  init(_ catalogue: Catalogue, stored: [DeviceState] = []) {
    states = ContiguousArray(repeating: State(), count: catalogue.devices.count)
    for known in stored {
      guard let device = catalogue.device(path: known.device) else { continue }
      var state = State(
        lastSeen: known.lastSeen.map(Timestamp.init(milliseconds:)), online: known.online,
        life: known.life ?? DeviceLife())
      for (name, newest) in known.values.sorted(by: { $0.key < $1.key }) {
        guard let signal = Signal.named(name) else { continue }
        state.newest.append(
          Newest(signal: signal, value: newest.value ?? .nan, time: Timestamp(milliseconds: newest.time)))
      }
      states[Int(device.raw)] = state
    }
  }

  /// The device has sent what the decoder has just read.
  mutating func heard(_ device: DeviceIndex, at now: Timestamp, _ decoder: PayloadDecoder) {
    let index = Int(device.raw)
    states[index].lastSeen = now
    noteChange(index)
    if decoder.isRepeat {
      states[index].life.repeats += 1
      counts.repeats += 1
      return
    }
    states[index].life.messages += 1
    if let lag = decoder.lag {
      if states[index].clock.note(lag) {
        states[index].life.late += 1
        counts.late += 1
      }
      states[index].life.clockOffset = -states[index].clock.lag
    }
    if let link = decoder.link { note(link, decoder.frameMark(of: device)) }
    if decoder.hasJoined {
      states[index].life.joins += 1
      states[index].life.lastJoin = now.milliseconds
      counts.joins += 1
    }
  }

  private mutating func note(_ link: RadioLink, _ mark: FrameMark?) {
    let index = Int(link.device.raw)
    if let rssi = link.rssi { states[index].life.rssi = rssi }
    if let snr = link.snr { states[index].life.snr = snr }
    if let mark { states[index].life.frames = mark }
    if link.missed != 0 {
      // What comes after all may have been counted before a restart.
      states[index].life.missed = max(0, states[index].life.missed + link.missed)
      counts.missed += link.missed
    }
    if link.isDisordered {
      states[index].life.disordered += 1
      counts.disordered += 1
    }
  }

  mutating func setOnline(_ device: DeviceIndex, _ isOnline: Bool, at now: Timestamp) {
    let index = Int(device.raw)
    if states[index].online != isOnline { states[index].life.linkSince = now.milliseconds }
    states[index].online = isOnline
    noteChange(index)
  }

  /// Hands over where each device stands with the numbers of its messages.
  func restoreFrames(in decoder: PayloadDecoder) {
    for (index, state) in states.enumerated() {
      if let mark = state.life.frames { decoder.restore(mark, of: DeviceIndex(UInt32(index))) }
    }
  }

  private mutating func noteChange(_ device: Int) {
    if states[device].isDirty { return }
    states[device].isDirty = true
    changed.append(device)
  }

  /// - Returns: true when no reading of this signal had a time as late.
  mutating func take(_ reading: Reading) -> Bool {
    let device = Int(reading.device.raw)
    if reading.signal == Self.battery, reading.quality == .good {
      states[device].life.battery.note(reading.value, at: reading.time)
    }
    for index in states[device].newest.indices where states[device].newest[index].signal == reading.signal {
      guard reading.time > states[device].newest[index].time else { return false }
      states[device].newest[index].value = reading.value
      states[device].newest[index].time = reading.time
      return true
    }
    states[device].newest.append(Newest(signal: reading.signal, value: reading.value, time: reading.time))
    return true
  }

  var hasChanges: Bool { !changed.isEmpty }

  func lastSeen(_ device: Int) -> Timestamp? { states[device].lastSeen }

  /// Those that changed since they were taken, at most so many: writing the states of thousands of devices would
  /// keep an alarm waiting.
  mutating func takeChanges(_ catalogue: Catalogue, limit: Int) -> [DeviceState] {
    let taken = changed.prefix(limit)
    let changes = taken.map { index in
      states[index].isDirty = false
      let state = states[index]
      return DeviceState(
        device: catalogue.paths[index], lastSeen: state.lastSeen, online: state.online,
        values: Dictionary(
          uniqueKeysWithValues: state.newest.map {
            (Signal[$0.signal].name, DeviceState.Value(value: $0.value, time: $0.time))
          }), life: state.life)
    }
    changed.removeFirst(taken.count)
    return changes
  }
}
