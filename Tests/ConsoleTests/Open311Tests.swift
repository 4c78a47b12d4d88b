/// Open311 as the world sees it: answers against the published field lists, in both forms, and filters.
import Console
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Open311", .serialized)
struct Open311Tests {
  @Test("The discovery has the published fields and leads to the endpoint")
  func discovery() async throws {
    let town = try Open311Town()
    try await town.start(withGateway: false)
    let json = try await town.get("discovery.json")
    #expect(json.header("Content-Type") == "application/json; charset=utf-8")
    let object = try json.object()
    #expect(Set(object.keys) == GeoReport.discovery)
    let endpoint = try #require((object["endpoints"] as? [[String: Any]])?.first)
    #expect(Set(endpoint.keys) == GeoReport.endpoint)
    #expect(endpoint["formats"] as? [String] == ["text/xml", "application/json"])
    let url = try #require(endpoint["url"] as? String)
    #expect(url.hasSuffix("/open311/v2"))

    let xml = try await town.get("discovery.xml")
    #expect(xml.header("Content-Type") == "text/xml; charset=utf-8")
    #expect(xml.text.hasPrefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>"))
    let root = try XMLNode.read(xml.body)
    #expect(root.name == "discovery")
    #expect(root.names == GeoReport.discovery)
    let element = try #require(root.all("endpoints").first?.all("endpoint").first)
    #expect(element.names == GeoReport.endpoint)
    #expect(element.all("formats").first?.all("format").map(\.text) == ["text/xml", "application/json"])
    try await town.console.stop()
  }

  @Test("Services are the categories that residents report; each has a definition with its places")
  func services() async throws {
    let town = try Open311Town()
    try await town.start(withGateway: false)
    let list = try await town.get("v2/services.json").list()
    #expect(list.allSatisfy { Set($0.keys) == GeoReport.services })
    #expect(list.allSatisfy { ($0["type"] as? String).map(GeoReport.serviceTypes.contains) == true })
    let codes = list.compactMap { $0["service_code"] as? String }
    #expect(codes.contains("elevator-noise") && codes.contains("sewer-blockage"))
    #expect(!codes.contains("root-cause") && !codes.contains("device-maintenance"))
    let root = try XMLNode.read(try await town.get("v2/services.xml").body)
    #expect(root.name == "services")
    #expect(root.children.allSatisfy { $0.name == "service" && $0.names == GeoReport.services })
    #expect(root.children.compactMap { $0["service_code"] } == codes)
    let chinese = try await town.get("v2/services.json", ["Accept-Language": "zh-CN"]).list()
    #expect(
      chinese.first { $0["service_code"] as? String == "sewer-blockage" }?["service_name"] as? String
        == "小区下水堵塞")

    for code in codes {
      let object = try await town.get("v2/services/\(code).json").object()
      #expect(Set(object.keys) == GeoReport.definition)
      let attributes = try #require(object["attributes"] as? [[String: Any]])
      #expect(attributes.allSatisfy { Set($0.keys) == GeoReport.attribute })
      #expect(attributes.allSatisfy { ($0["datatype"] as? String).map(GeoReport.datatypes.contains) == true })
      #expect(attributes.compactMap { $0["order"] as? Int } == Array(1...attributes.count))
      let values = try #require(attributes.first?["values"] as? [[String: Any]])
      #expect(values.allSatisfy { Set($0.keys) == GeoReport.value })
      #expect(values.contains { $0["key"] as? String == "luyuan/w06" })
      let element = try XMLNode.read(try await town.get("v2/services/\(code).xml").body)
      #expect(element.name == "service_definition")
      #expect(element.names == GeoReport.definition)
      let inner = try #require(element.all("attributes").first?.children)
      #expect(inner.allSatisfy { $0.name == "attribute" && $0.names == GeoReport.attribute })
      #expect(inner.first?.all("values").first?.children.count == values.count)
    }
    try await town.console.stop()
  }

  @Test("Requests have the published fields in both forms, and say nothing of people")
  func requests() async throws {
    let town = try Open311Town()
    let id = try town.raise(title: "A < B & \"C\" 'D' ]]> \u{1}井")
    try town.take(.assign(.name("Wang Wei")), on: id)
    try town.take(.comment("call 13800000000"), on: id)
    try await town.start(withGateway: false)
    for path in ["v2/requests", "v2/requests/\(id)", "v2/requests"] {
      let answer = try await town.get(path + ".json")
      #expect(answer.status == 200)
      let request = try #require(try answer.list().first)
      #expect(Set(request.keys) == GeoReport.request)
      #expect(request["service_request_id"] as? String == id)
      #expect(request["status"] as? String == "open")
      #expect(request["service_code"] as? String == "sewer-blockage")
      #expect(request["address_id"] as? String == "luyuan/w06")
      let xml = try await town.get(path + ".xml")
      let root = try XMLNode.read(xml.body)
      #expect(root.name == "service_requests")
      let element = try #require(root.all("request").first)
      #expect(element.names == GeoReport.request)
      // What XML can't hold is left out, everything else comes back as it was.
      #expect(element["description"] == "A < B & \"C\" 'D' ]]> 井")
      for name in ["service_request_id", "status", "requested_datetime", "updated_datetime", "address_id"] {
        #expect(element[name] == request[name] as? String)
      }
      let time = try #require(element["requested_datetime"])
      #expect(time.count == 25 && Timestamp(rfc3339: time) != nil, "\(time)")
      for text in [answer.text, xml.text] {
        #expect(!text.contains("Wang") && !text.contains("138000"))
      }
    }
    let token = try #require(try await town.get("v2/tokens/\(id).json").list().first)
    #expect(Set(token.keys) == GeoReport.token)
    let element = try XMLNode.read(try await town.get("v2/tokens/\(id).xml").body)
    #expect(element.name == "service_requests")
    #expect(element.all("request").first?.names == GeoReport.token)
    try await town.console.stop()
  }

  @Test("Where nothing of it is configured, nothing is answered to people who aren't signed in")
  func off() async throws {
    let console = try RunningConsole()
    try await console.start()
    #expect(try await console.send("GET", "/open311/v2/services.json").status >= 300)
    #expect(try await console.send("GET", "/open311/discovery.json").status >= 300)
    try await console.stop()
  }

  @Test("A merged ticket's number, as a token, leads to the one as which it goes on")
  func merged() async throws {
    let town = try Open311Town()
    let first = try town.raise("wall-safety", at: "w01", minutesAgo: 60)
    let second = try town.raise("wall-safety", at: "w02", minutesAgo: 50)
    try town.take(.merge(into: second, note: "one wall"), on: first)
    try await town.start(withGateway: false)
    let token = try #require(try await town.get("v2/tokens/\(first).json").list().first)
    #expect(token["service_request_id"] as? String == second)
    #expect(token["token"] as? String == first)
    let old = try #require(try await town.get("v2/requests/\(first).json").list().first)
    #expect(old["status"] as? String == "closed")
    #expect((old["status_notes"] as? String)?.contains(second) == true)
    try await town.console.stop()
  }

  @Test("Filters: by number, service, state and time; pages hold everything once")
  func filters() async throws {
    let town = try Open311Town()
    let day: Int64 = 24 * 60
    var walls: [String] = []
    for number in 1...9 {
      walls.append(
        try town.raise("wall-safety", at: "w0\(number)", minutesAgo: (100 - Int64(number) * 10) * day))
    }
    let sewer = try town.raise()
    let internalOne = try town.raise("device-maintenance", rule: "device-silent")
    try town.take(.cancel("a test"), on: walls[8])
    try await town.start(withGateway: false)
    func ids(_ query: String) async throws -> [String] {
      let answer = try await town.get("v2/requests.json?\(query)")
      #expect(answer.status == 200, "\(query): \(answer.text)")
      return try answer.list().compactMap { $0["service_request_id"] as? String }
    }
    func time(_ days: Int64) -> String {
      Timestamp(milliseconds: (town.now - days * day * 60_000).milliseconds / 1000 * 1000).formatted()
    }
    // The newest first, 90 days back, and none of what residents don't report.
    let all = try await ids("")
    #expect(
      all == [sewer] + walls.reversed().dropLast(0).filter { $0 != walls[0] }
        || all == [sewer] + walls.reversed())
    #expect(!all.contains(internalOne))
    #expect(try await ids("service_code=sewer-blockage") == [sewer])
    #expect(try await ids("service_code=sewer-blockage,fire-lane&status=open") == [sewer])
    #expect(try await ids("service_code=sewer-blockage&service_code=wall-safety").count == all.count)
    #expect(try await ids("status=closed") == [walls[8]])
    #expect(try await ids("status=open,closed").count == all.count)
    #expect(try await ids("start_date=\(time(35))&end_date=\(time(15))") == [walls[7], walls[6]])
    #expect(try await ids("end_date=\(time(75))&status=open").last == walls[0])
    #expect(try await ids("start_date=\(time(55))&service_code=wall-safety").count == 5)
    // The numbers override everything else.
    #expect(
      try await ids("service_request_id=\(walls[0]),\(sewer),nonsense&status=closed") == [walls[0], sewer])
    #expect(try await ids("service_request_id=\(internalOne)").isEmpty)
    var pages: [String] = []
    for page in 1...5 { pages += try await ids("page=\(page)&page_size=3") }
    #expect(pages == all)
    #expect(try await ids("page=9&page_size=3").isEmpty)
    try await town.console.stop()
  }

  private static let refusals: [(path: String, query: String, code: Int)] = [
    ("requests", "start_date=2026-01-01T00:00:00Z&end_date=2026-05-01T00:00:00Z", 400),
    ("requests", "start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z", 400),
    ("requests", "start_date=yesterday", 400), ("requests", "status=lost", 400),
    ("requests", "page=0", 400), ("requests", "page_size=100000", 400),
    ("requests", "page=x&page_size=y", 400),
    ("requests", "service_code=nothing", 404), ("requests", "jurisdiction_id=elsewhere", 404),
    ("requests/T-000000-000000", "", 404), ("requests/%00%ff", "", 404), ("tokens/4711", "", 404),
    ("services/root-cause", "", 404), ("services/x", "jurisdiction_id=elsewhere", 404),
    ("services", "jurisdiction_id=%3Cscript%3E", 404), ("nothing", "", 404), ("services/a/b", "", 404),
  ]

  @Test("What can't be understood is refused with the published errors, in both forms")
  func refused() async throws {
    let town = try Open311Town()
    try await town.start(withGateway: false)
    for (path, query, code) in Self.refusals {
      let json = try await town.get("v2/\(path).json?\(query)")
      #expect(json.status == code, "\(json.text)")
      let errors = try json.list()
      #expect(!errors.isEmpty)
      #expect(errors.allSatisfy { Set($0.keys) == GeoReport.error })
      #expect(errors.first?["code"] as? Int == code)
      let xml = try await town.get("v2/\(path).xml?\(query)")
      #expect(xml.status == code)
      let root = try XMLNode.read(xml.body)
      #expect(root.name == "errors")
      #expect(root.children.allSatisfy { $0.name == "error" && $0.names == GeoReport.error })
    }
    try await town.console.stop()
  }

  @Test("Who asks too often waits; the answer says how long")
  func rate() async throws {
    let town = try Open311Town()
    try await town.start(withGateway: false)
    var statuses: [Int: Int] = [:]
    for _ in 0..<130 { statuses[try await town.get("v2/tokens/x.json").status, default: 0] += 1 }
    #expect(statuses == [404: 120, 429: 10])
    let answer = try await town.get("v2/services.xml")
    #expect(answer.status == 429)
    #expect(answer.header("Retry-After").flatMap(Int.init).map((1...60).contains) == true)
    #expect(try XMLNode.read(answer.body).all("error").first?["code"] == "429")
    try await town.console.stop()
  }
}
