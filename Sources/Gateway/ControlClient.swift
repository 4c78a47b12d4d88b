/// The command line's side of the mailbox.
import Foundation

/// A connection to the gateway that runs on a data folder.
public final class ControlClient {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  /// - Returns: nil when no gateway runs on this data folder.
  public init?(dataFolder: URL) {
    let path = GatewayPaths(dataFolder).controlSocket
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0, var address = unixAddress(path) else { return nil }
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if connected != 0 {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }

  /// Sends a request and waits for its answer.
  /// - Throws: ``GatewayError/controlLost`` when the gateway went away.
  public func ask(_ request: ControlRequest) throws -> ControlReply {
    var line = Array(try JSONEncoder().encode(request)) + [10]
    while !line.isEmpty {
      let count = send(descriptor, line, line.count, Int32(MSG_NOSIGNAL))
      if count < 0 { throw GatewayError.controlLost }
      line.removeFirst(count)
    }
    return try next()
  }

  /// The next line that the gateway sends.
  public func next() throws -> ControlReply {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      if let end = buffer.firstIndex(of: 10) {
        let line = Data(buffer[..<end])
        buffer.removeSubrange(...end)
        return try JSONDecoder().decode(ControlReply.self, from: line)
      }
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw GatewayError.controlLost }
      buffer.append(contentsOf: chunk[..<count])
    }
  }
}
