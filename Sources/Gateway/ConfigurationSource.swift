/// Where a running gateway reads its configuration again.
import Configuration
import Foundation

public struct ConfigurationSource: Sendable {
  public var folder: URL
  /// Only these estates; nil: as the files say.
  public var estates: [String]?
  /// Instead of the configured one.
  public var dataFolder: URL?

  public init(folder: URL, estates: [String]? = nil, dataFolder: URL? = nil) {
    (self.folder, self.estates, self.dataFolder) = (folder, estates, dataFolder)
  }

  /// Reads everything. All that is wrong is in `diagnostics`; the result is usable when that has no errors.
  /// - Parameter sends: messages may come of it.
  public func load(sends: Bool, diagnostics: Diagnostics) -> LoadedConfiguration? {
    var loaded = LoadedConfiguration(
      folder: folder, estates: estates, sends: sends, diagnostics: diagnostics)
    if let dataFolder { loaded?.settings.dataFolder = dataFolder }
    return diagnostics.hasErrors ? nil : loaded
  }
}
