/// The folders that the simulator reads: estates and scenarios.
import Configuration
import EstateModel
import Foundation

extension Catalogue {
  /// All estates below `seeds/estates`.
  /// - Parameter seeds: the folder that holds `estates/`.
  public init(seeds: URL, diagnostics: Diagnostics) {
    let folder = seeds.appendingPathComponent("estates")
    self.init(
      documents: Document.all(
        in: folder, prefix: "\(seeds.lastPathComponent)/estates", diagnostics: diagnostics),
      diagnostics: diagnostics)
  }
}

extension Scenario {
  /// All scenarios of a folder, by file name.
  public static func all(in folder: URL, diagnostics: Diagnostics) -> [Scenario] {
    Document.all(in: folder, prefix: folder.lastPathComponent, diagnostics: diagnostics)
      .compactMap { Scenario(document: $0, diagnostics: diagnostics) }
  }
}
