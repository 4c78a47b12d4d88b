/// The devices that messages may come from, found by topic path or network address.
import EstateModel
import Foundation

/// What becomes of messages from devices that the catalogue doesn't have.
public enum UnknownDevices: Sendable {
  /// They are a problem.
  case refuse
  /// They are taken in under the name that the message gives: for looking at payloads.
  case register
}

struct DeviceDirectory {
  private var paths: NameTable
  private var addresses: NameTable
  private(set) var names: [String]
  /// Zones that count, of devices that have such: of others all do.
  private var zones: [DeviceIndex: [[UInt8]]] = [:]
  /// What computations ask for, by column, in base units, of devices of which the catalogue says it.
  private var attributes: [[DeviceIndex: Double]]
  private var models: [DeviceIndex: String] = [:]
  /// By estate, and the estate of each device.
  private let timeZones: [TimeZone]
  private let estates: [UInt32]
  private let unknown: UnknownDevices
  /// Devices are taken in as they name themselves.
  var registers: Bool { unknown == .register }

  /// Devices taken in at run time; a stream of invented names must not fill the memory.
  static let registrationLimit = 10_000
  private let catalogueCount: Int

  /// - Parameter attributes: those that are asked for, by column.
  init(_ catalogue: Catalogue, unknown: UnknownDevices, attributes: [String] = []) {
    let devices = catalogue.devices
    self.attributes = Array(repeating: [:], count: attributes.count)
    for (index, device) in zip(catalogue.indices.map(DeviceIndex.init), devices) {
      for (column, name) in attributes.enumerated() {
        self.attributes[column][index] = device.attributes[name]?.base
      }
      models[index] = device.model
      if !device.zones.isEmpty { zones[index] = device.zones.map { Array($0.utf8) } }
    }
    timeZones = catalogue.estates.map(\.timeZone)
    let numbers = Dictionary(
      catalogue.estates.enumerated().map { ($1.id, UInt32($0)) }, uniquingKeysWith: { first, _ in first })
    estates = devices.map { numbers[$0.estate] ?? .max }
    paths = NameTable(catalogue.paths.enumerated().map { ($1, UInt32($0)) })
    addresses = NameTable(
      devices.enumerated().compactMap { number, device in
        device.address.map { (name: lowerASCII($0), value: UInt32(number)) }
      })
    names = catalogue.paths
    self.unknown = unknown
    catalogueCount = devices.count
  }

  func hasSameNames(as other: DeviceDirectory) -> Bool { names == other.names }

  func name(of device: DeviceIndex) -> String {
    names.indices.contains(Int(device.raw)) ? names[Int(device.raw)] : "?"
  }

  /// In base units; NaN where the catalogue says nothing.
  func attribute(_ column: Int, of device: DeviceIndex) -> Double {
    attributes[column][device] ?? .nan
  }

  /// What the catalogue says.
  func model(of device: DeviceIndex) -> String? { models[device] }

  /// How far the device's wall clock is ahead of GMT, at a time on that clock.
  func milliseconds(fromGMT device: DeviceIndex, at time: Timestamp) -> Int64 {
    guard estates.indices.contains(Int(device.raw)) else { return 0 }
    let estate = Int(estates[Int(device.raw)])
    let zone = timeZones.indices.contains(estate) ? timeZones[estate] : .gmt
    let guess = Int64(zone.secondsFromGMT(for: time.date)) * 1000
    return Int64(zone.secondsFromGMT(for: (time - guess).date)) * 1000
  }

  /// By `estate/device`.
  @inline(__always)
  mutating func device(path: UnsafeRawBufferPointer) -> DeviceIndex? {
    if let number = paths[path] { return DeviceIndex(number) }
    guard let name = newName(path) else { return nil }
    defer { paths.insert(name, UInt32(names.count - 1)) }
    return register(name)
  }

  /// By network address; capital letters count as small ones.
  mutating func knownDevice(address: UnsafeRawBufferPointer) -> DeviceIndex? {
    guard address.count <= 128, !address.isEmpty else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { lowered in
      for position in address.indices {
        let byte = address[position]
        lowered[position] = byte &- 65 < 26 ? byte | 32 : byte
      }
      return addresses[UnsafeRawBufferPointer(rebasing: lowered[..<address.count])]
    }.map { DeviceIndex($0) }
  }

  /// The same; in register mode an unknown device is taken in.
  mutating func device(address: UnsafeRawBufferPointer) -> DeviceIndex? {
    if let known = knownDevice(address: address) { return known }
    guard !address.isEmpty, let name = newName(address) else { return nil }
    defer { addresses.insert(lowerASCII(name), UInt32(names.count - 1)) }
    return register(name)
  }

  /// Whether the catalogue names zones that count for the device.
  func hasZones(_ device: DeviceIndex) -> Bool { zones[device] != nil }

  /// Whether any of an event's zones counts for the device.
  func counts(_ eventZones: [String], for device: DeviceIndex) -> Bool {
    guard let own = zones[device] else { return true }
    return eventZones.contains { zone in own.contains { $0.elementsEqual(zone.utf8) } }
  }

  private func newName(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard unknown == .register, names.count < catalogueCount + Self.registrationLimit, bytes.count <= 128
    else { return nil }
    let name = printable(bytes, limit: 128)
    return name.utf8.elementsEqual(bytes) ? name : nil
  }

  private mutating func register(_ name: String) -> DeviceIndex {
    names.append(name)
    return DeviceIndex(UInt32(names.count - 1))
  }
}

/// Small letters for A to Z; everything else as it is.
private func lowerASCII(_ text: String) -> String {
  String(decoding: text.utf8.map { $0 &- 65 < 26 ? $0 | 32 : $0 }, as: UTF8.self)
}
