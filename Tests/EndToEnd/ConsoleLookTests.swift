/// What everybody needs of pages: contrast, the keyboard, paper, rest for the eye.
import Foundation
import Testing

@Suite("Console for everybody", .serialized, .timeLimit(.minutes(10)), .enabled(if: Browser.isInstalled))
struct ConsoleLookTests {
  /// Texts whose contrast with what is behind them is below WCAG 2.2 AA: 4.5, or 3 for large ones.
  private static let weakTexts = """
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    function colour(text) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    }
    const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
    function behind(element) {
      const layers = [];
      for (let e = element; e; e = e.parentElement) {
        const c = colour(getComputedStyle(e).backgroundColor);
        layers.push(c);
        if (c[3] === 1) break;
      }
      let result = [255, 255, 255];
      for (const c of layers.reverse()) result = over(c, result);
      return result;
    }
    function luminance(c) {
      const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }
    const weak = [];
    let seen = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.nodeValue.trim();
      const element = walker.currentNode.parentElement;
      if (!text || element.closest("script, style, title, option, datalist, .sr") || !element.checkVisibility()) continue;
      const style = getComputedStyle(element);
      const back = behind(element.closest("svg")?.parentElement ?? element);
      const front = over(colour(element.closest("svg") ? style.fill : style.color), back);
      const [a, b] = [luminance(front), luminance(back)].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      const size = parseFloat(style.fontSize);
      const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      seen += 1;
      if (ratio < needed) weak.push(`${ratio.toFixed(2)} ${element.tagName}.${element.getAttribute("class") ?? ""} ${text.slice(0, 30)}`);
    }
    return [String(seen), ...new Set(weak)];
    """

  /// What the Tab key stops at.
  private static let stops = """
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
      .filter((e) => e.checkVisibility() && !e.disabled && !e.closest("details:not([open]) > :not(summary)")).length
    """

  /// Walks on by one: a name for where it came to, empty at the end, and whether the focus can be seen there.
  private static let stop = """
    const e = document.activeElement;
    if (!e || e === document.body) return ["", ""];
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    const isSeen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.right > 0;
    window.stopped ??= new Map();
    if (!window.stopped.has(e)) window.stopped.set(e, window.stopped.size);
    return [String(window.stopped.get(e)) + " " + e.tagName + " " + e.textContent.trim().slice(0, 20), isSeen ? "seen" : ""];
    """

  private static let tab = "\u{E004}"
  private static let enter = "\u{E007}"

  private func night() throws -> (RunningGateway, url: String, ticket: String) {
    let (running, url) = try ConsoleGateway.start()
    try ConsoleGateway.add("guard", "admin", to: running)
    let simulator = try Programs.run(
      "estatesim", ["play", "luyuan-sewer-blockage", "--speed", "max", "--data", running.data.path])
    guard simulator.status == 0 else { throw Failure("estatesim: \(simulator.errors)") }
    let ticket = try #require(try running.ticket()["id"] as? String)
    try running.publish("estates/luyuan/probe-w99/reading", Data(#"{"level": 0.31, "battery": 9}"#.utf8))
    return (running, url, ticket)
  }

  @Test("Every text of every page, light and dark, stands out as WCAG AA asks")
  func contrast() throws {
    let (running, url, ticket) = try night()
    defer { try? FileManager.default.removeItem(at: running.data) }
    let browser = try Browser(width: 1280, height: 800, language: "en")
    try browser.open(url + "/sign-in")
    #expect(try weak(browser) == [], "sign-in")
    try browser.run("document.querySelector('h1').style.color = '#999'")
    #expect(try weak(browser).count == 1, "grey on white is found")
    try ConsoleGateway.signIn(browser, url, as: "guard")
    for theme in ["light", "dark"] {
      try browser.open("\(url)/choose/theme/\(theme)")
      for (name, path) in ConsoleGateway.pages(ticket: ticket) + [
        ("settings", "/settings"), ("problem", "/nowhere"),
      ] {
        try browser.open(url + path)
        try browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        #expect(try weak(browser) == [], "\(name) \(theme)")
      }
    }
    try browser.command("Emulation.setEmulatedMedia", ["media": "print"])
    try browser.open("\(url)/tickets/\(ticket)")
    #expect(try weak(browser) == [], "on paper, although the screen is dark")
    #expect(running.stop().status == 0)
  }

  private func weak(_ browser: Browser) throws -> [String] {
    let found = try browser.run(Self.weakTexts) as? [String] ?? []
    guard let seen = found.first.flatMap({ Int($0) }), seen > 3 else { throw Failure("no texts: \(found)") }
    return Array(found.dropFirst())
  }

  @Test("The keyboard reaches everything, one sees where it is, and a ticket is taken up without a mouse")
  func keyboard() throws {
    let (running, url, ticket) = try night()
    defer { try? FileManager.default.removeItem(at: running.data) }
    let browser = try Browser(width: 1280, height: 800, language: "en")
    try browser.open(url + "/sign-in")
    // The account's field has the focus.
    try browser.press("guard\(Self.tab)\(ConsoleGateway.password)\(Self.enter)")
    #expect(try Programs.eventually(20) { try browser.count("#live.on") == 1 })
    for (name, path) in ConsoleGateway.pages(ticket: ticket) where name != "health" {
      try browser.open(url + path)
      #expect(try Programs.eventually(10) { try browser.count("#live.on") == 1 })
      let expected = try #require(try browser.run(Self.stops) as? Int)
      var reached: Set<String> = []
      for _ in 0..<(expected + 20) {
        try browser.press(Self.tab)
        let stop = try browser.run(Self.stop) as? [String] ?? []
        // Behind the last stop, and where what had the focus has gone meanwhile, nothing has it.
        if stop.count != 2 || stop[0].isEmpty { continue }
        if reached.contains(stop[0]) { break }
        #expect(stop[1] == "seen", "\(name): \(stop[0])")
        reached.insert(stop[0])
      }
      // The page lives: what has gone since the count needn't be reached.
      let left = try #require(try browser.run(Self.stops) as? Int)
      #expect(reached.count >= min(expected, left), "\(name): \(reached.count) of \(expected) reached")
    }
    try browser.open("\(url)/tickets/\(ticket)")
    for _ in 0..<60 {
      if try browser.run("return document.activeElement.value") as? String == "acknowledge" { break }
      try browser.press(Self.tab)
    }
    try browser.press(Self.enter)
    #expect(try Programs.eventually(10) { try browser.count(".facts .state.acknowledged") == 1 })
    #expect(running.stop().status == 0)
  }

  /// Focuses the last thing in the page's middle, and counts how often the middle has been brought up to date.
  private static let watchMiddle = """
    const stops = [...document.querySelectorAll("#main a[href], #main button, #main textarea")]
      .filter((e) => e.checkVisibility() && !e.disabled);
    stops.at(-1).focus();
    window.before = [document.activeElement, document.getElementById("main").firstElementChild];
    const real = window.fetch;
    window.updates = 0;
    window.fetch = async (...request) => {
      const answer = await real(...request);
      const text = answer.text.bind(answer);
      answer.text = async () => {
        const html = await text();
        setTimeout(() => { window.updates += 1; });
        return html;
      };
      return answer;
    };
    return window.before[0] === stops.at(-1);
    """

  @Test("A page that is brought up to date keeps the focus, and a note that is half written")
  func updates() throws {
    let (running, url, ticket) = try night()
    defer { try? FileManager.default.removeItem(at: running.data) }
    let browser = try Browser(width: 1280, height: 800, language: "en")
    try ConsoleGateway.signIn(browser, url, as: "guard")
    for (name, path) in ConsoleGateway.pages(ticket: ticket) where name != "health" {
      try browser.open(url + path)
      #expect(try Programs.eventually(10) { try browser.count("#live.on") == 1 })
      #expect(try browser.run(Self.watchMiddle) as? Bool == true, "\(name): nothing to focus")
      if name == "ticket" {
        try browser.run(
          """
          document.querySelectorAll("#main details").forEach((d) => { d.open = true; });
          document.querySelector("#main textarea").focus();
          window.before[0] = document.activeElement;
          """)
        try browser.press("the cover is")
      }
      let step = try running.command("ticket", "comment", ticket, "seen on \(name)", "--by", "guard")
      #expect(step.status == 0, "\(step.errors)")
      #expect(
        try Programs.eventually(20) { (try browser.run("return window.updates") as? Int ?? 0) > 0 }, "\(name)"
      )
      let kept = try browser.run(
        "return [window.before[0] === document.activeElement, ...window.before.map((e) => e.isConnected)]")
      #expect(kept as? [Bool] == [true, true, true], "\(name)")
      if name == "ticket" {
        #expect(try browser.run("return document.activeElement.value") as? String == "the cover is")
        let shown = try browser.run("return document.querySelector('.timeline').textContent") as? String ?? ""
        #expect(shown.contains("seen on ticket"))
      }
    }
    #expect(running.stop().status == 0)
  }

  @Test("A ticket on paper has its facts, evidence and timeline, and nothing that only a screen needs")
  func paper() throws {
    let (running, url, ticket) = try night()
    defer { try? FileManager.default.removeItem(at: running.data) }
    let browser = try Browser(width: 1280, height: 800, language: "en")
    try ConsoleGateway.signIn(browser, url, as: "guard")
    try browser.open("\(url)/tickets/\(ticket)")
    let shown = """
      return arguments[0].filter((s) => [...document.querySelectorAll(s)].some((e) => e.checkVisibility()))
      """
    let all = [".bar", ".acts", ".skip", "[data-print]", ".facts", ".evidence", ".timeline", ".plot", "h1"]
    let onScreen = try browser.run(shown, [all]) as? [String] ?? []
    #expect(onScreen == all)
    try browser.command("Emulation.setEmulatedMedia", ["media": "print"])
    let onPaper = try browser.run(shown, [all]) as? [String] ?? []
    #expect(onPaper == [".facts", ".evidence", ".timeline", ".plot", "h1"])
    let printed = try browser.command(
      "Page.printToPDF", ["preferCSSPageSize": true, "paperWidth": 8.27, "paperHeight": 11.69])
    let file = try #require((printed["data"] as? String).flatMap { Data(base64Encoded: $0) })
    #expect(file.starts(with: Data("%PDF-".utf8)) && file.count > 5000)
    #expect(running.stop().status == 0)
  }

  @Test("Who asks for less motion sees none; others see what is new")
  func motion() throws {
    let (running, url, _) = try night()
    defer { try? FileManager.default.removeItem(at: running.data) }
    let browser = try Browser(width: 1280, height: 800, language: "en")
    try ConsoleGateway.signIn(browser, url, as: "guard")
    let fresh = """
      const card = document.querySelector("#tickets > li");
      card.classList.add("fresh");
      return [getComputedStyle(card).animationName, String(document.getAnimations().length)];
      """
    for (wish, expected) in [("no-preference", ["fresh", "1"]), ("reduce", ["none", "0"])] {
      try browser.command(
        "Emulation.setEmulatedMedia", ["features": [["name": "prefers-reduced-motion", "value": wish]]])
      try browser.open(url + "/")
      #expect(try browser.run(fresh) as? [String] == expected)
    }
    #expect(running.stop().status == 0)
  }
}
