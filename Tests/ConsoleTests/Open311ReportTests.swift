/// Residents' reports by Open311, with a real gateway that takes them.
import Console
import EstateModel
import Foundation
import Store
import Testing
import Tickets

@Suite("Reports by Open311", .serialized)
struct Open311ReportTests {
  @Test(
    "A report becomes a ticket; asked twice without an answer it is more urgent and the community hears of it"
  )
  func urgent() async throws {
    let town = try Open311Town()
    try await town.start()
    let key = try town.key()
    let fields = ["service_code": "elevator-noise", "attribute[place]": "yulongting-3/b1u1"]
    let places =
      town.console.configuration.catalogue.estate("yulongting-3")?.places.filter { $0.kind == .unit } ?? []
    let place = try #require(places.first)
    var first = fields
    first["attribute[place]"] = "yulongting-3/\(place.id)"
    first["attribute[household]"] = "1-201"
    first["description"] = "嗡嗡响，睡不着"
    let answer = try await town.report(first, key: key)
    #expect(answer.status == 200, "\(answer.text)")
    let created = try #require(try answer.list().first)
    #expect(Set(created.keys) == GeoReport.created)
    let id = try #require(created["service_request_id"] as? String)
    let ticket = try #require(try town.ticket(id))
    #expect(ticket.category == "elevator-noise")
    #expect(ticket.place == place.id)
    #expect(ticket.priority == .p3)
    #expect(ticket.contacts.map(\.note) == ["嗡嗡响，睡不着"])
    #expect(ticket.contacts.map(\.from) == ["1-201"])
    #expect(ticket.contacts.map(\.channel) == [.open311])

    // The same words once more: a program that has not heard the answer.
    let again = try await town.report(first, key: key)
    #expect(try again.list().first?["service_request_id"] as? String == id)
    #expect(try town.ticket(id)?.contacts.count == 1)

    var second = first
    second["description"] = "还在响"
    let xml = try await town.report(second, key: key, format: "xml")
    let root = try XMLNode.read(xml.body)
    #expect(root.name == "service_requests")
    let element = try #require(root.all("request").first)
    #expect(element.names == GeoReport.created)
    #expect(element["service_request_id"] == id)
    let urgent = try #require(try town.ticket(id))
    #expect(urgent.priority == .p2)
    #expect(urgent.contacts.count == 2)
    #expect(([urgent.responsible] + urgent.others).contains { $0.role == .community })
    #expect(try Store.reader(folder: town.console.folder).ticket(id)?.events.first?.via == .open311)
    try await town.console.stop()
  }

  @Test("A report joins the open ticket there, with the alarms that show the same as evidence")
  func confirmed() async throws {
    let town = try Open311Town()
    let id = try town.raise()
    try await town.start()
    let key = try town.key()
    // Who lives there speaks of the building, and knows nothing of wells.
    for (place, household) in [("luyuan/w06", "1-1-101"), ("luyuan/building-1", "1-2-101")] {
      let answer = try await town.report(
        ["attribute[place]": place, "attribute[household]": household, "description": "water in the yard"],
        key: key)
      let created = try #require(try answer.list().first)
      #expect(created["service_request_id"] as? String == id, "\(answer.text)")
      #expect(created["service_notice"] as? String == "The sensors at this place show the same.")
    }
    let contacts = try #require(try town.ticket(id)).contacts
    #expect(contacts.map(\.confirmed) == [true, true])
    #expect(
      contacts.map { $0.sighting?.alarms } == [["A-sewer-blockage-w06-20"], ["A-sewer-blockage-w06-20"]])
    let request = try #require(try await town.get("v2/requests/\(id).json").list().first)
    #expect(request["service_notice"] as? String == "The sensors at this place show the same.")
    try await town.console.stop()
  }

  @Test("Where the sensors show nothing unusual the ticket says so, with what they measured")
  func normal() async throws {
    let town = try Open311Town()
    try town.measure("probe-w06", [0.07, 0.08, 0.09])
    try await town.start()
    let answer = try await town.report(["description": "it smells"], key: try town.key())
    let created = try #require(try answer.list().first)
    #expect(
      created["service_notice"] as? String
        == "The sensors at this place show nothing unusual at that hour; somebody will look.")
    let id = try #require(created["service_request_id"] as? String)
    let contact = try #require(try town.ticket(id)?.contacts.first)
    #expect(contact.confirmed == false)
    #expect(contact.sighting?.devices == ["probe-w06"])
    let lowest = contact.sighting?.readings.first { $0.label == "probe-w06 level, lowest" }?.value
    let highest = contact.sighting?.readings.first { $0.label == "probe-w06 level, highest" }?.value
    #expect(lowest == 0.07)
    #expect(highest == 0.09)
    try await town.console.stop()
  }

  @Test("Where nothing can tell, or what could was silent in that hour, nothing is claimed")
  func unwatched() async throws {
    let town = try Open311Town()
    try town.measure("probe-w06", [0.07])
    try await town.start()
    let key = try town.key()
    let long = (town.now - 5 * 3_600_000).formatted()
    for fields in [
      ["service_code": "fire-lane", "attribute[place]": "luyuan/unit-1"], ["attribute[noticed]": long],
    ] {
      let answer = try await town.report(fields, key: key)
      let created = try #require(try answer.list().first)
      #expect(
        (created["service_notice"] as? String)?.hasPrefix("No sensor watches") == true, "\(answer.text)")
      let id = try #require(created["service_request_id"] as? String)
      #expect(try town.ticket(id)?.contacts.last?.confirmed == nil)
    }
    try await town.console.stop()
  }

  @Test("Names, numbers and addresses of residents are kept nowhere, and their words are in no answer")
  func privacy() async throws {
    let town = try Open311Town()
    try await town.start()
    let secrets = [
      "Zhang-Xiaoming", "13912345678", "zhang@example.net", "device-4711", "account-0815", "photo-77.jpg",
    ]
    let answer = try await town.report(
      [
        "first_name": secrets[0], "last_name": secrets[0], "phone": secrets[1], "email": secrets[2],
        "device_id": secrets[3], "account_id": secrets[4], "media_url": "https://example.net/\(secrets[5])",
        "description": "only for those who mend it",
      ], key: try town.key())
    let id = try #require(try answer.list().first?["service_request_id"] as? String)
    var texts = [answer.text]
    for path in ["v2/requests.json", "v2/requests/\(id).xml", "v2/tokens/\(id).json"] {
      texts.append(try await town.get(path).text)
    }
    #expect(texts.allSatisfy { !$0.contains("only for those") })
    try await town.console.stop()
    let files = FileManager.default.enumerator(at: town.console.folder, includingPropertiesForKeys: nil)
    var read = 0
    while let file = files?.nextObject() as? URL {
      guard let data = try? Data(contentsOf: file) else { continue }
      read += 1
      texts.append(String(decoding: data, as: UTF8.self))
    }
    #expect(read > 3)
    for secret in secrets { #expect(!texts.contains { $0.contains(secret) }, "\(secret)") }
  }

  @Test("Without a key, with a wrong, revoked or expired one, nobody reports; keys are kept as hashes")
  func keys() async throws {
    let town = try Open311Town()
    try await town.start()
    let good = try town.key()
    let accounts = try String(
      contentsOf: town.console.folder.appendingPathComponent(AccountBook.fileName), encoding: .utf8)
    #expect(!accounts.contains(good))
    let revoked = try town.console.accounts.addToken(
      account: "admin", scope: .reporter, ends: town.now.milliseconds + 86_400_000)
    try town.console.accounts.removeToken(revoked.id)
    let old = try town.console.accounts.addToken(
      account: "admin", scope: .reporter, ends: town.now.milliseconds - 1)
    for key in [nil, "gh_nonsense", revoked.secret, old.secret] {
      let answer = try await town.report([:], key: key)
      #expect(answer.status == 403)
      #expect(try answer.list().first?["code"] as? Int == 403)
      #expect(Set(try answer.list().first.map { Array($0.keys) } ?? []) == GeoReport.error)
    }
    let inAddress = try await town.console.post(
      "/open311/v2/requests.json?api_key=\(good)", ["service_code": "sewer-blockage"])
    #expect(inAddress.status == 403)
    #expect(try await town.report([:], key: good).status == 200)
    // A reporter's key opens nothing else.
    let bearer = ["Authorization": "Bearer \(good)"]
    #expect(try await town.console.send("GET", "/api/v1/tickets", bearer).status == 403)
    // Five wrong ones in a minute, then even a right one waits.
    for _ in 0..<3 { _ = try await town.report([:], key: "guess") }
    #expect(try await town.report([:], key: good).status == 429)
    try await town.console.stop()
  }

  private static let flaws: [(fields: [String: String], code: Int, about: String)] = [
    (["service_code": ""], 400, "service_code"), (["service_code": "nothing"], 404, "service_code"),
    (["jurisdiction_id": "elsewhere"], 404, "jurisdiction_id"),
    (["attribute[place]": ""], 400, "attribute[place]"),
    (["attribute[place]": "luyuan/nowhere"], 400, "nowhere"), (["attribute[place]": "x"], 400, "'x'"),
    (["attribute[place]": "", "lat": "40.1", "long": "113.3"], 400, "coordinates"),
    (["attribute[place]": "", "address_string": "somewhere"], 400, "address_string"),
    (["address_id": "luyuan/w01"], 400, "different places"),
    (["attribute[noticed]": "yesterday"], 400, "noticed"),
    (["attribute[noticed]": "2020-01-01T00:00:00Z"], 400, "last 7 days"),
    (["attribute[household]": String(repeating: "x", count: 41)], 400, "household"),
    (["attribute[colour]": "red"], 400, "attribute[colour]"),
    (["description": String(repeating: "字", count: 4001)], 400, "4000"),
  ]

  @Test("A report that lacks something is refused with all that is wrong")
  func lacking() async throws {
    let town = try Open311Town()
    try await town.start(withGateway: false)
    for (fields, code, about) in Self.flaws {
      let answer = try await town.report(fields, key: try town.key())
      #expect(answer.status == code, "\(answer.text)")
      #expect(
        try answer.list().contains { ($0["description"] as? String)?.contains(about) == true },
        "\(answer.text)"
      )
      let many = try await town.report(
        fields.merging(["attribute[shape]": "round"]) { a, _ in a }, key: try town.key(), format: "xml")
      #expect(try XMLNode.read(many.body).name == "errors")
    }
    try await town.console.stop()
  }

  @Test("A place can be named by its address, in words")
  func address() async throws {
    let town = try Open311Town()
    try await town.start()
    for (number, text) in ["鹿苑小区1号楼3单元门口", "LUYUAN, building 1, unit 4"].enumerated() {
      let answer = try await town.report(
        ["attribute[place]": "", "address_string": text, "service_code": "fire-lane"], key: try town.key())
      let id = try #require(try answer.list().first?["service_request_id"] as? String, "\(answer.text)")
      #expect(try town.ticket(id)?.place == ["unit-3", "unit-4"][number])
    }
    try await town.console.stop()
  }

  @Test("Whatever is sent, it is no server error")
  func garbage() async throws {
    let town = try Open311Town()
    try await town.start()
    let key = try town.key()
    let form = ["Content-Type": "application/x-www-form-urlencoded"]
    let bodies = [
      "", "&&&===", "api_key=\(key)", "api_key=\(key)&service_code=%ff%fe&attribute[place]=%00",
      "api_key=\(key)&service_code=sewer-blockage&attribute[place]=luyuan%2Fw06&description=%00%1b%5b31m%ed%a0%80",
      "api_key=\(key)&service_code=sewer-blockage&attribute[place][]=luyuan%2Fw06",
      "api_key=\(key)&" + String(repeating: "a=b&", count: 15_000), "{\"api_key\":\"x\"}",
      "api_key=\(key)&service_code=sewer-blockage&address_id=" + String(repeating: "/", count: 5000),
    ]
    for body in bodies {
      let answer = try await town.console.send("POST", "/open311/v2/requests.json", form, body: body)
      #expect((200..<500).contains(answer.status), "\(body.prefix(80)): \(answer.status)")
    }
    let large = String(repeating: "a", count: 70_000)
    #expect(try await town.console.send("POST", "/open311/v2/requests.xml", form, body: large).status == 400)
    #expect(try await town.console.send("POST", "/open311/v2/requests.json", [:], body: "x").status == 400)
    for path in [
      "/open311", "/open311/", "/open311/v2", "/open311/v2/", "/open311/v1/services.json",
      "/open311//..%2f..",
      "/open311/v2/requests.json?start_date=99999-99-99&service_request_id=%00,,,&page=-1&page=9999999999999999999999",
      "/open311/v2/requests.pdf", "/open311/v2/services/%F0%9F%92%A9.json",
    ] {
      for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"] where method != "HEAD" {
        let answer = try await town.console.send(method, path)
        #expect((200..<500).contains(answer.status), "\(method) \(path): \(answer.status)")
      }
    }
    try await town.console.stop()
  }
}
