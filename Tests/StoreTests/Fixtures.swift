/// A folder of its own for each test, and small things to store in it.
import EstateModel
import Foundation
import Store
import Tickets

enum Fixture {
  static let start = Timestamp(rfc3339: "2026-03-10T08:00:00+08:00") ?? .distantPast

  /// Runs `body` with a new folder, and removes the folder afterwards.
  static func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("gatehouse-store-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  /// Probes `w1`, `w2`… of one estate, in the order given.
  static func catalogue(_ devices: [String] = ["w1", "w2", "w3"]) -> Catalogue {
    func title(_ text: String) -> Title { Title(zh: text, en: text) }
    let estate = Estate(
      id: "luyuan", title: title("Luyuan"), community: title("community"), subDistrict: title("sub-district"),
      district: title("district"), management: .none,
      timeZone: TimeZone(identifier: "Asia/Shanghai") ?? .gmt,
      places: devices.map { Place(id: $0, kind: .well, title: title($0), sewer: "main") })
    return Catalogue(
      estates: [estate],
      devices: devices.map {
        Device(id: $0, estate: "luyuan", kind: .sewerLevelProbe, title: title($0), place: $0)
      })
  }

  static func reading(
    _ device: UInt32, _ signal: String = "level", minute: Int64, _ value: Double, quality: Quality = .good
  ) -> Reading {
    Reading(
      device: DeviceIndex(device), signal: Signal.named(signal) ?? SignalIndex(0),
      time: start + minute * 60_000, arrival: start + minute * 60_000 + 250, value: value, quality: quality)
  }

  static func step(
    _ kind: AlarmTransition.Kind, at place: String, minute: Int64 = 0, category: String = "sewer-blockage",
    priority: Priority = .p3
  ) -> AlarmTransition {
    AlarmTransition(
      kind: kind, alarm: "A-\(place)-\(category)", rule: "sewer-full",
      title: Title(zh: "井满", en: "Well full"),
      estate: "luyuan", device: place, place: place, priority: priority, category: category, onset: start,
      at: start + minute * 60_000,
      evidence: [
        Evidence(label: "level", value: 1.25, unit: "m"), Evidence(label: "fit", value: .nan, unit: ""),
      ])
  }

  static func book() -> TicketBook {
    func category(_ name: String, _ togetherBy: TogetherBy, _ lead: Role) -> Tickets.Category {
      Category(
        name: name, title: Title(zh: name, en: name), togetherBy: togetherBy,
        withCompany: Assignment(lead: lead), withoutCompany: Assignment(lead: lead))
    }
    return TicketBook(
      routing: Routing(categories: [
        category("sewer-blockage", .sewer, .community),
        category("device-maintenance", .device, .systemIntegrator),
      ]), catalogue: catalogue())
  }
}

extension StoreReader {
  func level(_ device: String) throws -> [HistoryPoint] {
    try history(device: "luyuan/\(device)", signal: "level", since: .distantPast, until: .distantFuture)
  }
}
