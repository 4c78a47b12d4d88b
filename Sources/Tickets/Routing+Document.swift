/// Reads `config/routing.yaml`.
import Configuration
import EstateModel

extension Routing {
  /// Categories that rules and later parts of the gateway rely on; a file without one of them doesn't check.
  public static let required = [
    "elevator-noise", "neighbour-noise", "works-noise", "sewer-blockage", "meter-well", "wall-safety",
    "gate-security", "fire-lane", "device-maintenance", "root-cause",
  ]

  /// What is wrong goes to `diagnostics`; categories that can be read are in the result.
  /// - Parameters:
  ///   - calendars: those that `during:` may name.
  ///   - estates: for each of them, and for each kind of management, there must be somebody who answers.
  public init(
    document: Document, calendars: [String: EstateCalendar] = [:], estates: [Estate] = [],
    diagnostics: Diagnostics
  ) {
    guard let fields = Fields(document.root, of: "a routing file", diagnostics: diagnostics) else {
      self.init(categories: [])
      return
    }
    let list = fields.required("categories").flatMap {
      Fields($0, of: "categories", diagnostics: diagnostics)
    }
    let names = list?.keys ?? []
    let categories = names.compactMap { name in
      list?.required(name).flatMap { Category(name: name, $0, diagnostics) }
    }
    self.init(categories: categories)
    self.calendars = calendars
    workingTime =
      fields.required("working-time").flatMap { WorkingTime($0, calendars: calendars, diagnostics) }
      ?? workingTime
    levels = fields.required("service-levels").flatMap { ServiceLevels($0, diagnostics) } ?? levels
    readLastResort(fields)
    readLimits(fields)
    fields.finish()
    for name in Self.required where !names.contains(name) {
      diagnostics.error("category '\(name)' is missing", at: list?.location ?? fields.location)
    }
    var proof = RoutingProof(self, estates: estates)
    for category in categories {
      let location = list?.keyLocation(category.name) ?? fields.location
      for gap in proof.gaps(in: category) { diagnostics.error(gap, at: location) }
      check(category, estates: estates.map(\.id), at: location, diagnostics)
    }
  }

  private mutating func readLastResort(_ fields: Fields) {
    lastResort = fields.list("last-resort").compactMap { $0.choice(Role.self, fields.diagnostics) }
    if lastResort.isEmpty {
      fields.diagnostics.error(
        "nobody is asked when a chain is at its end; expected 'last-resort: [sub-district, \"12345\"]'",
        at: fields.keyLocation("last-resort"))
    }
  }

  private mutating func readLimits(_ root: Fields) {
    let diagnostics = root.diagnostics
    guard let node = root.optional("limits"),
      let fields = Fields(node, of: "limits", diagnostics: diagnostics)
    else { return }
    defer { fields.finish() }
    newTicketsAMinute = fields.count("new-tickets-a-minute", in: 1...1000) ?? newTicketsAMinute
    if let node = fields.optional("unanswered-contacts"),
      let contacts = Fields(node, of: "unanswered-contacts", diagnostics: diagnostics)
    {
      self.contacts.count = contacts.count("count", in: 1...100) ?? self.contacts.count
      self.contacts.within = contacts.optional("within")?.span(diagnostics) ?? self.contacts.within
      contacts.finish()
    }
  }

  /// Not too many parties, clocks for each priority, and names that there are.
  private func check(
    _ category: Category, estates: [String], at location: SourceLocation, _ diagnostics: Diagnostics
  ) {
    let assignments =
      Set(Estate.Management.allCases.map(category.assignment)).union(category.exceptions.map(\.assignment))
    for parties in Set(assignments.map { Set([$0.lead] + $0.others + category.atP1).count }).sorted()
    where parties > Self.mostParties {
      diagnostics.error(
        "category '\(category.name)' puts \(parties) parties on a ticket, expected at most \(Self.mostParties)",
        at: location)
    }
    for priority in Priority.allCases {
      let level = (category.levels[priority] ?? ServiceLevel()).over(
        levels.levels[priority] ?? ServiceLevel())
      for (name, term) in [
        ("acknowledge", level.acknowledge), ("resolve", level.resolve), ("follow-up", level.followUp),
        ("escalate-every", level.escalateEvery), ("pause", level.pause),
      ] where term == nil {
        diagnostics.error(
          "category '\(category.name)', \(priority.rawValue): no time for '\(name)'", at: location)
      }
    }
    for name in Set(category.exceptions.flatMap { $0.estates ?? [] }).sorted()
    where !estates.isEmpty && !estates.contains(name) {
      diagnostics.error(
        "category '\(category.name)': unknown estate '\(name)'\(suggestion(for: name, in: estates))",
        at: location)
    }
    for exception in category.exceptions {
      guard let name = exception.during, calendars[name] == nil, name != "working-time", name != "off-hours"
      else { continue }
      let known = Array(calendars.keys) + ["working-time", "off-hours"]
      diagnostics.error(
        "category '\(category.name)': unknown calendar '\(name)'\(suggestion(for: name, in: known))",
        at: location)
    }
    if let name = category.recurrence?.rootCause, self[name] == nil {
      diagnostics.error(
        "category '\(category.name)': unknown category '\(name)'\(suggestion(for: name, in: categories.map(\.name)))",
        at: location)
    }
  }
}

extension Fields {
  func count(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let node = optional(key), let value = node.integer(diagnostics) else { return nil }
    guard range.contains(value) else {
      diagnostics.error(
        "found \(value), expected \(range.lowerBound) to \(range.upperBound)", at: node.location)
      return nil
    }
    return value
  }
}
