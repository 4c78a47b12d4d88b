/// All estates and devices that the gateway knows, with the links between them.

public struct Catalogue: Sendable {
  public private(set) var estates: [Estate]
  public private(set) var devices: [Device]
  /// `luyuan/probe-w03` of each device.
  public private(set) var paths: [String]
  /// All devices in the order of their paths.
  private var byPath: [DeviceIndex] = []
  /// Those with an address in its order, in small letters.
  private var byAddress: [DeviceIndex] = []
  private var estateByID: [String: Int] = [:]
  /// In the order of `of`.
  private var upstream: [Link] = []
  private var downstream: [Link] = []

  private struct Link {
    var of: DeviceIndex
    var to: DeviceIndex
  }

  public init(estates: [Estate] = [], devices: [Device] = []) {
    self.estates = estates
    self.devices = devices
    paths = devices.map(\.path)
    for (number, estate) in estates.enumerated() { estateByID[estate.id] = number }
    byPath = indices.map { DeviceIndex($0) }.sorted { paths[Int($0.raw)] < paths[Int($1.raw)] }
    byAddress = indices.compactMap { number in
      devices[Int(number)].address.map { (address: $0.lowercased(), index: DeviceIndex(number)) }
    }.sorted { $0.address < $1.address }.map(\.index)
    link()
  }

  public subscript(index: DeviceIndex) -> Device { devices[Int(index.raw)] }
  public var indices: Range<UInt32> { 0..<UInt32(devices.count) }

  public func estate(_ id: String) -> Estate? { estateByID[id].map { estates[$0] } }
  public func estate(of index: DeviceIndex) -> Estate? { estate(self[index].estate) }
  public func place(of index: DeviceIndex) -> Place? { estate(of: index)?.place(self[index].place) }

  /// By `estate/device`.
  public func device(path: String) -> DeviceIndex? { find(path, in: byPath) { paths[Int($0.raw)] } }
  /// By network address, in any case.
  public func device(address: String) -> DeviceIndex? {
    find(address.lowercased(), in: byAddress) { self[$0].address?.lowercased() ?? "" }
  }

  /// The device of a name among devices in the order of their names.
  private func find(_ name: String, in order: [DeviceIndex], by naming: (DeviceIndex) -> String)
    -> DeviceIndex?
  {
    let place = order.firstPlace { naming($0) >= name }
    return place < order.count && naming(order[place]) == name ? order[place] : nil
  }

  private func linked(_ index: DeviceIndex, in links: [Link]) -> [DeviceIndex] {
    links[links.firstPlace { $0.of >= index }...].prefix { $0.of == index }.map(\.to)
  }

  /// By path, address, or an id that only one estate uses: what a person types.
  public func device(named name: String) -> DeviceIndex? {
    if let index = device(path: name) ?? device(address: name) { return index }
    let matches = indices.filter { devices[Int($0)].id == name }
    return matches.count == 1 ? DeviceIndex(matches[0]) : nil
  }

  /// Devices of the same kind at the next wells against the flow.
  public func upstream(of index: DeviceIndex) -> [DeviceIndex] { linked(index, in: upstream) }
  /// Devices of the same kind at the next well along the flow: none or one well, rarely with two probes.
  public func downstream(of index: DeviceIndex) -> [DeviceIndex] { linked(index, in: downstream) }

  /// Only these estates, in the catalogue's order.
  public func restricted(to ids: Set<String>) -> Catalogue {
    Catalogue(
      estates: estates.filter { ids.contains($0.id) }, devices: devices.filter { ids.contains($0.estate) })
  }

  private mutating func link() {
    var at: [String: [DeviceIndex]] = [:]
    for (number, device) in devices.enumerated() {
      at["\(device.estate)/\(device.place)", default: []].append(DeviceIndex(UInt32(number)))
    }
    for estate in estates {
      for place in estate.places {
        guard let next = place.downstream else { continue }
        for upper in at["\(estate.id)/\(place.id)"] ?? [] {
          for lower in at["\(estate.id)/\(next)"] ?? [] where self[upper].kind == self[lower].kind {
            downstream.append(Link(of: upper, to: lower))
            upstream.append(Link(of: lower, to: upper))
          }
        }
      }
    }
    downstream.sort { $0.of < $1.of }
    upstream.sort { $0.of < $1.of }
  }
}

extension Array {
  /// Where the first element lies for which it holds, when it holds for all behind it; the end when for none.
  fileprivate func firstPlace(where holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
