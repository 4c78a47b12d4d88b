/// What is known of each device at the moment, kept without a dictionary on the way of a reading.
import EstateModel
import Store

struct DeviceStates {
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
  }

  private var states: ContiguousArray<State>
  /// Devices whose state has changed since it was taken, the longest waiting first.
  private var changed: ContiguousArray<Int> = []

  init(_ catalogue: Catalogue, stored: [DeviceState] = []) {
    states = ContiguousArray(repeating: State(), count: catalogue.devices.count)
    for known in stored {
      guard let device = catalogue.device(path: known.device) else { continue }
      var state = State(
        lastSeen: known.lastSeen.map(Timestamp.init(milliseconds:)), online: known.online)
      for (name, newest) in known.values.sorted(by: { $0.key < $1.key }) {
        guard let signal = Signal.named(name) else { continue }
        state.newest.append(
          Newest(signal: signal, value: newest.value ?? .nan, time: Timestamp(milliseconds: newest.time)))
      }
      states[Int(device.raw)] = state
    }
  }

  mutating func heard(_ device: DeviceIndex, at now: Timestamp) {
    states[Int(device.raw)].lastSeen = now
    noteChange(Int(device.raw))
  }

  mutating func setOnline(_ device: DeviceIndex, _ isOnline: Bool) {
    states[Int(device.raw)].online = isOnline
    noteChange(Int(device.raw))
  }

  private mutating func noteChange(_ device: Int) {
    if states[device].isDirty { return }
    states[device].isDirty = true
    changed.append(device)
  }

  /// - Returns: true when no reading of this signal had a time as late.
  mutating func take(_ reading: Reading) -> Bool {
    let device = Int(reading.device.raw)
    for index in states[device].newest.indices where states[device].newest[index].signal == reading.signal {
      guard reading.time > states[device].newest[index].time else { return false }
      states[device].newest[index].value = reading.value
      states[device].newest[index].time = reading.time
      return true
    }
    states[device].newest.append(Newest(signal: reading.signal, value: reading.value, time: reading.time))
    return true
  }

  func lastSeen(_ device: Int) -> Timestamp? { states[device].lastSeen }

  /// Those that changed since they were taken, at most so many: writing the states of thousands of devices would
  /// keep an alarm waiting.
  mutating func takeChanges(_ catalogue: Catalogue, limit: Int) -> [DeviceState] {
    let taken = changed.prefix(limit)
    let changes = taken.map { index in
      states[index].isDirty = false
      let state = states[index]
      return DeviceState(
        device: catalogue.devices[index].path, lastSeen: state.lastSeen, online: state.online,
        values: Dictionary(
          uniqueKeysWithValues: state.newest.map {
            (Signal[$0.signal].name, DeviceState.Value(value: $0.value, time: $0.time))
          }))
    }
    changed.removeFirst(taken.count)
    return changes
  }
}
