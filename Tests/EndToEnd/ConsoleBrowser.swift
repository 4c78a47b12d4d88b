/// Debian's chromium by its WebDriver: JSON over plain HTTP.
import Foundation
import TestSupport

/// A chromedriver with one browser window. Both end with it, by their own ids.
final class Browser {
  private let driver: Running
  private let port: Int
  private var session = ""

  static var isInstalled: Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/chromedriver")
      && FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium")
  }

  /// - Parameter language: what the browser prefers.
  init(width: Int, height: Int, language: String) throws {
    port = try freePort()
    driver = try Running("chromedriver", ["--port=\(port)"])
    guard Programs.eventually(20, { (try? call("GET", "/status")) != nil }) else {
      throw Failure("chromedriver does not answer: \(driver.errors)")
    }
    let arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
      "--lang=\(language)", "--accept-lang=\(language)", "--disable-background-networking",
    ]
    let capabilities: [String: Any] = [
      "browserName": "chrome", "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
      "goog:chromeOptions": ["args": arguments, "prefs": ["intl.accept_languages": language]],
    ]
    let made = try call("POST", "/session", ["capabilities": ["alwaysMatch": capabilities]]) as? [String: Any]
    guard let id = made?["sessionId"] as? String else {
      throw Failure("no browser: \(String(describing: made))")
    }
    session = "/session/\(id)"
    try resize(width, height)
  }

  deinit {
    if !session.isEmpty { _ = try? call("DELETE", session) }
    driver.signal(SIGTERM)
    _ = driver.wait()
  }

  func resize(_ width: Int, _ height: Int) throws {
    let metrics: [String: Any] = [
      "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
    ]
    try command("Emulation.setDeviceMetricsOverride", metrics)
  }

  func open(_ url: String) throws { _ = try call("POST", session + "/url", ["url": url]) }

  /// The value of a script that ends with `return`.
  @discardableResult
  func run(_ script: String, _ arguments: [Any] = []) throws -> Any? {
    try call("POST", session + "/execute/sync", ["script": script, "args": arguments])
  }

  func text(_ selector: String) throws -> String {
    try run("return document.querySelector(arguments[0])?.textContent ?? ''", [selector]) as? String ?? ""
  }

  func count(_ selector: String) throws -> Int {
    try run("return document.querySelectorAll(arguments[0]).length", [selector]) as? Int ?? -1
  }

  /// As a person does it: keys and a click, through the driver.
  func type(_ text: String, into selector: String) throws {
    _ = try call("POST", "\(session)/element/\(try element(selector))/value", ["text": text])
  }

  func click(_ selector: String) throws {
    _ = try call("POST", "\(session)/element/\(try element(selector))/click", [:])
  }

  /// Keys as a keyboard sends them, to whatever has the focus.
  func press(_ keys: String) throws {
    let steps = keys.flatMap { key in
      [["type": "keyDown", "value": "\(key)"], ["type": "keyUp", "value": "\(key)"]]
    }
    _ = try call(
      "POST", session + "/actions",
      ["actions": [["type": "key", "id": "keyboard", "actions": steps] as [String: Any]]])
  }

  /// Chromium's own commands.
  @discardableResult
  func command(_ name: String, _ parameters: [String: Any]) throws -> [String: Any] {
    try call("POST", session + "/goog/cdp/execute", ["cmd": name, "params": parameters]) as? [String: Any]
      ?? [:]
  }

  private func element(_ selector: String) throws -> String {
    let found = try call("POST", session + "/element", ["using": "css selector", "value": selector])
    guard let id = (found as? [String: String])?.values.first else { throw Failure("no element \(selector)") }
    return id
  }

  func screenshot(to file: URL) throws {
    let base64 = try call("GET", session + "/screenshot") as? String ?? ""
    guard let data = Data(base64Encoded: base64) else { throw Failure("no picture") }
    try data.write(to: file)
  }

  /// What the console said since the last call, at level SEVERE.
  func consoleErrors() throws -> [String] {
    try log("browser").filter { $0["level"] as? String == "SEVERE" }.compactMap { $0["message"] as? String }
  }

  /// Addresses of all requests since the last call.
  func requests() throws -> [String] {
    try log("performance").compactMap { entry in
      guard let text = entry["message"] as? String,
        let outer = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
        let message = outer["message"] as? [String: Any],
        message["method"] as? String == "Network.requestWillBeSent",
        let parameters = message["params"] as? [String: Any],
        let request = parameters["request"] as? [String: Any]
      else { return nil }
      return request["url"] as? String
    }
  }

  private func log(_ kind: String) throws -> [[String: Any]] {
    try call("POST", session + "/se/log", ["type": kind]) as? [[String: Any]] ?? []
  }

  private func call(_ method: String, _ path: String, _ body: [String: Any]? = nil) throws -> Any? {
    let content = try body.map { try JSONSerialization.data(withJSONObject: $0) } ?? Data()
    let answer = try send(method, path, content)
    let object = try JSONSerialization.jsonObject(with: answer, options: .fragmentsAllowed) as? [String: Any]
    let value = object?["value"]
    if let problem = value as? [String: Any], let error = problem["error"] as? String {
      throw Failure("\(path): \(error): \(problem["message"] as? String ?? "")")
    }
    return value
  }

  /// Over a socket: Foundation's session takes no header without a blank behind its colon, as chromedriver sends it.
  private func send(_ method: String, _ path: String, _ content: Data) throws -> Data {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = in_port_t(port).bigEndian
    target.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &target) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure("chromedriver: \(String(cString: strerror(errno)))") }
    let head =
      "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(content.count)\r\nConnection: close\r\n\r\n"
    let bytes = Array(head.utf8) + content
    guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw Failure("chromedriver: not sent")
    }
    var received = Data()
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let end = received.range(of: Data("\r\n\r\n".utf8)) {
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).lowercased()
        let length = lines.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
          .flatMap { Int($0.dropFirst("content-length:".count).filter { $0 != " " }) }
        if let length, received.count >= end.upperBound + length {
          return received[end.upperBound..<(end.upperBound + length)]
        }
      }
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { throw Failure("chromedriver: no whole answer to \(path)") }
      received.append(contentsOf: chunk[..<count])
    }
  }
}
