/// Where a gateway keeps its things.
import Foundation

public struct GatewayPaths: Sendable {
  public let folder: URL

  public init(_ folder: URL) { self.folder = folder }

  public var controlSocket: String { folder.appendingPathComponent("control.sock").path }
}
