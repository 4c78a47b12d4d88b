/// All rules of a configuration, checked against each other and against the catalogue.
import Configuration
import EstateModel

/// Checked rules with the calendars that they refer to.
///
///     let rules = RuleSet(documents: files, calendars: calendars, catalogue: catalogue, diagnostics: diagnostics)
///     try diagnostics.check()
///     var engine = RuleEngine(rules: rules, catalogue: catalogue, start: now)
public struct RuleSet: Sendable {
  /// In the order of their ids.
  public let rules: [Rule]
  public let calendars: [String: EstateCalendar]

  /// A window that would hold more readings than this of one device is refused.
  public static let mostSamples = 1_000_000

  /// Reads every rule of every document. Problems go to `diagnostics`; rules without problems are in the result.
  public init(
    documents: [Document], calendars: [String: EstateCalendar], catalogue: Catalogue, diagnostics: Diagnostics
  ) {
    self.calendars = calendars
    var readings: [RuleReader.Reading] = []
    var locations: [String: SourceLocation] = [:]
    for document in documents {
      let reader = RuleReader(
        calendars: calendars, diagnostics: diagnostics,
        lines: document.text.split(separator: "\n", omittingEmptySubsequences: false))
      let nodes: [Node]
      switch document.root.content {
      case .sequence(let items): nodes = items
      case .null: nodes = []
      default:
        diagnostics.error(
          "found \(document.root.kindName), expected a list of rules, each beginning with '- rule:'",
          at: document.root.location)
        nodes = []
      }
      for reading in nodes.compactMap(reader.read) {
        if let first = locations[reading.rule.id] {
          diagnostics.error(
            "rule '\(reading.rule.id)' is already defined in \(first)", at: reading.rule.location)
        } else {
          locations[reading.rule.id] = reading.rule.location
          readings.append(reading)
        }
      }
    }
    readings.sort { $0.rule.id < $1.rule.id }
    rules = readings.map(\.rule)
    for rule in rules {
      for name in rule.inhibitedBy where locations[name] == nil {
        diagnostics.error(
          "unknown rule '\(name.prefix(80))' in 'inhibited-by'\(near(name, locations.keys))",
          at: rule.location)
      }
    }
    Self.refuseCircles(rules, diagnostics)
    Self.check(readings, catalogue, diagnostics)
  }

  private init(_ rules: [Rule], _ calendars: [String: EstateCalendar]) {
    (self.rules, self.calendars) = (rules, calendars)
  }

  /// Only some of them.
  public func restricted(to ids: Set<String>) -> RuleSet {
    RuleSet(rules.filter { ids.contains($0.id) }, calendars)
  }

  /// Of rules that inhibit each other in a circle, whichever comes first would silence the others: nobody can want that.
  private static func refuseCircles(_ rules: [Rule], _ diagnostics: Diagnostics) {
    let byID = Dictionary(rules.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var finished: Set<String> = []
    for rule in rules where !finished.contains(rule.id) {
      // Depth first, with the way here and where to go on from each of its rules.
      var way: [(id: String, next: Int)] = [(rule.id, 0)]
      while let (id, next) = way.last {
        let inhibitors = byID[id]?.inhibitedBy ?? []
        guard next < inhibitors.count else {
          finished.insert(id)
          way.removeLast()
          continue
        }
        way[way.count - 1].next += 1
        let following = inhibitors[next]
        if let start = way.firstIndex(where: { $0.id == following }) {
          let circle = (way[start...].map(\.id) + [following]).prefix(10).joined(separator: " → ")
          diagnostics.error(
            "rules inhibit each other in a circle: \(circle)", at: byID[following]?.location ?? rule.location)
        } else if !finished.contains(following) {
          way.append((following, 0))
        }
      }
    }
  }

  /// Windows must fit in memory; devices must have what rules ask of them.
  private static func check(
    _ readings: [RuleReader.Reading], _ catalogue: Catalogue, _ diagnostics: Diagnostics
  ) {
    let byKind = Dictionary(grouping: catalogue.indices.map(DeviceIndex.init)) { catalogue[$0].kind }
    for reading in readings {
      let devices = reading.rule.kinds.flatMap { byKind[$0] ?? [] }
      for (leaf, location, kinds) in reading.windows {
        for device in kinds?.flatMap({ byKind[$0] ?? [] }) ?? devices {
          let targets = catalogue.targets(of: leaf.via, for: device)
          let needed = targets.map { leaf.window / max(1, catalogue[$0].reportInterval) }.max() ?? 0
          guard needed > mostSamples else { continue }
          diagnostics.error(
            "the window would hold \(needed) readings of '\(catalogue[device].path)'; at most \(mostSamples) are kept",
            at: location)
          break
        }
      }
      var lacking: [String: [String]] = [:]
      for device in devices {
        let has = { (name: String) in catalogue.attribute(name, of: device) != nil }
        for name in reading.rule.raise.attributesWithoutWhichNothingRaises(has: has) {
          lacking[name, default: []].append(catalogue[device].path)
        }
      }
      for (name, paths) in lacking.sorted(by: { $0.key < $1.key }) {
        let shown = paths.prefix(5).joined(separator: ", ") + (paths.count > 5 ? ", …" : "")
        diagnostics.warning(
          "rule '\(reading.rule.id)' can never judge \(paths.count) of its devices, which lack '\(name)': \(shown)",
          at: reading.rule.location)
      }
    }
  }
}

extension Catalogue {
  /// The devices whose signal a leaf reads.
  func targets(of via: Via, for device: DeviceIndex) -> [DeviceIndex] {
    switch via {
    case .own: [device]
    case .upstream: upstream(of: device)
    case .downstream: downstream(of: device)
    }
  }

  /// An attribute in base units. The report interval is always known.
  func attribute(_ name: String, of device: DeviceIndex) -> Double? {
    let device = self[device]
    if name == "report-interval" { return Double(device.reportInterval) / 1000 }
    return device.attributes[name]?.base
  }
}

extension Plan {
  /// Attributes that are missing, when because of them the condition can never be known to hold.
  func attributesWithoutWhichNothingRaises(has: (String) -> Bool) -> [String] {
    let missing = attributes.filter {
      $0 != Self.noiseFloor && $0 != Self.baselineTemperature && !has($0)
    }
    guard !missing.isEmpty, !canHold(without: Set(missing)) else { return [] }
    return missing
  }

  /// Whether some readings could make the condition hold although attributes are unknown.
  private func canHold(without missing: Set<String>) -> Bool {
    /// What a value may turn out to be; a number is known or not, which stands in `yes` and `no` alike.
    struct Outcome {
      var yes: Bool
      var no: Bool
      var isKnowable: Bool { yes || no }
    }
    let anything = Outcome(yes: true, no: true)
    var stack: [Outcome] = []
    for op in ops {
      switch op.code {
      case .constant, .leaf: stack.append(anything)
      case .attribute:
        let isKnown = !missing.contains(attributes[Int(op.index)])
        stack.append(Outcome(yes: isKnown, no: isKnown))
      case .not:
        if let value = stack.popLast() { stack.append(Outcome(yes: value.no, no: value.yes)) }
      case .negate, .absolute, .aimed, .floorLimit, .skipIfNo, .skipIfYes: break
      case .and, .or:
        guard let b = stack.popLast(), let a = stack.popLast() else { return true }
        stack.append(
          op.code == .and
            ? Outcome(yes: a.yes && b.yes, no: a.no || b.no) : Outcome(yes: a.yes || b.yes, no: a.no && b.no))
      default:
        guard let b = stack.popLast(), let a = stack.popLast() else { return true }
        let isKnowable =
          op.code == .otherwise ? a.isKnowable || b.isKnowable : a.isKnowable && b.isKnowable
        stack.append(Outcome(yes: isKnowable, no: isKnowable))
      }
    }
    return stack.last?.yes ?? true
  }
}
