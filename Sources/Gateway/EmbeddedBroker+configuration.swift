/// The embedded broker's configuration file.
import Foundation

/// Why the embedded broker can't be started.
public enum EmbeddedBrokerError: Error, Equatable, CustomStringConvertible {
  /// A program is missing; `package` is Debian's.
  case missing(program: String, package: String)
  /// The template names a place that nothing fills.
  case unknownPlaceholder(String, line: Int, known: [String])
  /// The template doesn't name a place that must be filled.
  case missingPlaceholder(String)
  /// A value that would break the configuration file's lines.
  case unfitValue(placeholder: String, found: String)
  /// Anonymous clients would get in, or no list of rights would hold.
  case openDoor(line: String)
  case fileSystem(operation: String, path: String, reason: String)
  /// The broker ended or didn't answer; `log` is the end of its log.
  case notAnswering(port: Int, reason: String, log: String)

  public var description: String {
    switch self {
    case .missing(let program, let package):
      "embedded broker: '\(program)' is not installed; run: apt-get install \(package)"
    case .unknownPlaceholder(let name, let line, let known):
      "mosquitto.conf.template:\(line): unknown placeholder '{{\(name)}}'; expected one of \(known.joined(separator: ", "))"
    case .missingPlaceholder(let name):
      "mosquitto.conf.template: placeholder '{{\(name)}}' is missing; the embedded broker can't do without it"
    case .unfitValue(let placeholder, let found):
      "mosquitto.conf.template: the value of '{{\(placeholder)}}' has a line break: '\(found)'"
    case .openDoor(let line):
      "mosquitto.conf.template: '\(line)': the embedded broker lets nobody in without a name and its rights"
    case .fileSystem(let operation, let path, let reason):
      "embedded broker: can't \(operation) \(path): \(reason)"
    case .notAnswering(let port, let reason, let log):
      "embedded broker on port \(port): \(reason)\(log.isEmpty ? "" : "; its log ends:\n\(log)")"
    }
  }
}

extension EmbeddedBroker {
  /// Fills the template's `{{…}}` places. Comments are left as they are.
  /// - Throws: `EmbeddedBrokerError` for a place that is unknown or missing, and for a value with a line break.
  public static func render(_ template: String, values: [String: String]) throws(EmbeddedBrokerError)
    -> String
  {
    var unused = Set(values.keys)
    var lines: [String] = []
    for (index, line) in template.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      var rest = line
      var rendered = ""
      while !line.hasPrefix("#"), let open = rest.range(of: "{{"), let close = rest.range(of: "}}"),
        open.upperBound <= close.lowerBound
      {
        let name = String(rest[open.upperBound..<close.lowerBound])
        guard let value = values[name] else {
          throw .unknownPlaceholder(name, line: index + 1, known: values.keys.sorted())
        }
        guard !value.contains(where: \.isNewline) else { throw .unfitValue(placeholder: name, found: value) }
        unused.remove(name)
        rendered += rest[..<open.lowerBound] + value
        rest = rest[close.upperBound...]
      }
      lines.append(rendered + rest)
    }
    if let name = unused.sorted().first { throw .missingPlaceholder(name) }
    return lines.joined(separator: "\n")
  }

  /// - Throws: ``EmbeddedBrokerError/openDoor(line:)`` for a configuration that lets in whoever comes.
  static func refuseOpenDoors(_ text: String) throws(EmbeddedBrokerError) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.first == "allow_anonymous", words.dropFirst().first != "false" {
        throw .openDoor(line: String(line))
      }
      if words.first == "per_listener_settings", words.dropFirst().first != "false" {
        throw .openDoor(line: String(line))
      }
    }
  }

  /// The template that is used when no other is given. `config/mosquitto.conf.template` is this text, for
  /// those who want to change it; a test keeps the two equal.
  public static let defaultTemplate = """
    # The embedded broker: Debian's mosquitto as a child of the gateway. Rendered at each start.
    # Places to be filled in: {{port}} {{listeners}} {{passwords}} {{rights}} {{user}} {{folder}} {{in-flight}}

    # Loopback, for the gateway and programs of this machine. Devices of other machines get in by the listeners in
    # {{listeners}}, over TLS, when gatehouse.yaml has a 'device-listener'.
    listener {{port}} 127.0.0.1
    include_dir {{listeners}}
    allow_anonymous false
    # 'gatehouse device' keeps these two: who may come in, and who may publish where.
    password_file {{passwords}}
    acl_file {{rights}}

    # As the gateway's own user: dropping privileges would clear the parent-death signal.
    user {{user}}

    # Sessions and undelivered messages outlive both processes.
    persistence true
    persistence_location {{folder}}/
    persistence_file mosquitto.db
    autosave_interval 60

    # The gateway acknowledges after its commit: this bounds a batch.
    max_inflight_messages {{in-flight}}
    max_queued_messages 1000000
    message_size_limit 1048576

    # To standard error, which the gateway keeps in mosquitto.log and keeps short.
    log_dest stderr
    log_type error
    log_type warning
    log_type notice
    log_timestamp_format %Y-%m-%dT%H:%M:%S

    """
}
