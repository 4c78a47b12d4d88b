/// Published device messages with what they mean: the examples beside the profiles, and those of the tests.
import Configuration
import EstateModel
import Foundation
import Payloads

struct Example: CustomStringConvertible {
  var name: String
  var topic: String
  var payload: [UInt8]
  /// Signal, value and unit; a nil value is a fault.
  var readings: [(signal: String, value: Double?, unit: String)] = []
  var event: (kind: String, phase: String)?
  var fields: [String: Any]

  var description: String { name }
  var time: Int64? { fields["time_ms"] as? Int64 }
  /// Several values with times of their own.
  var times: [Int64]? { fields["times_ms"] as? [Int64] }
  var device: String? { fields["device"] as? String }
  var eventID: String? { fields["event_id"] as? String }
  var zones: [String] { fields["zones"] as? [String] ?? [] }
  var secrets: [String] { fields["must_not_keep"] as? [String] ?? [] }

  init(_ json: Data, name: String? = nil) throws {
    fields = try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
    self.name = name ?? fields["name"] as? String ?? "?"
    topic = fields["topic"] as? String ?? ""
    payload =
      try (fields["payload_text"] as? String).map { Array($0.utf8) }
      ?? (fields["payload_base64"] as? String).flatMap { Data(base64Encoded: $0) }.map { Array($0) }
      ?? Array(
        JSONSerialization.data(
          withJSONObject: fields["payload"] ?? [:] as [String: Any], options: [.sortedKeys]))
    for item in fields["expect"] as? [[Any]] ?? [] {
      guard item.count == 3, let key = item[0] as? String, let unit = item[2] as? String else { continue }
      if key.hasPrefix("event:") {
        event = (String(key.dropFirst(6)), item[1] as? String ?? "")
      } else {
        readings.append((key, item[1] as? Double, unit))
      }
    }
  }

  static func published() throws -> [Example] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Examples/published.jsonl")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try Example(Data($0.utf8))
    }
  }

  static func named(_ name: String) throws -> Example {
    guard let example = try published().first(where: { $0.name == name }) else { throw Missing(name: name) }
    return example
  }

  struct Missing: Error { var name: String }
}

/// The profiles that ship.
func shippedProfiles() throws -> [Profile] { try shipped.get() }

/// Read once: there are many.
private let shipped = Result { try readShippedProfiles() }

private func readShippedProfiles() throws -> [Profile] {
  let diagnostics = Diagnostics()
  let documents = Document.all(
    in: folderOfPackage.appendingPathComponent("config/profiles"), prefix: "config/profiles",
    diagnostics: diagnostics)
  let profiles = Profile.read(documents, diagnostics: diagnostics)
  try diagnostics.check()
  return profiles
}

/// Takes in every device and believes every time.
func openDecoder(_ profiles: [Profile]) -> PayloadDecoder {
  PayloadDecoder(
    catalogue: Catalogue(), profiles: profiles, unknownDevices: .register, tolerance: .unlimited)
}
