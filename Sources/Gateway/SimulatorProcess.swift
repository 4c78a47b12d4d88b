/// The simulator as a child process: what judges and what is judged share no memory.
import Foundation

public final class SimulatorProcess {
  private let process = Process()
  private let output: URL

  /// `estatesim` beside the running executable.
  public static var executable: URL {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("estatesim")
  }

  /// - Parameter output: file that takes what the simulator prints.
  /// - Throws: ``GatewayError/simulatorMissing``.
  public init(arguments: [String], output: URL) throws {
    let path = Self.executable.path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw GatewayError.simulatorMissing(path: path)
    }
    self.output = output
    FileManager.default.createFile(atPath: output.path, contents: nil)
    let handle = try FileHandle(forWritingTo: output)
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  public var isRunning: Bool { process.isRunning }

  /// - Throws: ``GatewayError/simulatorFailed`` when it ended otherwise than well.
  public func check() throws {
    guard !process.isRunning, process.terminationStatus != 0 else { return }
    let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
    throw GatewayError.simulatorFailed(status: process.terminationStatus, output: String(text.suffix(2000)))
  }

  public func stop() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }
}
