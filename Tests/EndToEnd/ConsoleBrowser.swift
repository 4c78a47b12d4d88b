/// Debian's chromium by its WebDriver: JSON over plain HTTP.
import Foundation
import FoundationNetworking

/// A chromedriver with one browser window. Both end with it, by their own ids.
final class Browser {
  private let driver: Running
  private let address: String
  private var session = ""

  static var isInstalled: Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/chromedriver")
      && FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium")
  }

  /// - Parameter language: what the browser prefers.
  init(width: Int, height: Int, language: String) throws {
    let port = try freePort()
    driver = try Running("chromedriver", ["--port=\(port)"])
    address = "http://127.0.0.1:\(port)"
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
    _ = try call(
      "POST", session + "/goog/cdp/execute",
      ["cmd": "Emulation.setDeviceMetricsOverride", "params": metrics])
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
    guard let url = URL(string: address + path) else { throw Failure("no address \(path)") }
    var request = URLRequest(url: url, timeoutInterval: 60)
    request.httpMethod = method
    if let body { request.httpBody = try JSONSerialization.data(withJSONObject: body) }
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    let answer = try send(request)
    let object = try JSONSerialization.jsonObject(with: answer, options: .fragmentsAllowed) as? [String: Any]
    let value = object?["value"]
    if let problem = value as? [String: Any], let error = problem["error"] as? String {
      throw Failure("\(path): \(error): \(problem["message"] as? String ?? "")")
    }
    return value
  }

  private func send(_ request: URLRequest) throws -> Data {
    let result = Received()
    URLSession.shared.dataTask(with: request) { data, _, error in result.give(data, error) }.resume()
    return try result.wait()
  }
}

private final class Received: @unchecked Sendable {
  // Written once, before the semaphore is raised; read once, after it.
  private var outcome: Result<Data, any Error> = .failure(Failure("nothing came"))
  private let ready = DispatchSemaphore(value: 0)

  func give(_ data: Data?, _ error: (any Error)?) {
    if let data { outcome = .success(data) } else if let error { outcome = .failure(error) }
    ready.signal()
  }

  func wait() throws -> Data {
    ready.wait()
    return try outcome.get()
  }
}
