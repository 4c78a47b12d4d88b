/// A small estate, and a decoder that takes text.
import EstateModel
import Foundation
import Payloads

/// 2026-03-14T15:09:26.535Z
let moment = Timestamp(milliseconds: 1_773_500_966_535)

let folderOfPackage = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

func device(
  _ id: String, _ kind: DeviceKind = .sewerLevelProbe, address: String? = nil, zones: [String] = []
) -> Device {
  Device(
    id: id, estate: "luyuan", kind: kind, title: Title(zh: id, en: id), place: "yard", address: address,
    zones: zones)
}

let smallCatalogue = Catalogue(devices: [
  device("probe-w01"), device("probe-w02"), device("noise-1", .noiseMeter, address: "24E124743D012345"),
  device("gate-1", .entranceCamera, address: "front_door"),
  device("gate-2", .entranceCamera, address: "front_cam", zones: ["gate", "lane"]),
])

extension PayloadDecoder {
  func decode(
    _ topic: String, _ payload: String, now: Timestamp = moment, isRetained: Bool = false,
    isDuplicate: Bool = false
  ) {
    decode(
      topic: Array(topic.utf8), payload: Array(payload.utf8), now: now, isRetained: isRetained,
      isDuplicate: isDuplicate)
  }

  func decode(
    topic: [UInt8], payload: [UInt8], now: Timestamp = moment, isRetained: Bool = false,
    isDuplicate: Bool = false
  ) {
    topic.withUnsafeBytes { topic in
      payload.withUnsafeBytes { payload in
        decode(topic: topic, payload: payload, now: now, isRetained: isRetained, isDuplicate: isDuplicate)
      }
    }
  }

  /// `level 1.5`, `level fault`, `level 99 out-of-range`
  var summary: [String] {
    readings.map { reading in
      let name = Signal[reading.signal].name
      switch reading.quality {
      case .good: return "\(name) \(plainNumber(reading.value))"
      case .fault: return "\(name) fault"
      default: return "\(name) \(plainNumber(reading.value)) \(reading.quality.name)"
      }
    }
  }

  var reasons: [PayloadProblem.Reason] { problems.map(\.reason) }
}
