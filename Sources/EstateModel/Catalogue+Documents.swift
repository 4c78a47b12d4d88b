/// Reads estates from `seeds/estates/*.yaml`.
import Configuration
import Foundation

extension Catalogue {
  /// One estate for each document. What is wrong goes to `diagnostics`; what can be read is in the result.
  public init(documents: [Document], diagnostics: Diagnostics) {
    var reader = EstateReader(diagnostics: diagnostics)
    for document in documents { reader.read(document.root) }
    self.init(estates: reader.estates, devices: reader.devices)
  }
}

private struct EstateReader {
  let diagnostics: Diagnostics
  var estates: [Estate] = []
  var devices: [Device] = []
  private var estateLocations: [String: SourceLocation] = [:]
  private var addresses: [String: SourceLocation] = [:]
  /// Devices of a kind mostly say the same: what is equal is kept once.
  private var known: Set<[String: Quantity]> = []

  init(diagnostics: Diagnostics) { self.diagnostics = diagnostics }

  mutating func read(_ node: Node) {
    guard let fields = Fields(node, of: "an estate", diagnostics: diagnostics) else { return }
    let id = identifier(fields, "estate")
    let title = fields.required("title").flatMap { Title($0, diagnostics) }
    let community = fields.required("community").flatMap { Title($0, diagnostics) }
    let subDistrict = fields.required("sub-district").flatMap { Title($0, diagnostics) }
    let district = fields.required("district").flatMap { Title($0, diagnostics) }
    let management = fields.choice("management", as: Estate.Management.self)
    let provenance = fields.optionalChoice("provenance", as: Estate.Provenance.self) ?? .seed
    let timeZone = timeZone(fields)
    let parties = fields.list("parties").compactMap(party)
    let places = places(fields.list("places"))
    let deviceNodes = fields.list("devices")
    fields.finish()
    guard let id, let title, let community, let subDistrict, let district, let management else { return }
    if let first = estateLocations[id] {
      diagnostics.error("estate '\(id)' is already described in \(first)", at: fields.location)
      return
    }
    estateLocations[id] = fields.location
    estates.append(
      Estate(
        id: id, title: title, community: community, subDistrict: subDistrict, district: district,
        management: management, provenance: provenance, timeZone: timeZone, parties: parties,
        places: places.map(\.place)))
    check(places)
    readDevices(deviceNodes, estate: id, places: places.map(\.place))
  }

  /// Ids become topic levels and file names: lower-case letters, digits, '-' and '_'.
  private func identifier(_ fields: Fields, _ key: String) -> String? {
    guard let node = fields.required(key), let text = node.text(diagnostics) else { return nil }
    let allowed = text.utf8.allSatisfy { byte in
      (97...122).contains(byte) || (48...57).contains(byte) || byte == 45 || byte == 95
    }
    if allowed, !text.isEmpty, text.utf8.count <= 64 { return text }
    diagnostics.error(
      "found '\(text)', expected an id of at most 64 lower-case letters, digits, '-' and '_'",
      at: node.location)
    return nil
  }

  private func timeZone(_ fields: Fields) -> TimeZone {
    guard let node = fields.optional("time-zone"), let name = node.text(diagnostics) else {
      return TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    }
    if let zone = TimeZone(identifier: name) { return zone }
    diagnostics.error("unknown time zone '\(name)', expected a name such as Asia/Shanghai", at: node.location)
    return .gmt
  }

  private func party(_ node: Node) -> Party? {
    guard let fields = Fields(node, of: "a party", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let role = fields.choice("role", as: Role.self)
    let title = fields.optional("title").flatMap { Title($0, diagnostics) }
    let contact = fields.optionalText("contact")
    return role.map { Party(role: $0, title: title ?? $0.title, contact: contact) }
  }

  private mutating func shared(_ attributes: [String: Quantity]) -> [String: Quantity] {
    known.insert(attributes).memberAfterInsert
  }

  private mutating func attributes(_ fields: Fields) -> [String: Quantity] {
    var attributes: [String: Quantity] = [:]
    for (key, value) in fields.remaining() {
      guard let name = key.text(diagnostics) else { continue }
      guard let attribute = Attribute.named(name) else {
        let known =
          Attribute.all.map(\.name) + ["id", "kind", "title", "in", "at", "sewer", "downstream", "address"]
        diagnostics.error("unknown attribute '\(name)'\(suggestion(for: name, in: known))", at: key.location)
        continue
      }
      attributes[name] = value.quantity(attribute.unit, diagnostics)
    }
    return shared(attributes)
  }

  private mutating func places(_ nodes: [Node]) -> [(place: Place, fields: Fields)] {
    nodes.compactMap { node in
      guard let fields = Fields(node, of: "a place", diagnostics: diagnostics) else { return nil }
      let id = identifier(fields, "id")
      let kind = fields.choice("kind", as: Place.Kind.self)
      let title = fields.optional("title").flatMap { Title($0, diagnostics) }
      let parent = fields.optionalText("in")
      let sewer = fields.optionalText("sewer")
      let downstream = fields.optionalText("downstream")
      let attributes = attributes(fields)
      guard let id, let kind else { return nil }
      return (
        Place(
          id: id, kind: kind, title: title ?? Title(zh: id, en: id), parent: parent, sewer: sewer,
          downstream: downstream, attributes: attributes), fields
      )
    }
  }

  /// Names must be unique, links must lead somewhere, and water must not run in a circle.
  private func check(_ places: [(place: Place, fields: Fields)]) {
    let known = Set(places.map(\.place.id))
    let next = Dictionary(
      places.compactMap { entry in entry.place.downstream.map { (entry.place.id, $0) } },
      uniquingKeysWith: { first, _ in first })
    var seen: Set<String> = []
    for (place, fields) in places {
      if !seen.insert(place.id).inserted {
        diagnostics.error("place '\(place.id)' stands twice in this estate", at: fields.keyLocation("id"))
      }
      for (key, target) in [("in", place.parent), ("downstream", place.downstream)] {
        guard let target, !known.contains(target) else { continue }
        diagnostics.error(
          "unknown place '\(target)'\(suggestion(for: target, in: known))", at: fields.keyLocation(key))
      }
      var step = next[place.id]
      var count = 0
      while let here = step, count <= places.count {
        if here == place.id {
          diagnostics.error("'\(place.id)' flows back into itself", at: fields.keyLocation("downstream"))
          break
        }
        step = next[here]
        count += 1
      }
    }
  }

  private mutating func readDevices(_ nodes: [Node], estate: String, places: [Place]) {
    let byID = Dictionary(places.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var seen: Set<String> = []
    for node in nodes {
      guard let fields = Fields(node, of: "a device", diagnostics: diagnostics) else { continue }
      let id = identifier(fields, "id")
      let kind = fields.choice("kind", as: DeviceKind.self)
      let title = fields.optional("title").flatMap { Title($0, diagnostics) }
      let placeNode = fields.required("at")
      let address = fields.optionalText("address")
      let model = fields.optionalText("model")
      let zones = fields.list("zones").compactMap { $0.text(diagnostics) }
      let own = attributes(fields)
      guard let id, let kind, let placeID = placeNode?.text(diagnostics) else { continue }
      guard let place = byID[placeID] else {
        diagnostics.error(
          "unknown place '\(placeID)'\(suggestion(for: placeID, in: byID.keys))", at: fields.keyLocation("at")
        )
        continue
      }
      guard seen.insert(id).inserted else {
        diagnostics.error("device '\(id)' stands twice in this estate", at: fields.keyLocation("id"))
        continue
      }
      if let interval = own["report-interval"], interval.base <= 0 {
        diagnostics.error(
          "found \(interval), expected a report interval above 0 s", at: fields.keyLocation("report-interval")
        )
      }
      if let address {
        if let first = addresses[address.lowercased()] {
          diagnostics.error(
            "address '\(address)' is already used in \(first)", at: fields.keyLocation("address"))
        }
        addresses[address.lowercased()] = fields.keyLocation("address")
      }
      devices.append(
        Device(
          id: id, estate: estate, kind: kind, title: title ?? Title(zh: id, en: id), place: placeID,
          address: address, model: model, attributes: shared(place.attributes.merging(own) { $1 }),
          zones: zones))
    }
  }
}
