/// What births have said: aliases of metrics, sequence numbers, and which birth a death belongs to.
import EstateModel

struct SparkplugMemory {
  struct Metric {
    var name: String
    var dataType: UInt64
    var unit: String?
  }

  /// One edge node, or a device behind one.
  private struct Source {
    var metrics: [UInt64: Metric] = [:]
    var isBorn = false
    /// nil: not in the catalogue.
    var device: DeviceIndex?
    /// Of nodes only.
    var sequence: UInt64?
    var birthNumber: Double?
  }

  private var sources: [String: Source] = [:]
  /// Nodes and devices that are known; beyond it nothing new is remembered.
  static let limit = 20_000

  /// A birth forgets what was known of the source and of all devices behind it.
  mutating func bear(_ source: String, _ payload: SparkplugPayload, _ device: DeviceIndex?, isNode: Bool) {
    if isNode {
      for key in sources.keys where key.hasPrefix(source + "/") { sources[key]?.isBorn = false }
    }
    guard sources[source] != nil || sources.count < Self.limit else { return }
    var born = Source(isBorn: true, device: device, sequence: isNode ? payload.sequence : nil)
    for metric in payload.metrics {
      guard let name = metric.name else { continue }
      if name == "bdSeq", case .number(let number) = metric.value { born.birthNumber = number }
      if let alias = metric.alias {
        born.metrics[alias] = Metric(name: name, dataType: metric.dataType, unit: metric.unit)
      }
    }
    sources[source] = born
  }

  func isBorn(_ source: String) -> Bool { sources[source]?.isBorn ?? false }

  func metric(_ alias: UInt64, of source: String) -> Metric? { sources[source]?.metrics[alias] }

  /// - Returns: who is gone: the source, and with a node all devices behind it; nobody when the death belongs to an earlier
  ///   birth.
  mutating func die(_ source: String, _ device: DeviceIndex?, birthNumber: Double?) -> [DeviceIndex] {
    if let known = sources[source]?.birthNumber, let birthNumber, known != birthNumber { return [] }
    sources[source]?.isBorn = false
    sources[source]?.sequence = nil
    var gone = device.map { [$0] } ?? []
    for key in sources.keys.sorted() where key.hasPrefix(source + "/") && sources[key]?.isBorn == true {
      sources[key]?.isBorn = false
      if let behind = sources[key]?.device { gone.append(behind) }
    }
    return gone
  }

  /// Messages of a node, and of the devices behind it, are numbered 0 to 255 and from 0 again.
  /// - Returns: how many are missing before this one.
  mutating func gap(_ node: String, _ sequence: UInt64?) -> Int {
    guard let sequence, sequence < 256 else { return 0 }
    defer { if sources[node] != nil { sources[node]?.sequence = sequence } }
    guard let last = sources[node]?.sequence else { return 0 }
    return Int((sequence + 256 - (last + 1) % 256) % 256)
  }
}
