/// The `open311:` entry of `console:`: what the world beyond the console's users may ask.
import Configuration

public struct Open311Settings: Hashable, Sendable {
  /// What requests must name as their `jurisdiction_id` when they name one.
  public var jurisdiction: String
  /// Whom to turn to for a key, in a sentence.
  public var contact: String

  public init(jurisdiction: String, contact: String) {
    (self.jurisdiction, self.contact) = (jurisdiction, contact)
  }

  init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "console.open311", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    guard let jurisdiction = fields.text("jurisdiction"), let contact = fields.text("contact") else {
      return nil
    }
    self.init(jurisdiction: jurisdiction, contact: contact)
  }
}
