/// Devices that send and that the catalogue doesn't have: the newest message of each, without what is private.
import EstateModel
import Foundation
import Store

public struct UnclaimedDevice: Codable, Hashable, Sendable {
  /// Its address, or `estate/device` of a native topic.
  public var name: String
  public var topic: String
  /// JSON without the fields that hold names, faces and plates. Nil: no JSON, or too long to be kept.
  public var payload: String?
  /// Length of that message.
  public var bytes: Int
  public var messages = 1
  /// Milliseconds since 1970.
  public var first: Int64
  public var last: Int64
}

/// Bounded, and kept as facts of the log: `unclaimed/0`, `unclaimed/1`, …
struct UnclaimedList {
  static let limit = 200
  static let longestPayload = 8192
  /// A message is looked at again after so many milliseconds; a device's line is written as often.
  static let pause: Int64 = 30_000
  /// A device that was not heard for so long, in milliseconds, makes room for another.
  static let memory: Int64 = 86_400_000

  private var devices: [UnclaimedDevice] = []
  private var positions: [String: Int] = [:]
  private var written: [Int64] = []
  private var changed: Set<Int> = []
  private let privateKeys: Set<String>

  var count: Int { devices.count }

  /// - Parameter stored: those that the catalogue has meanwhile are left out.
  init(
    stored: [UnclaimedDevice] = [], privateKeys: Set<String> = [], catalogue: Catalogue? = nil
  ) {
    self.privateKeys = privateKeys
    devices = stored.filter { catalogue?.claims($0.name) != true }
    positions = Dictionary(devices.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 })
    written = devices.map { _ in .min / 2 }
    // Places change when one is left out; what is behind the last is written over as empty.
    if devices.count < stored.count { changed = Set(stored.indices) }
  }

  /// The same under another catalogue: those that it has are left out.
  func renewed(privateKeys: Set<String>, catalogue: Catalogue) -> UnclaimedList {
    var renewed = UnclaimedList(stored: devices, privateKeys: privateKeys, catalogue: catalogue)
    renewed.changed.formUnion(changed)
    return renewed
  }

  static func key(_ position: Int) -> String { "unclaimed/\(position)" }

  /// - Parameter fact: what the log holds under a key.
  static func stored(_ fact: (String) throws -> String?) rethrows -> [UnclaimedDevice] {
    var found: [UnclaimedDevice] = []
    for position in 0..<limit {
      guard let text = try fact(key(position)) else { break }
      if let device = try? JSONDecoder().decode(UnclaimedDevice.self, from: Data(text.utf8)) {
        found.append(device)
      }
    }
    return found
  }

  mutating func note(
    _ name: String, _ topic: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer, at now: Timestamp
  ) {
    let topic = String(decoding: topic.prefix(256), as: UTF8.self)
    // A message that names no device can't be claimed.
    guard name != topic else { return }
    let time = now.milliseconds
    if let position = positions[name] {
      devices[position].messages += 1
      let isDue = time - devices[position].last >= Self.pause || devices[position].payload == nil
      devices[position].last = time
      changed.insert(position)
      guard isDue, let text = cleaned(payload) else { return }
      (devices[position].topic, devices[position].payload) = (topic, text)
      devices[position].bytes = payload.count
      return
    }
    let device = UnclaimedDevice(
      name: name, topic: topic, payload: cleaned(payload), bytes: payload.count, first: time, last: time)
    var position = devices.count
    if position < Self.limit {
      devices.append(device)
      written.append(.min / 2)
    } else {
      guard let oldest = devices.indices.min(by: { devices[$0].last < devices[$1].last }),
        time - devices[oldest].last >= Self.memory
      else { return }
      positions[devices[oldest].name] = nil
      position = oldest
      devices[position] = device
      written[position] = .min / 2
    }
    positions[name] = position
    changed.insert(position)
  }

  /// What is to be kept, by key.
  mutating func takeChanges(at now: Timestamp) -> [String: String] {
    var facts: [String: String] = [:]
    for position in changed {
      guard position < devices.count else {
        facts[Self.key(position)] = ""
        changed.remove(position)
        continue
      }
      guard abs(now.milliseconds - written[position]) >= Self.pause,
        let json = try? JSONEncoder().encode(devices[position])
      else { continue }
      facts[Self.key(position)] = String(decoding: json, as: UTF8.self)
      written[position] = now.milliseconds
      changed.remove(position)
    }
    return facts
  }

  private func cleaned(_ payload: UnsafeRawBufferPointer) -> String? {
    guard payload.count <= 8 * Self.longestPayload, payload.first == 0x7B || payload.first == 0x5B,
      let value = try? JSONSerialization.jsonObject(with: Data(payload)),
      let json = try? JSONSerialization.data(
        withJSONObject: without(value), options: [.sortedKeys, .withoutEscapingSlashes]),
      json.count <= Self.longestPayload
    else { return nil }
    return String(decoding: json, as: UTF8.self)
  }

  /// Without private fields, and without texts that are no names or numbers: pictures, say.
  private func without(_ value: Any) -> Any {
    switch value {
    case let object as [String: Any]:
      object.filter { !privateKeys.contains($0.key) }.mapValues(without)
    case let list as [Any]: list.map(without)
    case let text as String where text.utf8.count > 512: ""
    default: value
    }
  }
}

extension Catalogue {
  /// Whether a device has this address or path.
  func claims(_ name: String) -> Bool {
    let lowered = name.lowercased()
    return devices.contains { $0.path == name || $0.address?.lowercased() == lowered }
  }
}

extension StoreReader {
  /// Devices that send and that the catalogue doesn't have, the most recently heard first.
  public func unclaimedDevices(besides catalogue: Catalogue) throws -> [UnclaimedDevice] {
    try UnclaimedList.stored { try fact($0) }.filter { !catalogue.claims($0.name) }
      .sorted { ($1.last, $0.name) < ($0.last, $1.name) }
  }
}
