/// The estates that ship: they load without a problem, and their links are those of the reports.
import Configuration
import EstateModel
import Foundation
import Testing

struct SeedTests {
  /// `seeds/estates` of this checkout.
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "seeds/estates")

  private static let reported: [(String, String, String, String, String, Estate.Management)] = [
    ("yulongting-3", "御龙庭小区三期", "文兴社区", "水泊寺街道", "平城区", Estate.Management.propertyCompany),
    ("luyuan", "鹿苑小区", "绿园社区", "迎宾街道", "平城区", .none),
    ("fenghuayuan", "丰华园小区", "永康路社区", "迎宾街道", "平城区", .none),
    ("hongqili", "红旗里社区某小区", "红旗里社区", "永泰街道", "平城区", .unknown),
    ("yiheyuan", "颐源居小区", "麟岛社区", "城区街道", "河津市", .unknown),
    ("huicui-south", "荟萃花园南区", "学苑社区", "东城街道", "盐湖区", .propertyCompany),
    ("xintai", "馨泰花园小区", "馨泰花园社区", "新旺街道", "大同市", .unknown),
    ("xinhongyuan", "鑫红苑小区", "文源社区", "水泊寺街道", "平城区", .propertyCompany),
  ]

  private let diagnostics = Diagnostics()
  private let catalogue: Catalogue

  init() {
    catalogue = Catalogue(
      documents: Document.all(in: Self.folder, prefix: "seeds/estates", diagnostics: diagnostics),
      diagnostics: diagnostics)
  }

  @Test("All seeds load without a problem")
  func load() {
    #expect(diagnostics.problems.map(\.description) == [])
    #expect(catalogue.estates.count >= 7)
    #expect(catalogue.estates.allSatisfy { $0.provenance == .seed })
  }

  @Test(
    "An estate stands where its report says, and is managed as it says",
    arguments: Self.reported)
  func whereabouts(
    id: String, title: String, community: String, subDistrict: String, district: String,
    management: Estate.Management
  ) throws {
    let estate = try #require(catalogue.estate(id))
    #expect(estate.title.zh == title)
    #expect(estate.community.zh == community)
    #expect(estate.subDistrict.zh == subDistrict)
    #expect(estate.district.zh == district)
    #expect(estate.management == management)
    #expect(estate.timeZone.identifier == "Asia/Shanghai")
  }

  @Test("Luyuan's water runs through ten wells into the septic tank")
  func chain() throws {
    let estate = try #require(catalogue.estate("luyuan"))
    var way = ["w01"]
    while let next = estate.place(way[way.count - 1])?.downstream, way.count < 20 { way.append(next) }
    #expect(
      way == ["w01", "w02", "w03", "w04", "w05", "w06", "w07", "w08", "w09", "w10", "septic-tank"])
    #expect(way.dropLast().allSatisfy { estate.place($0)?.kind == .well })
    #expect(estate.place("septic-tank")?.kind == .septicTank)
  }

  @Test(
    "A probe's neighbours are the probes of the next wells",
    arguments: [
      ("probe-w04", ["probe-w03"], ["probe-w05"]), ("probe-w01", [], ["probe-w02"]),
      ("probe-w10", ["probe-w09"], []),
    ])
  func neighbours(probe: String, upstream: [String], downstream: [String]) throws {
    let index = try #require(catalogue.device(path: "luyuan/\(probe)"))
    #expect(catalogue.upstream(of: index).map { catalogue[$0].id } == upstream)
    #expect(catalogue.downstream(of: index).map { catalogue[$0].id } == downstream)
  }

  @Test("Both flooded meter wells have a probe, and a well of their unit whose sill it shares")
  func meterWells() throws {
    let estate = try #require(catalogue.estate("luyuan"))
    for (well, unit) in [("mw-u3", "unit-3"), ("mw-u4", "unit-4")] {
      let meterWell = try #require(estate.place(well))
      let neighbours = estate.places.filter {
        $0.kind == .well && $0.parent == unit && $0.attributes["sill"] != nil
      }
      #expect(meterWell.parent == unit)
      #expect(neighbours.count == 1)
      #expect(neighbours.first?.attributes["sill"] == meterWell.attributes["sill"])
      let probes = catalogue.devices.filter { $0.estate == "luyuan" && $0.place == well }
      #expect(probes.map(\.kind) == [.meterWellProbe])
    }
  }

  @Test("Huicui South has eight units, each with a shaft, a noise meter and a tilt sensor")
  func elevators() throws {
    let estate = try #require(catalogue.estate("huicui-south"))
    let devices = catalogue.devices.filter { $0.estate == estate.id }
    #expect(estate.places.filter { $0.kind == .unit }.count == 8)
    #expect(estate.places.filter { $0.kind == .shaft }.count == 8)
    #expect(devices.filter { $0.kind == .elevatorNoiseMeter }.count == 8)
    #expect(devices.filter { $0.kind == .wallTiltSensor }.count == 8)
  }

  @Test("Each estate with LoRa sensors has one uplink gateway")
  func gateways() {
    for estate in catalogue.estates {
      let devices = catalogue.devices.filter { $0.estate == estate.id }
      let sensors = devices.filter { $0.kind != .uplinkGateway && $0.address?.hasPrefix("24e124") == true }
      #expect(devices.filter { $0.kind == .uplinkGateway }.count == (sensors.isEmpty ? 0 : 1), "\(estate.id)")
    }
  }

  @Test("The night limit in a bedroom can be proved by the meter that hangs there")
  func provable() throws {
    for device in catalogue.devices where device.kind == .elevatorNoiseMeter {
      let limit = try #require(device.attributes["limit-night"])
      let floor = try #require(device.attributes["noise-floor"])
      // GB 22337-2008 table 2, A rooms, zones 0 and 1, night; a meter needs 3 dB of distance to its own noise.
      #expect(limit == Quantity(30, .dBA))
      #expect(limit.base - floor.base >= 3)
    }
  }

  @Test(
    "The gate's camera has the reach that the report gives, and a device's own value wins over its place's")
  func attributes() throws {
    let camera = try #require(catalogue.device(path: "yiheyuan/cam-gate"))
    #expect(catalogue[camera].attributes["range"] == Quantity(30, .metre))
    #expect(catalogue[camera].zones == ["gate"])
    #expect(catalogue.device(address: "YIHEYUAN_GATE") == camera)
    let tilt = try #require(catalogue.device(path: "hongqili/tilt-north"))
    #expect(catalogue[tilt].attributes["height"] == Quantity(2.2, .metre))
    #expect(catalogue[tilt].reportInterval == 60_000)
  }
}
