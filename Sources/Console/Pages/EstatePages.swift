/// Estates, and one estate as a plan of its places.
import EstateModel
import Foundation
import Hummingbird
import Store
import Tickets

extension PageRoutes {
  @Sendable func estates(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let states = try await api.devices.all()
    let view = view(context.preferences, states)
    let (counts, position) = try await store.read { (try $0.openTicketCounts(), try $0.latestStep()) }
    let tiles = estateTiles(view, counts, states)
    return pages.page(
      pages.part("estates", ["estates": tiles], context.preferences), title: view.speech("nav.estates"),
      section: "estates", request: request, context: context,
      attributes: liveAttributes(view.speech, position: position, every: 5))
  }

  @Sendable func estate(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let id = try context.name("estate")
    guard let estate = catalogue.estate(id) else { throw Problem.notFound("there is no estate '\(id)'") }
    let states = try await api.devices.all()
    let view = view(context.preferences, states)
    let speech = view.speech
    var filter = TicketQuery.open
    filter.estate = id
    let wanted = filter
    let (tickets, alarms, position) = try await store.read {
      (
        try $0.tickets(wanted, after: nil, limit: 50),
        try $0.newestAlarms(activeOnly: true, estate: id, limit: 500),
        try $0.latestStep()
      )
    }
    let devices = catalogue.devices.filter { $0.estate == id }
    let plan = EstatePlan(
      estate: estate, devices: devices, states: states,
      alarmed: Set(alarms.map { "\($0.raised.estate)/\($0.raised.device)" }), tickets: tickets, view: view)
    let values: [String: Any] = [
      "title": speech(estate.title), "community": speech(estate.community),
      "subDistrict": speech(estate.subDistrict),
      "district": speech(estate.district), "management": speech("management.\(estate.management.rawValue)"),
      "hasTickets": !tickets.isEmpty, "tickets": tickets.map(view.card), "sewers": plan.sewers,
      "scene": plan.scene, "devices": plan.list, "hasDevices": !devices.isEmpty,
      "parties": estate.parties.map { ["role": speech($0.role.title), "title": speech($0.title)] },
    ]
    return pages.page(
      pages.part("estate", values, context.preferences), title: speech(estate.title), section: "estates",
      request: request, context: context,
      attributes: liveAttributes(speech, position: position, every: 3))
  }
}

/// An estate's places with what is measured there.
struct EstatePlan {
  let estate: Estate
  let devices: [Device]
  let states: [String: DeviceState]
  /// Paths of devices with an active alarm.
  let alarmed: Set<String>
  let tickets: [Ticket]
  let view: View

  /// Each sewer as a line of wells.
  var sewers: [[String: Any]] {
    let names = estate.places.compactMap(\.sewer).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    return names.map { name in
      let wells = along(estate.places.filter { $0.sewer == name })
      let title = estate.place(name).map { view.speech($0.title) } ?? name
      return ["key": name.elementKey, "name": title, "svg": SewerDrawing(plan: self, wells: wells).svg]
    }
  }

  /// In the direction of the flow, side branches before what they flow into.
  private func along(_ places: [Place]) -> [Place] {
    func depth(_ place: Place) -> Int {
      var (count, here) = (0, place.downstream)
      while let next = here, count <= places.count {
        count += 1
        here = places.first { $0.id == next }?.downstream
      }
      return count
    }
    let depths = Dictionary(places.map { ($0.id, depth($0)) }, uniquingKeysWith: { first, _ in first })
    return places.enumerated().sorted {
      (-(depths[$0.element.id] ?? 0), $0.offset) < (-(depths[$1.element.id] ?? 0), $1.offset)
    }.map(\.element)
  }

  /// Buildings, walls and gates side by side, as they stand; wells are in the drawings of their sewers.
  var scene: [[String: Any]] {
    var members: [String: [Device]] = [:]
    for device in devices {
      guard let place = estate.place(device.place) else { continue }
      if place.kind == .well, place.sewer != nil { continue }
      members[top(of: place).id, default: []].append(device)
    }
    let order: [Place.Kind] = [.gate, .gatehouse, .building, .garage, .wall]
    let places = estate.places.filter { place in
      members[place.id] != nil
        || [.building, .gate, .garage, .wall].contains(place.kind) && place.parent == nil
    }
    return places.enumerated().sorted { a, b in
      (order.firstIndex(of: a.element.kind) ?? order.count, a.offset)
        < (order.firstIndex(of: b.element.kind) ?? order.count, b.offset)
    }.map { _, place in
      let own = members[place.id] ?? []
      return [
        "key": place.id.elementKey, "title": view.speech(place.title),
        "kind": view.speech("place.\(place.kind.rawValue)"),
        "level": own.contains { level($0) == "alarm" } ? "alarm" : "",
        "svg": PlaceDrawing(plan: self, place: place, devices: own).svg,
      ]
    }
  }

  func level(_ device: Device) -> String { view.level(device, states[device.path], alarmed: alarmed) }

  /// Whether a place is another one or in it.
  func isInside(_ place: String, _ other: String) -> Bool {
    var here = estate.place(place)
    for _ in 0..<estate.places.count {
      guard let present = here else { return false }
      if present.id == other { return true }
      here = present.parent.flatMap(estate.place)
    }
    return false
  }

  /// Every device with its reading: what the pictures leave out.
  var list: [[String: Any]] {
    devices.map { device in
      let state = states[device.path]
      let level = level(device)
      return [
        "key": device.id.elementKey, "title": view.speech(device.title), "path": device.path,
        "where": device.place == device.estate ? "" : view.place(device.place, in: estate.id), "level": level,
        "reading": view.reading(device, state).text, "state": view.speech("devices.\(level)"),
        "seen": view.ago(state?.lastSeen),
      ]
    }
  }

  private func top(of place: Place) -> Place {
    var here = place
    for _ in 0..<estate.places.count {
      guard let parent = here.parent.flatMap(estate.place) else { break }
      here = parent
    }
    return here
  }
}
