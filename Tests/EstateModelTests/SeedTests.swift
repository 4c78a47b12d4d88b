/// The estates that ship: they load without a problem, and their links are those of the reports.
import Configuration
import EstateModel
import Foundation
import Testing

struct SeedTests {
  /// `seeds/estates` of this checkout.
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "seeds/estates")

  let diagnostics = Diagnostics()
  let catalogue: Catalogue

  init() {
    catalogue = Catalogue(
      documents: Document.all(in: Self.folder, prefix: "seeds/estates", diagnostics: diagnostics),
      diagnostics: diagnostics)
  }

  @Test("All seeds load without a problem")
  func load() {
    #expect(diagnostics.problems.map(\.description) == [])
  }
}
