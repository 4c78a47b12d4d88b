/// Files that come with the console: templates, words, styles, scripts. All are read once, at the start.
import Crypto
import Foundation
import HTTPTypes
import Hummingbird

enum ResourceError: Error, CustomStringConvertible {
  case missing(String)

  var description: String {
    switch self {
    case .missing(let name): "the console's file '\(name)' is missing beside the program; build it again"
    }
  }
}

enum Resources {
  static let folder = Bundle.module.bundleURL.appendingPathComponent("Resources")

  static func data(_ name: String) throws -> Data {
    guard let data = FileManager.default.contents(atPath: folder.appendingPathComponent(name).path) else {
      throw ResourceError.missing(name)
    }
    return data
  }

  static func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }

  /// Names of the files in a folder.
  static func names(in name: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(name).path)
        .sorted()
    } catch { throw ResourceError.missing(name) }
  }

  static func response(_ name: String) throws -> Response {
    Response(
      status: .ok, headers: [.contentType: Assets.type(of: name)],
      body: .init(byteBuffer: ByteBuffer(bytes: try data(name))))
  }
}

/// Styles and scripts, under an address that changes with their contents, so that browsers may keep them for ever.
struct Assets: Sendable {
  /// Where Debian's libjs-dygraphs puts its files.
  static let dygraphs = "/usr/share/javascript/dygraphs"

  let version: String
  let hasDygraphs: Bool
  private let files: [String: ByteBuffer]

  init() throws {
    var files: [String: Data] = [:]
    for name in try Resources.names(in: "static") { files[name] = try Resources.data("static/\(name)") }
    for name in ["dygraph.min.js", "dygraph.min.css"] {
      files[name] = FileManager.default.contents(atPath: "\(Self.dygraphs)/\(name)")
    }
    hasDygraphs = files["dygraph.min.js"] != nil && files["dygraph.min.css"] != nil
    var hash = SHA256()
    for (name, data) in files.sorted(by: { $0.key < $1.key }) {
      hash.update(data: Data(name.utf8))
      hash.update(data: data)
    }
    version = hash.finalize().prefix(6).map { String(format: "%02x", $0) }.joined()
    self.files = files.mapValues { ByteBuffer(bytes: $0) }
  }

  static func type(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "json": "application/json"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    default: "application/octet-stream"
    }
  }

  @Sendable func answer(_ request: Request, _ context: ConsoleContext) throws -> Response {
    let name = try context.parameters.require("file")
    guard let file = files[name] else { throw Problem.notFound("there is no file '\(name)'") }
    let isCurrent = try context.parameters.require("version") == version
    return Response(
      status: .ok,
      headers: [
        .contentType: Self.type(of: name),
        .cacheControl: isCurrent ? "public, max-age=31536000, immutable" : "no-store",
      ], body: .init(byteBuffer: file))
  }
}
