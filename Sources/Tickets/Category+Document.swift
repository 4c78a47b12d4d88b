/// Reads one category and one service level of `config/routing.yaml`.
import Configuration
import EstateModel

extension Category {
  init?(name: String, _ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "category '\(name)'", diagnostics: diagnostics) else { return nil }
    let title = fields.required("title").flatMap { Title($0, diagnostics) }
    let togetherBy = fields.choice("together-by", as: TogetherBy.self)
    let withCompany = fields.required("with-company").flatMap { Assignment($0, diagnostics) }
    let withoutCompany = fields.required("without-company").flatMap { Assignment($0, diagnostics) }
    let withCommittee = fields.optional("owners-committee").flatMap { Assignment($0, diagnostics) }
    let exceptions = fields.list("exceptions").compactMap { RoutingException($0, diagnostics) }
    let atP1 = fields.list("at-p1").compactMap { $0.choice(Role.self, diagnostics) }
    let escalation = fields.list("escalation").compactMap { $0.choice(Role.self, diagnostics) }
    let levels = fields.optional("service-levels").map { ServiceLevel.byPriority($0, diagnostics) } ?? [:]
    let verification = fields.required("verify").flatMap { Verification($0, diagnostics) }
    let closeAfter = fields.optional("close-after")?.span(diagnostics)
    let recurrence = fields.optional("recurrence").flatMap { RecurrenceRule($0, diagnostics) }
    let storm = fields.optional("storm").flatMap { StormRule($0, diagnostics) }
    let needsCause = fields.optional("needs-cause")?.boolean(diagnostics) ?? false
    let lastResort = fields.optional("last-resort").map { node in
      node.list(diagnostics).compactMap { $0.choice(Role.self, diagnostics) }
    }
    let service = fields.optional("service").flatMap { ServiceText($0, diagnostics) }
    fields.finish()
    if escalation.isEmpty {
      diagnostics.error(
        "category '\(name)' has nobody to turn to when its lead doesn't move; expected 'escalation: [role, …]'",
        at: fields.keyLocation("escalation"))
    }
    guard let title, let togetherBy, let withCompany, let withoutCompany else { return nil }
    self.init(
      name: name, title: title, togetherBy: togetherBy, withCompany: withCompany,
      withoutCompany: withoutCompany, withCommittee: withCommittee, atP1: atP1, escalation: escalation)
    (self.exceptions, self.levels) = (exceptions, levels)
    (self.verification, self.closeAfter) = (verification ?? .person, closeAfter)
    (self.recurrence, self.storm, self.needsCause) = (recurrence, storm, needsCause)
    (self.lastResort, self.service) = (lastResort, service)
  }
}

extension ServiceText {
  fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "service", diagnostics: diagnostics) else { return nil }
    let description = fields.required("description").flatMap { Title($0, diagnostics) }
    let group = fields.required("group").flatMap { Title($0, diagnostics) }
    let keywords = fields.list("keywords").compactMap { node -> String? in
      guard let word = node.text(diagnostics) else { return nil }
      if !word.contains(",") { return word }
      diagnostics.error("a comma stands between keywords, not in one", at: node.location)
      return nil
    }
    fields.finish()
    guard let description, let group else { return nil }
    self.init(description: description, group: group, keywords: keywords)
  }
}

extension Assignment {
  fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "an assignment", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    self.init(fields)
  }

  fileprivate init?(_ fields: Fields) {
    let lead = fields.choice("lead", as: Role.self)
    let others = fields.list("with").compactMap { $0.choice(Role.self, fields.diagnostics) }
    guard let lead else { return nil }
    self.init(lead: lead, others: others.filter { $0 != lead })
  }
}

extension RoutingException {
  fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "an exception", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    func set<Choice: RawRepresentable & CaseIterable & Hashable>(_ key: String, _ type: Choice.Type)
      -> Set<Choice>? where Choice.RawValue == String
    {
      fields.optional(key).map { Set($0.list(diagnostics).compactMap { $0.choice(type, diagnostics) }) }
    }
    let priorities = set("priority", Priority.self)
    let management = set("management", Estate.Management.self)
    let places = set("place", Place.Kind.self)
    let during = fields.optionalText("during")
    let estates = fields.optional("estate").map { node in
      Set(node.list(diagnostics).compactMap { $0.text(diagnostics) })
    }
    guard let assignment = Assignment(fields) else { return nil }
    if priorities == nil, management == nil, places == nil, during == nil, estates == nil {
      diagnostics.error(
        "an exception that always holds; expected priority, during, management, place or estate",
        at: fields.location)
    }
    self.init(
      priorities: priorities, during: during, management: management, places: places, estates: estates,
      assignment: assignment)
  }
}

extension ServiceLevel {
  fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "a service level", diagnostics: diagnostics) else { return nil }
    self.init(
      acknowledge: fields.optional("acknowledge")?.term(diagnostics),
      onSite: fields.optional("on-site")?.term(diagnostics),
      resolve: fields.optional("resolve")?.term(diagnostics),
      followUp: fields.optional("follow-up")?.term(diagnostics),
      escalateEvery: fields.optional("escalate-every")?.term(diagnostics),
      pause: fields.optional("pause")?.term(diagnostics))
    fields.finish()
  }

  /// `P1: {…}`, `P2: {…}`
  fileprivate static func byPriority(_ node: Node, _ diagnostics: Diagnostics) -> [Priority: ServiceLevel] {
    guard let fields = Fields(node, of: "service-levels", diagnostics: diagnostics) else { return [:] }
    defer { fields.finish() }
    return read(fields)
  }

  fileprivate static func read(_ fields: Fields) -> [Priority: ServiceLevel] {
    var levels: [Priority: ServiceLevel] = [:]
    for priority in Priority.allCases {
      levels[priority] = fields.optional(priority.rawValue).flatMap { ServiceLevel($0, fields.diagnostics) }
    }
    return levels
  }
}

extension ServiceLevels {
  init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "service-levels", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    func share(_ key: String) -> Double? {
      guard let node = fields.optional(key), let share = node.quantity(.percent, diagnostics) else {
        return nil
      }
      if share.base > 0, share.base < 1 { return share.base }
      diagnostics.error("found \(share), expected a share between 0 % and 100 %", at: node.location)
      return nil
    }
    self.init(levels: [:])
    remindAt = share("remind-at") ?? remindAt
    warnAt = share("warn-at") ?? warnAt
    if remindAt >= warnAt {
      diagnostics.error("'remind-at' must lie before 'warn-at'", at: fields.keyLocation("remind-at"))
    }
    levels = ServiceLevel.read(fields)
  }
}

extension Verification {
  private enum Way: String, CaseIterable { case sensor, person }

  fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "verify", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    guard let way = fields.choice("by", as: Way.self) else { return nil }
    switch way {
    case .person: self = .person
    case .sensor:
      let settle = fields.optional("settle")?.span(diagnostics) ?? 86_400_000
      guard let quiet = fields.required("quiet")?.span(diagnostics) else { return nil }
      self = .sensor(quiet: quiet, settle: settle)
    }
  }
}

extension RecurrenceRule {
  fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "recurrence", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let window = fields.required("window")?.span(diagnostics)
    let count = fields.count("count", in: 2...100) ?? 0
    let rootCause = fields.optionalText("root-cause")
    var (regularCount, spread) = (0, 0.0)
    if let node = fields.optional("regular"),
      let regular = Fields(node, of: "regular", diagnostics: diagnostics)
    {
      regularCount = regular.count("count", in: 3...100) ?? 0
      spread = regular.required("spread")?.quantity(.number, diagnostics)?.base ?? 0
      regular.finish()
    }
    if (count > 0 || regularCount > 0) != (rootCause != nil) {
      diagnostics.error("'count' and 'root-cause' belong together", at: fields.location)
    }
    guard let window else { return nil }
    self.init(
      window: window, count: count, regularCount: regularCount, spread: spread, rootCause: rootCause)
  }
}

extension StormRule {
  fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "storm", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let alarms = fields.required("alarms") == nil ? nil : fields.count("alarms", in: 2...1000)
    let within = fields.required("within")?.span(diagnostics)
    guard let alarms, let within else { return nil }
    self.init(alarms: alarms, within: within)
  }
}
