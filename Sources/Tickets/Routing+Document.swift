/// Reads `config/routing.yaml`: a mapping of category names to titles, causes and roles.
import Configuration
import EstateModel

extension Routing {
  /// Categories that rules and later parts of the gateway rely on; a file without one of them doesn't check.
  public static let required = [
    "elevator-noise", "neighbour-noise", "works-noise", "sewer-blockage", "meter-well", "wall-safety",
    "gate-security", "fire-lane", "device-maintenance", "root-cause",
  ]

  /// What is wrong goes to `diagnostics`; categories that can be read are in the result.
  public init(document: Document, diagnostics: Diagnostics) {
    guard let fields = Fields(document.root, of: "a routing file", diagnostics: diagnostics) else {
      self.init(categories: [])
      return
    }
    let names = fields.keys
    self.init(
      categories: names.compactMap { name in
        fields.required(name).flatMap { Category(name: name, $0, diagnostics) }
      })
    for name in Self.required where !names.contains(name) {
      diagnostics.error("category '\(name)' is missing", at: fields.location)
    }
  }
}

extension Category {
  fileprivate init?(name: String, _ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "category '\(name)'", diagnostics: diagnostics) else { return nil }
    let title = fields.required("title").flatMap { Title($0, diagnostics) }
    let togetherBy = fields.choice("together-by", as: TogetherBy.self)
    let withCompany = fields.required("with-company").flatMap { Assignment($0, diagnostics) }
    let withoutCompany = fields.required("without-company").flatMap { Assignment($0, diagnostics) }
    let withCommittee = fields.optional("owners-committee").flatMap { Assignment($0, diagnostics) }
    let atP1 = fields.list("at-p1").compactMap { $0.choice(Role.self, diagnostics) }
    let escalation = fields.list("escalation").compactMap { $0.choice(Role.self, diagnostics) }
    fields.finish()
    if escalation.isEmpty {
      diagnostics.error(
        "category '\(name)' has nobody to turn to when its lead doesn't move; expected 'escalation: [role, …]'",
        at: fields.keyLocation("escalation"))
    }
    guard let title, let togetherBy, let withCompany, let withoutCompany else { return nil }
    if withoutCompany.lead == .propertyCompany {
      diagnostics.error(
        "category '\(name)' sends tickets of estates without a property company to the property company",
        at: fields.keyLocation("without-company"))
    }
    self.init(
      name: name, title: title, togetherBy: togetherBy, withCompany: withCompany,
      withoutCompany: withoutCompany, withCommittee: withCommittee, atP1: atP1, escalation: escalation)
  }
}

extension Assignment {
  fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "an assignment", diagnostics: diagnostics) else { return nil }
    let lead = fields.choice("lead", as: Role.self)
    let others = fields.list("with").compactMap { $0.choice(Role.self, diagnostics) }
    fields.finish()
    guard let lead else { return nil }
    self.init(lead: lead, others: others.filter { $0 != lead })
  }
}
