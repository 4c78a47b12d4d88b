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
    /// The same device's next; -1: there is none.
    var next: Int32
    var value: Double
    var time: Timestamp
  }

  private struct State {
    var lastSeen: Timestamp?
    /// Where its newest values begin; -1: it has none.
    var newest: Int32 = -1
    var clock = Clock()
    var clockOffset: Int64?
    var messages = 0
    /// Among the lives: all that only some devices have of theirs; -1: nothing.
    var life: Int32 = -1
    var isDirty = false
    var online: Bool?
  }

  private static let battery = Signal.named("battery")

  private(set) var counts = Counts()
  private var states: ContiguousArray<State>
  /// Of each device the newest value of each signal, linked one to the next.
  private var newest: ContiguousArray<Newest> = []
  /// Without their messages and their clock's offset, which stand in the state.
  private var lives: ContiguousArray<DeviceLife> = []
  /// Devices whose state has changed since it was taken, the longest waiting first.
  private var changed: ContiguousArray<Int> = []

  init(_ catalogue: Catalogue, stored: [DeviceState] = []) {
    states = ContiguousArray(repeating: State(), count: catalogue.devices.count)
    for known in stored {
      guard let device = catalogue.device(path: known.device) else { continue }
      var state = State(
        lastSeen: known.lastSeen.map(Timestamp.init(milliseconds:)), clockOffset: known.life?.clockOffset,
        messages: known.life?.messages ?? 0, online: known.online)
      for (name, newest) in known.values.sorted(by: { $0.key < $1.key }) {
        guard let signal = Signal.named(name) else { continue }
        state.newest = add(
          signal, newest.value ?? .nan, Timestamp(milliseconds: newest.time), before: state.newest)
      }
      states[Int(device.raw)] = state
      guard var life = known.life else { continue }
      (life.messages, life.clockOffset) = (0, nil)
      if life != DeviceLife() { self[life: Int(device.raw)] = life }
    }
  }

  /// What a device's life is beyond what stands in its state.
  private subscript(life device: Int) -> DeviceLife {
    get { states[device].life < 0 ? DeviceLife() : lives[Int(states[device].life)] }
    _modify {
      if states[device].life < 0 {
        states[device].life = Int32(lives.count)
        lives.append(DeviceLife())
      }
      yield &lives[Int(states[device].life)]
    }
  }

  /// All of it.
  private func life(_ device: Int) -> DeviceLife {
    var life = self[life: device]
    (life.messages, life.clockOffset) = (states[device].messages, states[device].clockOffset)
    return life
  }

  /// The device has sent what the decoder has just read.
  mutating func heard(_ device: DeviceIndex, at now: Timestamp, _ decoder: PayloadDecoder) {
    let index = Int(device.raw)
    states[index].lastSeen = now
    noteChange(index)
    if decoder.isRepeat {
      self[life: index].repeats += 1
      counts.repeats += 1
      return
    }
    states[index].messages += 1
    if let lag = decoder.lag {
      if states[index].clock.note(lag) {
        self[life: index].late += 1
        counts.late += 1
      }
      states[index].clockOffset = -states[index].clock.lag
    }
    if let link = decoder.link { note(link, decoder.frameMark(of: device)) }
    if decoder.hasJoined {
      self[life: index].joins += 1
      self[life: index].lastJoin = now.milliseconds
      counts.joins += 1
    }
  }

  private mutating func note(_ link: RadioLink, _ mark: FrameMark?) {
    let index = Int(link.device.raw)
    if let rssi = link.rssi { self[life: index].rssi = rssi }
    if let snr = link.snr { self[life: index].snr = snr }
    if let mark { self[life: index].frames = mark }
    if link.missed != 0 {
      // What comes after all may have been counted before a restart.
      self[life: index].missed = max(0, self[life: index].missed + link.missed)
      counts.missed += link.missed
    }
    if link.isDisordered {
      self[life: index].disordered += 1
      counts.disordered += 1
    }
  }

  mutating func setOnline(_ device: DeviceIndex, _ isOnline: Bool, at now: Timestamp) {
    let index = Int(device.raw)
    if states[index].online != isOnline { self[life: index].linkSince = now.milliseconds }
    states[index].online = isOnline
    noteChange(index)
  }

  /// Hands over where each device stands with the numbers of its messages.
  func restoreFrames(in decoder: PayloadDecoder) {
    for index in states.indices where states[index].life >= 0 {
      if let mark = self[life: index].frames { decoder.restore(mark, of: DeviceIndex(UInt32(index))) }
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
      self[life: device].battery.note(reading.value, at: reading.time)
    }
    var place = Int(states[device].newest)
    while place >= 0, newest[place].signal != reading.signal { place = Int(newest[place].next) }
    if place < 0 {
      states[device].newest = add(reading.signal, reading.value, reading.time, before: states[device].newest)
      return true
    }
    guard reading.time > newest[place].time else { return false }
    (newest[place].value, newest[place].time) = (reading.value, reading.time)
    return true
  }

  /// - Returns: its place.
  private mutating func add(_ signal: SignalIndex, _ value: Double, _ time: Timestamp, before next: Int32)
    -> Int32
  {
    newest.append(Newest(signal: signal, next: next, value: value, time: time))
    return Int32(newest.count - 1)
  }

  private func values(of state: State) -> [String: DeviceState.Value] {
    var values: [String: DeviceState.Value] = [:]
    var place = Int(state.newest)
    while place >= 0 {
      values[Signal[newest[place].signal].name] = DeviceState.Value(
        value: newest[place].value, time: newest[place].time)
      place = Int(newest[place].next)
    }
    return values
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
        values: values(of: state), life: life(index))
    }
    changed.removeFirst(taken.count)
    return changes
  }
}
