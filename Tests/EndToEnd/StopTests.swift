/// A gateway that is asked to stop while somebody holds on to it.
import Foundation
import Testing

@Suite("A gateway that is to stop", .serialized)
struct StopTests {
  @Test(
    "SIGTERM ends a gateway in five seconds although a visitor of the console stopped in the middle of a request",
    .timeLimit(.minutes(2)))
  func visitor() throws {
    let running = try RunningGateway(["--estates", "luyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    let file = running.data.appendingPathComponent("console.url")
    #expect(Programs.eventually { FileManager.default.fileExists(atPath: file.path) })
    let text = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    let port = try #require(URLComponents(string: text)?.port)
    let visitor = try connect(to: port)
    defer { close(visitor) }
    // A hundred bytes are announced, and two come.
    let request = Array(
      "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nab"
        .utf8)
    #expect(send(visitor, request, request.count, 0) == request.count)
    usleep(500_000)
    let began = ContinuousClock.now
    let outcome = running.stop()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(ContinuousClock.now - began < .seconds(5))
  }

  private func connect(to port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw Failure("connect: \(String(cString: strerror(errno)))") }
    return descriptor
  }
}
