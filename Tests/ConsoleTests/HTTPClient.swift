/// A client that shows the bytes as they are: no cookies, redirects or retries of its own.
import Foundation

struct Answer: Sendable {
  var status: Int
  var headers: [(name: String, value: String)]
  var body: Data

  var text: String { String(decoding: body, as: UTF8.self) }

  func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// The value of a cookie that the answer sets.
  func cookie(_ name: String) -> String? {
    for (header, value) in headers where header.lowercased() == "set-cookie" {
      guard value.hasPrefix(name + "=") else { continue }
      return String(value.dropFirst(name.count + 1).prefix { $0 != ";" })
    }
    return nil
  }

  func object() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: body) as? [String: Any] ?? [:]
  }

  var items: [[String: Any]] { (try? object()["items"] as? [[String: Any]]) ?? [] }
}

struct ClientFailure: Error {
  var text: String
}

/// One TCP connection to the loopback interface, with one request on it.
///
/// `@unchecked Sendable`: `buffer` and `stream` are touched only inside ``wait(_:)``, by a thread that is started for one
/// call and has ended before the call returns; a test awaits each call before it makes the next one, and hands a connection
/// to no second task. The descriptor never changes.
final class Connection: @unchecked Sendable {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(port: Int, receiveBuffer: Int32? = nil, seconds: Int = 20) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw ClientFailure(text: String(cString: strerror(errno))) }
  }

  deinit { close(descriptor) }

  /// Waiting is done on a thread of its own: the server under test needs the others.
  private func wait<Value: Sendable>(_ body: @Sendable @escaping () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { done in
      let thread = Thread { done.resume(with: Result { try body() }) }
      thread.start()
    }
  }

  func send(_ method: String, _ path: String, _ headers: [String: String] = [:], body: String = "")
    async throws
  {
    var text = "\(method) \(path) HTTP/1.1\r\n"
    if headers["Host"] == nil { text += "Host: 127.0.0.1\r\n" }
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
    if !body.isEmpty || method != "GET" { text += "Content-Length: \(body.utf8.count)\r\n" }
    let bytes = Array((text + "\r\n" + body).utf8)
    guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw ClientFailure(text: "not sent")
    }
  }

  func head() async throws -> Answer { try await wait { try self.readHead() } }

  func answer() async throws -> Answer { try await wait { try self.readAnswer() } }

  /// The next event of a stream: its fields by name.
  func event() async throws -> [String: String] { try await wait { try self.readEvent() } }

  private func readHead() throws -> Answer {
    let lines = try until("\r\n\r\n").components(separatedBy: "\r\n")
    let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    let headers = lines.dropFirst().compactMap { line -> (String, String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
    }
    return Answer(status: status, headers: headers, body: Data())
  }

  private func readAnswer() throws -> Answer {
    var answer = try readHead()
    if let length = answer.header("Content-Length").flatMap({ Int($0) }) {
      while buffer.count < length { try receive() }
      answer.body = Data(buffer.prefix(length))
    } else if answer.header("Transfer-Encoding") == "chunked" {
      while let chunk = try chunk() { answer.body.append(contentsOf: chunk) }
    }
    return answer
  }

  private func readEvent() throws -> [String: String] {
    while true {
      let text = try streamed("\n\n")
      var fields: [String: String] = [:]
      for line in text.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2 { fields[String(parts[0])] = String(parts[1].drop { $0 == " " }) }
      }
      if fields["event"] != nil { return fields }
    }
  }

  private var stream: [UInt8] = []

  private func streamed(_ end: String) throws -> String {
    let mark = Array(end.utf8)
    while true {
      if let position = position(of: mark, in: stream) {
        defer { stream.removeFirst(position + mark.count) }
        return String(decoding: stream[..<position], as: UTF8.self)
      }
      guard let chunk = try chunk() else { throw ClientFailure(text: "the stream has ended") }
      stream += chunk
    }
  }

  private func chunk() throws -> [UInt8]? {
    guard let size = Int(try until("\r\n"), radix: 16) else { throw ClientFailure(text: "not a chunk") }
    while buffer.count < size + 2 { try receive() }
    defer { buffer.removeFirst(size + 2) }
    return size == 0 ? nil : Array(buffer.prefix(size))
  }

  private func until(_ end: String) throws -> String {
    let mark = Array(end.utf8)
    while true {
      if let position = position(of: mark, in: buffer) {
        defer { buffer.removeFirst(position + mark.count) }
        return String(decoding: buffer[..<position], as: UTF8.self)
      }
      try receive()
    }
  }

  private func position(of mark: [UInt8], in bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBytes { bytes in
      var start = 0
      while start + mark.count <= bytes.count, let base = bytes.baseAddress,
        let found = memchr(base + start, Int32(mark[0]), bytes.count - start)
      {
        start = UnsafeRawPointer(found) - base
        if start + mark.count <= bytes.count, memcmp(base + start, mark, mark.count) == 0 { return start }
        start += 1
      }
      return nil
    }
  }

  private func receive() throws {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else {
      throw ClientFailure(text: count == 0 ? "closed" : String(cString: strerror(errno)))
    }
    buffer += chunk[..<count]
  }
}
