import Configuration
import Console
import EstateModel
import Foundation
import Gateway
import Store
import Testing
import Tickets

@Suite("Pages", .serialized)
struct PageTests {
  private static let pages = [
    "/", "/tickets", "/estates", "/estates/luyuan", "/devices", "/rules", "/rules/sewer-high-level",
    "/report",
    "/health", "/settings",
  ]

  @Test("Every page is there in both languages, with nothing inline and nothing from elsewhere")
  func allPages() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    try story.readings(200, peak: 90, in: console)
    let ticket = try #require(try story.raise(1))
    try await console.start(now: Story.start + 600_000)
    let session = try await console.session()
    for path in Self.pages + ["/tickets/\(ticket)", "/password", "/sign-in"] {
      for (language, lang) in [
        ("zh-CN,zh;q=0.9", "zh-CN"), ("en-GB", "en"), ("fr, en;q=0.5, zh;q=0.4", "en"),
      ] {
        let answer = try await console.send(
          "GET", path, session.merging(["Accept-Language": language]) { $1 })
        #expect(answer.status == 200, "\(path)")
        #expect(answer.text.contains("<html lang=\"\(lang)\""))
        for forbidden in [
          "style=", "<style", " onclick", "javascript:", "http://", "https://", "{{", "<script>", "SQL(",
        ] {
          #expect(!answer.text.contains(forbidden), "\(path): \(forbidden)")
        }
        // A word that is missing shows as its key or as nothing between tags.
        for tag in ["<h1></h1>", "<h2></h2>", "<dt></dt>", "<button type=\"submit\"></button>"] {
          #expect(!answer.text.contains(tag), "\(path) \(lang): \(tag)")
        }
      }
    }
    try await console.stop()
  }

  @Test(
    "A device that nobody has claimed is shown with its last message and the entry to add, which then loads")
  func unclaimed() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    var batch = Batch(now: Timestamp(milliseconds: Story.start))
    // One each 30 s: the entry says so.
    batch.facts["unclaimed/0"] = """
      {"name": "luyuan/probe-w99", "topic": "estates/luyuan/probe-w99/reading", "bytes": 27, "messages": 21,
      "payload": "{\\"battery\\":57,\\"level\\":0.31}", "first": \(Story.start - 600_000), "last": \(Story.start)}
      """
    try story.store.commit(batch)
    try await console.start(now: Story.start)
    let session = try await console.session().merging(["Accept-Language": "en"]) { $1 }
    let page = try await console.send("GET", "/devices", session).text
    #expect(page.contains("{&quot;battery&quot;:57,&quot;level&quot;:0.31}"))
    let entry = try #require(page.firstMatch(of: /<pre><code>(- id: [^<]*)<\/code>/).map { String($0.1) })
    #expect(
      entry.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) } == [
        "- id: probe-w99", "kind: sewer-level-probe    # it says battery, level",
        "title: {zh: &quot;?&quot;, en: &quot;?&quot;}", "at: ?    # the place&#39;s id",
        "report-interval: 30 s",
      ])
    let filled = entry.replacingOccurrences(of: "&quot;", with: "\"").replacingOccurrences(
      of: "at: ?", with: "at: gate")
    let diagnostics = Diagnostics()
    let estate = """
      estate: luyuan
      title: {zh: 鹿苑, en: Luyuan}
      community: {zh: 绿园, en: community}
      sub-district: {zh: 街道, en: sub-district}
      district: {zh: 区, en: district}
      management: none
      time-zone: Asia/Shanghai
      parties: [{role: community}]
      places: [{id: gate, kind: gate, title: {zh: 门, en: gate}}]
      devices:
      \(filled)
      """
    let document = try #require(Document(text: estate, file: "luyuan.yaml", diagnostics: diagnostics))
    let catalogue = Catalogue(documents: [document], diagnostics: diagnostics)
    #expect(!diagnostics.hasErrors, "\(diagnostics.errors)")
    #expect(catalogue.device(path: "luyuan/probe-w99") != nil)
    try await console.stop()
  }

  @Test("Templates use only words that both languages have")
  func words() throws {
    let resources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/Console/Resources")
    let words = try JSONDecoder().decode(
      [String: Title].self, from: Data(contentsOf: resources.appendingPathComponent("words.json")))
    for (key, title) in words { #expect(!title.zh.isEmpty && !title.en.isEmpty, "\(key)") }
    let templates = resources.appendingPathComponent("templates")
    var used = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: templates.path) {
      let text = try String(contentsOf: templates.appendingPathComponent(name), encoding: .utf8)
      for match in text.matches(of: /\{\{w\.([a-z0-9.-]+)\}\}/) {
        used += 1
        #expect(words[String(match.1)] != nil, "\(name): \(match.1)")
      }
    }
    #expect(used > 60)
  }

  @Test(
    "A ticket shows its plot with the rule's limit, its evidence, and what its state allows; texts are escaped"
  )
  func ticket() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    try story.readings(200, peak: 90, in: console)
    let id = try #require(try story.raise(1))
    try story.act(.comment("<script>alert(1)</script>"), on: id)
    try await console.start(now: Story.start + 600_000)
    let session = try await console.session().merging(["Accept-Language": "en"]) { $1 }
    let page = try await console.send("GET", "/tickets/\(id)", session).text
    #expect(page.contains("Sewer level high &lt;1&gt;"))
    #expect(!page.contains("<script>alert"))
    #expect(page.contains("<polyline class=\"series\""))
    // 80 % of the bore of 0.30 m.
    #expect(page.contains(">threshold 0.24<"))
    #expect(page.contains("value=\"acknowledge\"") && page.contains("value=\"resolve\""))
    #expect(!page.contains("value=\"close\"") && !page.contains("value=\"reopen\""))
    #expect(page.contains("well 6"))

    try console.accounts.add("li", access: .viewer, password: RunningConsole.password)
    let viewer = try await console.session("li").merging(["Accept-Language": "en"]) { $1 }
    #expect(try await !console.send("GET", "/tickets/\(id)", viewer).text.contains("value=\"acknowledge\""))
    try await console.stop()
  }

  @Test("Now with 200 estates, 5,000 devices and 1,000 open tickets weighs under 300 kB")
  func weight() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ghc-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var configuration = try RunningConsole.configuration(folder: folder)
    configuration.catalogue = Self.large()
    let console = try RunningConsole(folder: folder, configuration: configuration)
    try Self.fill(console)
    try await console.start(now: Story.start + 3_600_000)
    let session = try await console.session()
    var times: [Duration] = []
    var size = 0
    for _ in 0..<5 {
      // A step makes the page anew; then it is measured once.
      try await Task.sleep(for: .milliseconds(1100))
      let start = ContinuousClock.now
      let answer = try await console.send("GET", "/", session)
      times.append(ContinuousClock.now - start)
      #expect(answer.status == 200)
      #expect(answer.text.contains("1000"))
      size = answer.body.count
    }
    var scripts = 0
    for file in ["console.css", "console.js", "live.js", "patch.js", "plot.js", "icon.svg"] {
      scripts += try await console.send("GET", "/static/x/\(file)").body.count
    }
    print(
      "Now, 200 estates, 5,000 devices, 1,000 tickets: \(size) bytes, \(scripts) of styles and scripts, \(times.sorted()[2])"
    )
    #expect((20_000...300_000).contains(size + scripts))
    try await console.stop()
  }

  private static func large() -> Catalogue {
    var estates: [Estate] = []
    var devices: [Device] = []
    for number in 0..<200 {
      let title = Title(zh: "小区\(number)", en: "Estate \(number)")
      let places = (0..<25).map {
        Place(id: "w\($0)", kind: .well, title: Title(zh: "\($0)号井", en: "well \($0)"))
      }
      estates.append(
        Estate(
          id: "e\(number)", title: title, community: title, subDistrict: title, district: title,
          management: .propertyCompany, timeZone: TimeZone(identifier: "Asia/Shanghai") ?? .gmt,
          places: places))
      devices += (0..<25).map {
        Device(
          id: "d\($0)", estate: "e\(number)", kind: .sewerLevelProbe, title: Title(zh: "液位计", en: "probe"),
          place: "w\($0)")
      }
    }
    return Catalogue(estates: estates, devices: devices)
  }

  private static func fill(_ console: RunningConsole) throws {
    let catalogue = console.configuration.catalogue
    let store = try Store.open(folder: console.folder, catalogue: catalogue)
    var book = TicketBook(routing: console.configuration.routing, catalogue: catalogue)
    var batch = Batch(now: Timestamp(milliseconds: Story.start))
    for number in 0..<1000 {
      let at = Timestamp(milliseconds: Story.start + Int64(number) * 1000)
      let step = AlarmTransition(
        kind: .raised, alarm: "A-\(number)", rule: "sewer-high-level",
        title: Title(zh: "污水井高水位", en: "Sewer level high"), estate: "e\(number / 5)",
        device: "d\(number % 5)",
        place: "w\(number % 5)", priority: .p3, category: "sewer-blockage", onset: at, at: at)
      batch.transitions.append(step)
      batch.record(book.apply(step), from: book)
    }
    batch.deviceStates = catalogue.devices.map {
      DeviceState(
        device: $0.path, lastSeen: Timestamp(milliseconds: Story.start),
        values: ["level": .init(value: 0.2, time: Timestamp(milliseconds: Story.start))])
    }
    try store.commit(batch)
    try store.close()
  }
}

@Suite("Console settings")
struct ConsoleSettingsTests {
  @Test(
    "Other machines reach the console only by TLS or a proxy",
    arguments: [
      ("{}", 0), ("{address: 127.0.0.1, port: 0}", 0), ("{address: '::1'}", 0), ("{address: 0.0.0.0}", 1),
      ("{address: 0.0.0.0, behind-proxy: true}", 0),
      ("{address: 10.0.0.2, tls: {certificate: a.pem, key: b.pem}}", 0),
      ("{address: 10.0.0.2, tls: {certificate: a.pem}}", 2), ("{port: 70000}", 1), ("{prot: 1}", 1),
    ])
  func protection(text: String, errors: Int) throws {
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: text, file: "c.yaml", diagnostics: diagnostics))
    let settings = ConsoleSettings.read(
      document.root, folder: URL(fileURLWithPath: "/etc/gatehouse"), diagnostics)
    #expect(diagnostics.errors.count == errors, "\(diagnostics.errors)")
    #expect(settings != nil)
  }

  @Test("'off' switches it off")
  func off() throws {
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: "off", file: "c.yaml", diagnostics: diagnostics))
    #expect(ConsoleSettings.read(document.root, folder: URL(fileURLWithPath: "/"), diagnostics) == nil)
    #expect(!diagnostics.hasErrors)
  }
}
