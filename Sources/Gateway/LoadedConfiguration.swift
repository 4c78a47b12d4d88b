/// Everything that configuration files say, read and checked in one go.
import Calendars
import Configuration
import EstateModel
import Foundation
import Notifications
import Payloads
import Rules
import Tickets

public struct LoadedConfiguration: Sendable {
  public var settings: Settings
  public var catalogue: Catalogue
  public var calendars: [String: EstateCalendar]
  public var rules: RuleSet
  public var profiles: [Profile]
  public var routing: Routing
  public var notifications = NotificationPlan()
  /// Check sums of the files that it was read from, by part and file.
  private(set) var files: [Part: [String: UInt64]] = [:]

  /// What the files are about.
  enum Part: String, CaseIterable, Sendable {
    case main, estates, calendars, rules, profiles, routing, notifications
  }

  /// Whether a part was read from the same files.
  func hasSame(_ part: Part, as other: LoadedConfiguration) -> Bool { files[part] == other.files[part] }

  func hasSameFiles(as other: LoadedConfiguration) -> Bool { files == other.files }

  /// Reads a configuration folder. All that is wrong is in `diagnostics`; the result is usable when that has no errors.
  /// - Parameters:
  ///   - estates: when given, only these estates are watched.
  ///   - sends: false leaves out who is told of what, and with it the secrets that only a gateway can read.
  public init?(folder: URL, estates: [String]? = nil, sends: Bool = true, diagnostics: Diagnostics) {
    let main = folder.appendingPathComponent("gatehouse.yaml")
    let name = folder.lastPathComponent
    guard
      let document = Document(
        contentsOf: main, name: "\(name)/gatehouse.yaml", diagnostics: diagnostics)
    else { return nil }
    ConfigurationVersion.check(document, diagnostics)
    settings = Settings(document: document, folder: folder, diagnostics: diagnostics)

    var files: [Part: [String: UInt64]] = [:]
    func note(_ document: Document?, of part: Part) {
      guard let document else { return }
      files[part, default: [:]][document.file] = Array(document.text.utf8).withUnsafeBytes(StableHash.of)
    }
    func documents(_ folder: URL, _ part: Part) -> [Document] {
      let all = Document.all(
        in: folder, prefix: Self.shortName(of: folder, beside: main), diagnostics: diagnostics)
      for document in all { note(document, of: part) }
      return all
    }
    note(document, of: .main)
    var catalogue = Catalogue(
      documents: documents(settings.catalogueFolder, .estates), diagnostics: diagnostics)
    let allEstates = catalogue.estates
    if let wanted = estates ?? settings.estates {
      for id in wanted where catalogue.estate(id) == nil {
        diagnostics.error(
          "unknown estate '\(id)'\(suggestion(for: id, in: catalogue.estates.map(\.id)))",
          at: SourceLocation(file: document.file, line: 1, column: 1))
      }
      catalogue = catalogue.restricted(to: Set(wanted))
    }
    self.catalogue = catalogue
    calendars = EstateCalendar.calendars(
      in: documents(settings.calendarsFolder, .calendars), diagnostics: diagnostics)
    let dated = ICalendarFile.calendars(
      in: settings.calendarsFolder, prefix: Self.shortName(of: settings.calendarsFolder, beside: main),
      diagnostics: diagnostics)
    for (name, calendar) in dated.sorted(by: { $0.key < $1.key }) {
      if calendars[name] != nil {
        diagnostics.error(
          "calendar '\(name)' is already defined in a YAML file",
          at: SourceLocation(file: "\(name).ics", line: 1, column: 1))
      }
      calendars[name] = calendar
      let file = settings.calendarsFolder.appendingPathComponent("\(name).ics")
      files[.calendars, default: [:]]["\(name).ics"] =
        Array((try? Data(contentsOf: file)) ?? Data()).withUnsafeBytes(StableHash.of)
    }
    rules = RuleSet(
      documents: documents(settings.rulesFolder, .rules), calendars: calendars, catalogue: catalogue,
      diagnostics: diagnostics)
    profiles = Profile.read(documents(settings.profilesFolder, .profiles), diagnostics: diagnostics)
    let routingName = Self.shortName(of: settings.routingFile, beside: main)
    guard
      let routing = Document(contentsOf: settings.routingFile, name: routingName, diagnostics: diagnostics)
    else { return nil }
    note(routing, of: .routing)
    self.routing = Routing(
      document: routing, calendars: calendars, estates: allEstates, diagnostics: diagnostics)
    checkCategories(diagnostics)
    if sends, let file = settings.notificationsFile {
      let name = Self.shortName(of: file, beside: main)
      if let document = Document(contentsOf: file, name: name, diagnostics: diagnostics) {
        note(document, of: .notifications)
        notifications = NotificationPlan(
          document: document, folder: file.deletingLastPathComponent(), estates: allEstates.map(\.id),
          diagnostics: diagnostics)
      }
    }
    self.files = files
  }

  /// Keys of payloads that hold names, faces and plates.
  var privateKeys: Set<String> {
    profiles.reduce(into: Payloads.privateKeys) { $0.formUnion($1.ownPrivate) }
  }

  /// A category that no route knows would leave a ticket without a responsible party.
  private func checkCategories(_ diagnostics: Diagnostics) {
    for rule in rules.rules where routing[rule.category] == nil {
      diagnostics.error(
        "rule '\(rule.id)': no route for ticket category '\(rule.category)'"
          + suggestion(for: rule.category, in: routing.categories.map(\.name)),
        at: rule.location)
    }
  }

  /// The path as a person sees it from the folder above the configuration: `config/rules`, `seeds/estates`.
  private static func shortName(of url: URL, beside main: URL) -> String {
    let root = main.deletingLastPathComponent().deletingLastPathComponent().standardizedFileURL.path
    let path = url.standardizedFileURL.path
    let prefix = root.hasSuffix("/") ? root : root + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }
}
