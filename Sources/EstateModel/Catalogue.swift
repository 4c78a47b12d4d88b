/// All estates and devices that the gateway knows, with the links between them.

public struct Catalogue: Sendable {
  public private(set) var estates: [Estate]
  public private(set) var devices: [Device]
  /// `luyuan/probe-w03` of each device.
  public private(set) var paths: [String]
  private var indexByPath: [String: DeviceIndex] = [:]
  private var indexByAddress: [String: DeviceIndex] = [:]
  private var estateByID: [String: Int] = [:]
  private var upstreamOf: [[DeviceIndex]] = []
  private var downstreamOf: [[DeviceIndex]] = []

  public init(estates: [Estate] = [], devices: [Device] = []) {
    self.estates = estates
    self.devices = devices
    paths = devices.map(\.path)
    for (number, estate) in estates.enumerated() { estateByID[estate.id] = number }
    for (number, device) in devices.enumerated() {
      let index = DeviceIndex(UInt32(number))
      indexByPath[paths[number]] = index
      if let address = device.address { indexByAddress[address.lowercased()] = index }
    }
    link()
  }

  public subscript(index: DeviceIndex) -> Device { devices[Int(index.raw)] }
  public var indices: Range<UInt32> { 0..<UInt32(devices.count) }

  public func estate(_ id: String) -> Estate? { estateByID[id].map { estates[$0] } }
  public func estate(of index: DeviceIndex) -> Estate? { estate(self[index].estate) }
  public func place(of index: DeviceIndex) -> Place? { estate(of: index)?.place(self[index].place) }

  /// By `estate/device`.
  public func device(path: String) -> DeviceIndex? { indexByPath[path] }
  /// By network address, in any case.
  public func device(address: String) -> DeviceIndex? { indexByAddress[address.lowercased()] }

  /// By path, address, or an id that only one estate uses: what a person types.
  public func device(named name: String) -> DeviceIndex? {
    if let index = indexByPath[name] ?? indexByAddress[name.lowercased()] { return index }
    let matches = indices.filter { devices[Int($0)].id == name }
    return matches.count == 1 ? DeviceIndex(matches[0]) : nil
  }

  /// Devices of the same kind at the next wells against the flow.
  public func upstream(of index: DeviceIndex) -> [DeviceIndex] { upstreamOf[Int(index.raw)] }
  /// Devices of the same kind at the next well along the flow: none or one well, rarely with two probes.
  public func downstream(of index: DeviceIndex) -> [DeviceIndex] { downstreamOf[Int(index.raw)] }

  /// Only these estates, in the catalogue's order.
  public func restricted(to ids: Set<String>) -> Catalogue {
    Catalogue(
      estates: estates.filter { ids.contains($0.id) }, devices: devices.filter { ids.contains($0.estate) })
  }

  private mutating func link() {
    upstreamOf = Array(repeating: [], count: devices.count)
    downstreamOf = Array(repeating: [], count: devices.count)
    var at: [String: [DeviceIndex]] = [:]
    for (number, device) in devices.enumerated() {
      at["\(device.estate)/\(device.place)", default: []].append(DeviceIndex(UInt32(number)))
    }
    for estate in estates {
      for place in estate.places {
        guard let downstream = place.downstream else { continue }
        for upper in at["\(estate.id)/\(place.id)"] ?? [] {
          for lower in at["\(estate.id)/\(downstream)"] ?? [] where self[upper].kind == self[lower].kind {
            downstreamOf[Int(upper.raw)].append(lower)
            upstreamOf[Int(lower.raw)].append(upper)
          }
        }
      }
    }
  }
}
