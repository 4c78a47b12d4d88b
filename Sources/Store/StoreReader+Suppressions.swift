/// What is and was shelved, in maintenance or out of service. Kept as facts, each under its id, for ever.
import EstateModel
import GRDB
import Tickets

extension Batch {
  private static let prefix = StoreReader.suppressionPrefix

  /// Takes a suppression along as it is now.
  public mutating func keep(_ suppression: Suppression) {
    guard let text = try? StoredJSON.text(suppression) else { return }
    facts[Self.prefix + suppression.id] = text
  }
}

extension StoreReader {
  static let suppressionPrefix = "suppression:"

  /// In the order in which they were set.
  public func suppressions() throws -> [Suppression] {
    try values(
      Suppression.self, of: "meta", "SELECT value AS json FROM meta WHERE key GLOB ?",
      ["\(Self.suppressionPrefix)*"]
    ).sorted { ($0.set, $0.id) < ($1.set, $1.id) }
  }
}
