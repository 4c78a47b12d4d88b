/// The gateway's mailbox: a Unix socket in the data folder, served by the pipeline's own thread between batches.
import Foundation

/// Owned by the pipeline's thread. A client that reads too slowly is disconnected; the pipeline never waits for one.
final class ControlSocket {
  private struct Client {
    var input: [UInt8] = []
    var output: [UInt8] = []
    var isWatching = false
    /// Wishes that are answered later, the oldest first.
    var waitsFor: [Int] = []
  }

  /// To a request: now, or when a wish has been fulfilled.
  enum Answer {
    case now(ControlReply)
    case later(Int)
  }

  /// A request line, and the bytes waiting for one client, may not be longer.
  private static let maximumLine = 65_536
  private static let maximumBacklog = 4_194_304

  private let listener: Int32
  private let path: String
  private var clients: [Int32: Client] = [:]
  private let encoder = JSONEncoder()
  private let decoder = JSONDecoder()

  /// - Throws: ``GatewayError/controlSocket`` when the socket can't be made.
  init(path: String) throws {
    self.path = path
    listener = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0, var address = unixAddress(path) else {
      throw GatewayError.controlSocket(path: path, reason: "the path is too long or no descriptor is free")
    }
    unlink(path)
    let before = umask(0o177)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    umask(before)
    guard bound == 0, listen(listener, 16) == 0 else {
      throw GatewayError.controlSocket(path: path, reason: String(cString: strerror(errno)))
    }
  }

  deinit {
    for client in clients.keys { Glibc.close(client) }
    Glibc.close(listener)
    unlink(path)
  }

  var hasWatchers: Bool { clients.values.contains { $0.isWatching } }

  /// What the owner's `poll` should wait for.
  func pollDescriptors() -> [pollfd] {
    var list = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    for (descriptor, client) in clients {
      let events = POLLIN | (client.output.isEmpty ? 0 : POLLOUT)
      list.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
    }
    return list
  }

  /// Takes new clients, hands complete requests to `answer`, and sends what is waiting. Never blocks.
  func serve(_ answer: (ControlRequest) -> Answer) {
    while true {
      let descriptor = accept(listener, nil, nil)
      guard descriptor >= 0 else { break }
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      clients[descriptor] = Client()
    }
    for descriptor in Array(clients.keys) {
      receive(descriptor, answer)
      send(descriptor)
    }
  }

  /// Queues a step for every watcher and sends what goes out at once.
  func broadcast(_ step: GatewayStep) {
    guard hasWatchers, let line = line(.step(step)) else { return }
    for descriptor in Array(clients.keys) where clients[descriptor]?.isWatching == true {
      clients[descriptor]?.output.append(contentsOf: line)
      send(descriptor)
    }
  }

  /// Answers all who wait for a wish up to this one.
  func fulfil(_ wish: Int, _ reply: ControlReply) {
    guard let line = line(reply) else { return }
    for descriptor in Array(clients.keys) {
      guard let waiting = clients[descriptor]?.waitsFor.prefix(while: { $0 <= wish }), !waiting.isEmpty else {
        continue
      }
      clients[descriptor]?.waitsFor.removeFirst(waiting.count)
      for _ in waiting { clients[descriptor]?.output.append(contentsOf: line) }
      send(descriptor)
    }
  }

  private func line(_ reply: ControlReply) -> [UInt8]? {
    guard let body = try? encoder.encode(reply) else { return nil }
    return Array(body) + [10]
  }

  private func receive(_ descriptor: Int32, _ answer: (ControlRequest) -> Answer) {
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) {
        drop(descriptor)
        return
      }
      guard count > 0 else { break }
      clients[descriptor]?.input.append(contentsOf: chunk[..<count])
      guard clients[descriptor]?.input.count ?? 0 <= Self.maximumLine else {
        drop(descriptor)
        return
      }
    }
    while let end = clients[descriptor]?.input.firstIndex(of: 10), var client = clients[descriptor] {
      let request = Data(client.input[..<end])
      client.input.removeSubrange(...end)
      let reply: Answer
      do {
        let request = try decoder.decode(ControlRequest.self, from: request)
        if case .watch = request { client.isWatching = true }
        reply = answer(request)
      } catch {
        reply = .now(.refused("not a request that this gateway knows: \(error)"))
      }
      switch reply {
      case .now(let reply): client.output.append(contentsOf: line(reply) ?? [])
      case .later(let wish): client.waitsFor.append(wish)
      }
      clients[descriptor] = client
    }
  }

  private func send(_ descriptor: Int32) {
    guard var client = clients[descriptor], !client.output.isEmpty else { return }
    let count = client.output.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count > 0 {
      client.output.removeFirst(count)
      clients[descriptor] = client
    } else if errno != EAGAIN, errno != EINTR {
      drop(descriptor)
      return
    }
    if client.output.count > Self.maximumBacklog { drop(descriptor) }
  }

  private func drop(_ descriptor: Int32) {
    clients[descriptor] = nil
    Glibc.close(descriptor)
  }
}

/// A path as a socket address; nil when it is longer than the 107 bytes that Linux takes.
func unixAddress(_ path: String) -> sockaddr_un? {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(path.utf8)
  let capacity = MemoryLayout.size(ofValue: address.sun_path)
  guard bytes.count < capacity else { return nil }
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
  return address
}
