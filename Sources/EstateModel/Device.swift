/// A piece of hardware in the catalogue.

/// Position of a device in ``Catalogue/devices``.
public struct DeviceIndex: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var raw: UInt32
  @inlinable public init(_ raw: UInt32) { self.raw = raw }
  @inlinable public static func < (a: DeviceIndex, b: DeviceIndex) -> Bool { a.raw < b.raw }
  /// No device of the catalogue.
  public static let none = DeviceIndex(.max)
}

public struct Device: Hashable, Sendable {
  /// Unique within its estate; topic level of native readings.
  public var id: String
  public var estate: String
  public var kind: DeviceKind
  public var title: Title
  /// The place's id.
  public var place: String
  /// Network address by which a profile knows it: DevEUI, IMEI, camera name.
  public var address: String?
  /// The model's name, by which a profile for raw bytes is found where the network server doesn't tell.
  public var model: String?
  /// Own attributes and those of its place, by name.
  public var attributes: [String: Quantity]
  /// Zones of a camera's picture that count; empty: all of it.
  public var zones: [String]

  public init(
    id: String,
    estate: String,
    kind: DeviceKind,
    title: Title,
    place: String,
    address: String? = nil,
    model: String? = nil,
    attributes: [String: Quantity] = [:],
    zones: [String] = []
  ) {
    self.id = id
    self.estate = estate
    self.kind = kind
    self.title = title
    self.place = place
    self.address = address
    self.model = model
    self.attributes = attributes
    self.zones = zones
  }

  /// `luyuan/probe-w03`
  public var path: String { "\(estate)/\(id)" }

  /// Milliseconds between two readings in normal operation.
  public var reportInterval: Int64 {
    attributes["report-interval"].map { Int64(($0.base * 1000).rounded()) } ?? kind.usualReportInterval
  }
}
