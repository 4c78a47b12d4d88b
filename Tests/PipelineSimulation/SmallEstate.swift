/// The configuration that ships, with an estate of seven devices: one of each kind that rules watch.
import Configuration
import EstateModel
import Foundation
import Gateway
import Notifications
import Rules

struct SmallEstate: Sendable {
  static let id = "small"
  let configuration: LoadedConfiguration
  /// The same with three rules more, which look far back and raise nothing.
  let larger: LoadedConfiguration

  struct Unusable: Error, CustomStringConvertible { var description: String }

  /// - Parameter root: the package's folder.
  init(root: URL) throws {
    let diagnostics = Diagnostics()
    guard
      var loaded = LoadedConfiguration(
        folder: root.appendingPathComponent("config"), diagnostics: diagnostics),
      let document = Document(text: Self.text, file: "small.yaml", diagnostics: diagnostics)
    else { throw Unusable(description: "\(diagnostics.sorted())") }
    loaded.catalogue = Catalogue(documents: [document], diagnostics: diagnostics)
    guard !diagnostics.hasErrors else { throw Unusable(description: "\(diagnostics.sorted())") }
    loaded.notifications = .everything
    configuration = loaded
    guard
      let more = Document(text: Self.more, file: "more.yaml", diagnostics: diagnostics)
    else { throw Unusable(description: "\(diagnostics.sorted())") }
    let folder = root.appendingPathComponent("config/rules")
    loaded.rules = RuleSet(
      documents: Document.all(in: folder, prefix: "rules", diagnostics: diagnostics) + [more],
      calendars: loaded.calendars, catalogue: loaded.catalogue, diagnostics: diagnostics)
    guard !diagnostics.hasErrors else { throw Unusable(description: "\(diagnostics.sorted())") }
    larger = loaded
  }

  private static let more = """
    - rule: never-so-high
      on: sewer-level-probe
      raise: max(level, 6h) > 90 m and typical(level) > 0 m
      for: 1h
      priority: P4
      ticket: device-maintenance
    - rule: never-so-loud
      on: elevator-noise-meter
      raise: leq(laeq, 3h) > 190 dBA
      priority: P4
      ticket: device-maintenance
    - rule: never-so-many
      on: entrance-camera
      raise: count(loitering, 4h) > 100000 or days(count(loitering, 1h) > 90000, 3day) > 2
      priority: P4
      ticket: device-maintenance
    """

  private static let text = """
    estate: small
    title: Small
    community: C
    sub-district: S
    district: D
    management: none
    places:
      - {id: flat, kind: flat}
      - {id: wall, kind: wall}
      - {id: gate, kind: gate}
      - {id: w1, kind: well, sewer: main, downstream: w2, bore: 0.30 m, cover: 1.6 m, depth: 1.6 m}
      - {id: w2, kind: well, sewer: main, downstream: w3, bore: 0.30 m, cover: 1.6 m, depth: 1.6 m}
      - {id: w3, kind: well, sewer: main, bore: 0.30 m, cover: 1.6 m, depth: 1.6 m}
      - {id: mw, kind: meter-well, depth: 1.2 m}
    devices:
      - {id: p1, kind: sewer-level-probe, at: w1, report-interval: 2 min}
      - {id: p2, kind: sewer-level-probe, at: w2, report-interval: 2 min}
      - {id: p3, kind: sewer-level-probe, at: w3, report-interval: 2 min}
      - {id: mw, kind: meter-well-probe, at: mw, report-interval: 2 min}
      - {id: tilt, kind: wall-tilt-sensor, at: wall, report-interval: 4 min, baseline: 0 deg}
      - {id: camera, kind: entrance-camera, at: gate, report-interval: 2 min}
      - {id: meter, kind: elevator-noise-meter, at: flat, report-interval: 60 s, background: 26 dBA, limit-night: 30 dBA, limit-day: 40 dBA}
    """
}
