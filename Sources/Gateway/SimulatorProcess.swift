/// The simulator as a child process: what judges and what is judged share no memory.
import Foundation

/// Ends with this process, however that ends.
public final class SimulatorProcess {
  private let identifier: pid_t
  private let output: URL
  private var status: Int32?

  /// `estatesim` beside the running executable.
  public static var executable: URL {
    let own =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("estatesim")
  }

  /// - Parameter output: file that takes what the simulator prints.
  /// - Throws: ``GatewayError/simulatorMissing(path:)``.
  public init(arguments: [String], output: URL) throws {
    let path = Self.executable.path
    guard FileManager.default.isExecutableFile(atPath: path),
      case .started(let identifier) = SpawningThread.shared.start(path, arguments, log: output.path)
    else { throw GatewayError.simulatorMissing(path: path) }
    (self.identifier, self.output) = (identifier, output)
  }

  /// Whether it runs. Reaps it when it doesn't.
  public var isRunning: Bool {
    guard status == nil else { return false }
    var found: Int32 = 0
    guard waitpid(identifier, &found, WNOHANG) == identifier else { return true }
    status = found & 0x7f == 0 ? found >> 8 : -(found & 0x7f)
    return false
  }

  /// - Throws: ``GatewayError/simulatorFailed(status:output:)`` when it ended otherwise than well.
  public func check() throws {
    guard let status, status != 0 else { return }
    let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
    throw GatewayError.simulatorFailed(status: status, output: String(text.suffix(2000)))
  }

  /// SIGTERM; SIGKILL when that doesn't help within 3 s.
  public func stop() {
    guard isRunning else { return }
    kill(identifier, SIGTERM)
    for step in 0..<500 where isRunning {
      if step == 300 { kill(identifier, SIGKILL) }
      usleep(10_000)
    }
  }
}
