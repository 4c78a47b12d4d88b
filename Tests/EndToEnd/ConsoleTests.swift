/// The console as people use it: a real gateway, estatesim, and Debian's chromium.
import Foundation
import Testing

@Suite("Console in a browser", .serialized, .timeLimit(.minutes(10)), .enabled(if: Browser.isInstalled))
struct ConsoleBrowserTests {
  private func acknowledged(_ browser: Browser, _ ticket: String) throws -> Bool {
    try browser.count("#t-\(ticket).acknowledged") == 1
  }

  @Test("An alarm appears on Now without a reload, is acknowledged, seen on a second browser, and resolved")
  func wholeWay() throws {
    let (running, url) = try ConsoleGateway.start()
    defer { try? FileManager.default.removeItem(at: running.data) }
    try ConsoleGateway.add("guard", "operator", to: running)
    let first = try Browser(width: 1280, height: 800, language: "en")
    let second = try Browser(width: 390, height: 844, language: "zh-CN")
    try ConsoleGateway.signIn(first, url, as: "guard")
    try ConsoleGateway.signIn(second, url, as: "guard")
    #expect(try first.count("#tickets > li") == 0)
    #expect(try first.run("return document.documentElement.lang") as? String == "en")
    #expect(try second.run("return document.documentElement.lang") as? String == "zh-CN")
    // A mark that a reload would wipe away, and the moment at which the first ticket is there.
    let watch = """
      window.notReloaded = true;
      new MutationObserver(() => {
        if (!window.firstTicket && document.querySelector("#tickets > li")) window.firstTicket = Date.now();
      }).observe(document.getElementById("main"), {childList: true, subtree: true});
      """
    try first.run(watch)

    let simulator = try Running(
      "estatesim", ["play", "luyuan-sewer-blockage", "--speed", "1800", "--data", running.data.path])
    var stored: Double?
    #expect(
      try Programs.eventually(60) {
        if try running.command("tickets", "--json").lines.isEmpty { return false }
        stored = Date().timeIntervalSince1970 * 1000
        return true
      })
    #expect(try Programs.eventually(10) { try first.count("#tickets > li") == 1 })
    let shown = try #require(try first.run("return window.firstTicket") as? Double)
    // Seen in the page no later than a second after the command line saw it.
    #expect(shown - (stored ?? 0) < 1000, "shown \(shown - (stored ?? 0)) ms after it was stored")
    #expect(try first.run("return window.notReloaded") as? Bool == true)
    let address = try #require(try first.run("return document.querySelector('#tickets > li').id") as? String)
    let ticket = String(address.dropFirst(2))
    #expect(try Programs.eventually(10) { try second.count("#\(address)") == 1 })
    #expect(simulator.wait().status == 0)

    try first.open("\(url)/tickets/\(ticket)")
    #expect(try Programs.eventually(10) { try first.count("figure.plot canvas, figure.plot polyline") > 0 })
    #expect(try first.count("#f-acknowledge button") == 1)
    try first.click("#f-acknowledge button")
    #expect(try Programs.eventually(10) { try first.count(".facts .state.acknowledged") == 1 })
    #expect(try Programs.eventually(10) { try acknowledged(second, ticket) }, "live on the second browser")
    #expect(try first.count("#f-acknowledge") == 0)
    let events = try running.command("ticket", "show", ticket, "--json").output
    #expect(events.contains("\"via\":\"console\"") && events.contains("\"by\":\"guard\""))

    #expect(
      try first.count(".clocks .met") == 1 && first.count(".clocks tr") >= 3, "its clocks, one of them met")

    try first.click("#f-arrive button")
    #expect(try Programs.eventually(10) { try first.count(".facts .state.on-site") == 1 })
    try first.type("pipe flushed", into: "#f-note textarea")
    try first.click("#f-note button[value=resolve]")
    #expect(try Programs.eventually(10) { try first.count(".facts .state.resolved") == 1 })
    #expect(try first.text(".timeline").contains("pipe flushed"))
    #expect(try first.count("button[value=verify]") == 1 && first.count("button[value=close]") == 0)

    // Shelved for two hours, listed, and ended.
    try first.open("\(url)/rules")
    try first.click("#sewer-high-level a")
    try first.type("luyuan/probe-w01", into: "#f-shelve [name=device]")
    try first.type("pump test", into: "#f-shelve [name=why]")
    try first.click("#f-shelve button")
    #expect(try Programs.eventually(10) { try first.count(".shelved li") == 1 })
    #expect(try running.command("shelved").output.contains("pump test (guard)"))
    try first.click(".shelved button")
    #expect(try Programs.eventually(10) { try first.count(".shelved li") == 0 })
    #expect(try running.command("shelved").output.contains("nothing is shelved"))
    let ordered = try running.command(
      "maintenance", "luyuan", "--place", "w06", "--for", "4h", "--why", "sewer is flushed", "--by",
      "community")
    #expect(ordered.status == 0, "\(ordered.errors)")
    let unclear = try running.command(
      "shelve", "sewer-high-level", "luyuan/probe-w06", "--for", "9d", "--why", "x", "--by", "guard")
    #expect(unclear.status != 0 && unclear.errors.contains("168 h at most"), "\(unclear.errors)")

    try first.open("\(url)/tickets/\(ticket)")
    try first.click("#language")
    #expect(
      try Programs.eventually(10) {
        try first.run("return document.documentElement.lang") as? String == "zh-CN"
      })
    #expect(try first.text(".timeline").contains("处理完毕"))
    for browser in [first, second] {
      #expect(try browser.consoleErrors() == [])
      let foreign = try browser.requests().filter {
        !$0.hasPrefix(url) && !$0.hasPrefix("data:") && $0.hasPrefix("http")
      }
      #expect(foreign == [], "nothing from another host")
    }
    #expect(running.stop().status == 0)
  }

  @Test("Every page in both languages, on a phone and on a desk: no error, nothing wider than the screen")
  func pictures() throws {
    let (running, url) = try ConsoleGateway.start()
    defer { try? FileManager.default.removeItem(at: running.data) }
    try ConsoleGateway.add("guard", "admin", to: running)
    let simulator = try Programs.run(
      "estatesim", ["play", "luyuan-sewer-blockage", "--speed", "max", "--data", running.data.path])
    #expect(simulator.status == 0, "\(simulator.errors)")
    let ticket = try #require(try running.ticket()["id"] as? String)
    let browser = try Browser(width: 1280, height: 800, language: "en")
    try ConsoleGateway.signIn(browser, url, as: "guard")
    let folder = Programs.root.appendingPathComponent(".build/screenshots")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let pages = ConsoleGateway.pages(ticket: ticket) + [("settings", "/settings")]
    for language in ["zh", "en"] {
      try browser.open("\(url)/choose/language/\(language)")
      for (name, path) in pages {
        for (width, height) in [(1280, 800), (390, 844)] {
          try browser.resize(width, height)
          try browser.open(url + path)
          #expect(
            try name == "settings" || Programs.eventually(10) { try browser.count("#live.on") == 1 },
            "\(name) follows the stream")
          let wide = try browser.run("return document.documentElement.scrollWidth") as? Int ?? 0
          #expect(wide <= width, "\(name) \(language) is \(wide) wide on a screen of \(width)")
          let unnamed =
            try browser.run(
              """
              return [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")].filter(
                (e) => e.offsetParent && !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)).length
              """) as? Int
          #expect(unnamed == 0, "\(name): everything that can be operated has a name")
          try browser.screenshot(to: folder.appendingPathComponent("\(name)-\(language)-\(width).png"))
        }
      }
    }
    // On the wall, at night.
    try browser.resize(1920, 1080)
    try browser.open("\(url)/choose/theme/dark")
    try browser.screenshot(to: folder.appendingPathComponent("now-en-wall-dark.png"))
    #expect(try browser.consoleErrors() == [])
    // The first stop of the Tab key is the way past the navigation.
    try browser.open(url + "/")
    try browser.run("document.querySelector('.skip').focus()")
    #expect(
      try browser.run("return document.querySelector('.skip').getBoundingClientRect().left >= 0") as? Bool
        == true)
    #expect(running.stop().status == 0)
  }

  @Test("Hundreds listen to the live stream at once, and all of them hear of an alarm")
  func listeners() throws {
    let (running, url) = try ConsoleGateway.start()
    defer { try? FileManager.default.removeItem(at: running.data) }
    try ConsoleGateway.add("guard", "operator", to: running)
    let made = try running.command("user", "token", "guard")
    let token = try #require(
      made.output.split(separator: " ").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) })
    let port = try #require(URLComponents(string: url)?.port)
    let count = 500
    let listeners = try Running(
      "python3",
      [
        Programs.root.appendingPathComponent("Tests/EndToEnd/Fixtures/listeners.py").path, "\(port)", token,
        "\(count)",
      ])
    #expect(
      Programs.eventually(60) { listeners.output.contains("listening \(count)") }, "\(listeners.errors)")
    let simulator = try Programs.run(
      "estatesim", ["play", "luyuan-sewer-blockage", "--speed", "max", "--data", running.data.path])
    #expect(simulator.status == 0)
    let outcome = listeners.wait()
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.output.contains("heard \(count)"), "\(outcome.output)")
    #expect(running.stop().status == 0)
  }

  @Test("Whatever is sent to the API, it answers as its description says, and never with a server error")
  func description() throws {
    let (running, url) = try ConsoleGateway.start()
    defer { try? FileManager.default.removeItem(at: running.data) }
    try ConsoleGateway.add("robot", "admin", to: running)
    let simulator = try Programs.run(
      "estatesim", ["play", "luyuan-sewer-blockage", "--speed", "max", "--data", running.data.path])
    #expect(simulator.status == 0)
    let made = try running.command("user", "token", "robot", "--scope", "admin")
    let token = try #require(made.lines.first?.split(separator: " ").last.map(String.init))
    let checker = try Self.schemathesis()
    // The stream is left out: it doesn't end. Tests of its own look at it.
    let outcome = try Programs.run(
      "env",
      [
        checker, "run", "\(url)/api/v1/openapi.json", "-H", "Authorization: Bearer \(token)",
        "--exclude-path",
        "/api/v1/stream", "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "-n", "40",
        "--seed", "1", "--continue-on-failure", "--no-color", "--phases", "examples,coverage,fuzzing",
      ], in: running.data)
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.output.contains("25 passed"), "\(outcome.output)")
    #expect(!running.gateway.errors.contains(" error "), "\(running.gateway.errors)")
    #expect(running.stop().status == 0)
  }

  /// From PyPI, in an environment of its own that later runs find again.
  private static func schemathesis() throws -> String {
    let folder = Programs.root.appendingPathComponent(".build/schemathesis")
    let program = folder.appendingPathComponent("bin/schemathesis").path
    if FileManager.default.isExecutableFile(atPath: program) { return program }
    let made = try Programs.run("env", ["/usr/bin/python3", "-m", "venv", folder.path])
    guard made.status == 0 else { throw Failure("venv: \(made.output) \(made.errors)") }
    let installed = try Programs.run(
      "env", [folder.appendingPathComponent("bin/pip").path, "install", "-q", "schemathesis>=4,<5"])
    guard installed.status == 0 else { throw Failure("pip: \(installed.errors)") }
    return program
  }
}
