/// Batches of readings lead to the same as one reading after the other.
import EstateModel
import Rules
import Testing

@Suite("Batches") struct BatchTests {
  @Test("A batch does what its readings do one by one, also with thousands of devices")
  func same() throws {
    let bench = Bench.shipped()
    // The small estate, five hundred times.
    var estates: [Estate] = []
    var devices: [Device] = []
    for number in 0..<500 {
      for estate in bench.catalogue.estates {
        var copy = estate
        copy.id = "\(estate.id)-\(number)"
        estates.append(copy)
      }
      for device in bench.catalogue.devices {
        var copy = device
        copy.estate = "\(device.estate)-\(number)"
        devices.append(copy)
      }
    }
    let catalogue = Catalogue(estates: estates, devices: devices)
    #expect(catalogue.devices.count == 4500)
    var weather = Weather(bench, seed: 21)
    var readings: [Reading] = []
    for _ in 0..<20_000 {
      guard case .reading(var reading) = weather.next() else { continue }
      reading.device = DeviceIndex(reading.device.raw + 9 * UInt32.random(in: 0..<4, using: &weather.random))
      readings.append(reading)
    }
    // Devices and signals that nobody knows.
    readings[100].device = .none
    readings[200].signal = SignalIndex(.max)
    let start = at("2026-03-10 18:00:00")
    var single = RuleEngine(rules: bench.rules, catalogue: catalogue, start: start)
    var batched = single
    for from in stride(from: 0, to: readings.count, by: 100) {
      let batch = readings[from..<min(from + 100, readings.count)]
      for reading in batch { single.ingest(reading) }
      batched.ingest(contentsOf: batch)
    }
    let transitions = single.takeTransitions()
    #expect(transitions.count > 100)
    let isSame = batched.takeTransitions() == transitions && batched.snapshot() == single.snapshot()
    #expect(isSame)
    batched.ingest(contentsOf: [])
  }
}
