/// Real servers on loopback, for one test each.
import Configuration
import Foundation
import Notifications
import Testing

struct Failure: Error {
  var text: String
  init(_ text: String) { self.text = text }
}

/// A folder that goes with its owner.
final class Folder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "notify-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
  }
}

/// A child process that is ended by its own id.
final class Child {
  private(set) var identifier: pid_t = 0

  /// Not by Foundation's `Process`: it hands on this thread's signal mask, in which SIGTERM may be blocked.
  init(_ command: [String]) throws {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    for descriptor in [Int32(1), 2] {
      posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_WRONLY, 0)
    }
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    guard posix_spawnp(&identifier, command[0], &files, &attributes, &arguments, environ) == 0 else {
      throw Failure("\(command[0]) can't be started")
    }
  }

  func wait() -> Int32 {
    var status: Int32 = 0
    waitpid(identifier, &status, 0)
    identifier = 0
    return status
  }

  func end() {
    guard identifier > 0 else { return }
    kill(identifier, SIGKILL)
    _ = wait()
  }

  deinit { end() }
}

func eventually(_ seconds: Double = 15, _ condition: () -> Bool) -> Bool {
  let end = Date().addingTimeInterval(seconds)
  while Date() < end {
    if condition() { return true }
    usleep(20_000)
  }
  return condition()
}

private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Fixtures")

/// `Fixtures/receiver.py`: an HTTP server that behaves well or badly, by path.
final class Receiver {
  struct Request: Decodable {
    var path: String
    var headers: [String: String]
    var body: String

    func object() throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] ?? [:]
    }
  }

  let folder: Folder
  let port: Int
  private let child: Child

  init() throws {
    let folder = try Folder()
    self.folder = folder
    child = try Child([
      "python3", fixtures.appendingPathComponent("receiver.py").path, "0", folder.path("port"),
      folder.path("log"),
    ])
    port = try Self.port(in: folder)
  }

  static func port(in folder: Folder) throws -> Int {
    var port: Int?
    _ = eventually {
      let text = try? String(contentsOfFile: folder.path("port"), encoding: .utf8)
      port = text.flatMap { $0.hasSuffix("\n") ? Int($0.dropLast()) : nil }
      return port != nil
    }
    guard let port else { throw Failure("the server does not start") }
    return port
  }

  func end(_ path: String, timeout: Int = 10) -> HTTPEnd {
    HTTPEnd(Secret("http://127.0.0.1:\(port)\(path)"), timeout: timeout)
  }

  var requests: [Request] {
    let text = (try? String(contentsOfFile: folder.path("log"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap {
      try? JSONDecoder().decode(Request.self, from: Data($0.utf8))
    }
  }
}

/// `Fixtures/mailserver.py`: SMTP with STARTTLS and a certificate of its own.
final class MailServer {
  struct Mail: Decodable {
    var tls: Bool
    var user: String?
    var from: String
    var to: [String]
    var message: String
  }

  let folder: Folder
  let port: Int
  var certificate: String { folder.path("cert.pem") }
  private let child: Child

  init(offersTLS: Bool = true) throws {
    let folder = try Folder()
    self.folder = folder
    let made = try Child([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-keyout",
      folder.path("key.pem"), "-out", folder.path("cert.pem"), "-days", "2", "-subj", "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost,IP:127.0.0.1",
    ]).wait()
    guard made == 0 else { throw Failure("openssl made no certificate") }
    child = try Child(
      [
        "python3", fixtures.appendingPathComponent("mailserver.py").path, folder.path("port"),
        folder.path("log"),
        folder.path("cert.pem"), folder.path("key.pem"),
      ] + (offersTLS ? [] : ["--plain"]))
    port = try Receiver.port(in: folder)
  }

  var mails: [Mail] {
    let text = (try? String(contentsOfFile: folder.path("log"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap {
      try? JSONDecoder().decode(Mail.self, from: Data($0.utf8))
    }
  }
}
