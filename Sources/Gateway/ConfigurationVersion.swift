/// What changed in configuration files from release to release, and how older ones become like new ones.
import Configuration
import Foundation

/// `version:` in `gatehouse.yaml`. Older files are read as they are, with a warning.
///
/// - 1, the files of release 0.1.0, which say nothing of a version: any client with a password could read and publish
///   everything at the embedded broker.
/// - 2: `mosquitto.conf.template` names the lists of who may come in and publish where, and the folder of further
///   listeners.
public enum ConfigurationVersion {
  public static let current = 2

  /// A file as it was and as it is to be.
  public struct Change: Sendable {
    public var file: URL
    public var before: String
    public var after: String
  }

  /// What has to change in a configuration folder; nothing is written.
  /// - Throws: what keeps a file from being read.
  public static func changes(in folder: URL) throws -> [Change] {
    var changes: [Change] = []
    func look(_ file: URL, _ rewrite: (String) -> String) throws {
      let text = try String(contentsOf: file, encoding: .utf8)
      let after = rewrite(text)
      if after != text { changes.append(Change(file: file, before: text, after: after)) }
    }
    let main = folder.appendingPathComponent("gatehouse.yaml")
    try look(main, withVersion)
    let diagnostics = Diagnostics()
    guard let document = Document(contentsOf: main, name: "gatehouse.yaml", diagnostics: diagnostics) else {
      throw ConfigurationError(diagnostics.sorted())
    }
    let settings = Settings(document: document, folder: folder, diagnostics: diagnostics)
    if FileManager.default.fileExists(atPath: settings.brokerTemplate.path) {
      try look(settings.brokerTemplate, brokerTemplate)
    }
    return changes
  }

  /// The text with `version:` of today, before the first thing that it says; all else stays as it is.
  static func withVersion(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if let place = lines.firstIndex(where: { $0.hasPrefix("version:") }) {
      let comment = lines[place].firstIndex(of: "#").map { "  " + lines[place][$0...] } ?? ""
      lines[place] = "version: \(current)\(comment)"
      return lines.joined(separator: "\n")
    }
    // Comments that stand right above the first key belong to it.
    var place = lines.firstIndex { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix("---") } ?? lines.count
    while place > 0, lines[place - 1].hasPrefix("#") { place -= 1 }
    if place == 0, let end = lines.firstIndex(where: { !$0.hasPrefix("#") }), end > 0 {
      // Nothing but one block of comments stands above: its first line speaks of the whole file.
      place = 1
    }
    lines.insert(contentsOf: ["version: \(current)", ""], at: place)
    return lines.joined(separator: "\n")
  }

  /// The broker's template with the lists and the folder that it must name; other lines stay as they are.
  static func brokerTemplate(_ text: String) -> String {
    guard !text.contains("{{rights}}") || !text.contains("{{passwords}}") || !text.contains("{{listeners}}")
    else { return text }
    func isOld(_ line: Substring) -> Bool {
      let word = line.split(separator: " ").first
      return word == "password_file" || word == "acl_file"
    }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let place = lines.firstIndex(where: isOld) ?? lines.endIndex
    lines.removeAll(where: isOld)
    let new: [Substring] = [
      "# 'gatehouse device' keeps these two: who may come in, and who may publish where.",
      "password_file {{passwords}}", "acl_file {{rights}}",
      "# Where devices of other machines get in, over TLS, when gatehouse.yaml has a 'device-listener'.",
      "include_dir {{listeners}}",
    ]
    lines.insert(contentsOf: new, at: min(place, lines.endIndex))
    return lines.joined(separator: "\n")
  }

  /// Checks what the file says of its version.
  static func check(_ document: Document, _ diagnostics: Diagnostics) {
    let location = SourceLocation(file: document.file, line: 1, column: 1)
    var found = 1
    if case .mapping(let pairs) = document.root.content,
      let pair = pairs.first(where: { if case .scalar("version") = $0.key.content { true } else { false } })
    {
      guard let number = pair.value.integer(diagnostics) else { return }
      found = number
      guard (1...current).contains(number) else {
        diagnostics.error("found version \(number), expected at most \(current)", at: pair.value.location)
        return
      }
    }
    if found < current {
      diagnostics.warning(
        "configuration of version \(found); 'gatehouse config migrate' brings it to version \(current)",
        at: location)
    }
  }
}
