/// Secrets stand in files or in the environment, never in a configuration file.
import Configuration
import Foundation

struct SecretReader {
  let folder: URL
  let diagnostics: Diagnostics
  /// A longer file isn't a secret but a mistake.
  private static let mostBytes = 16_384

  /// `{file: secrets/office}` or `{env: OFFICE_SECRET}`.
  func read(_ node: Node) -> Secret? {
    guard case .mapping = node.content else {
      diagnostics.error(
        "expected {file: PATH} or {env: NAME}: a secret doesn't stand in a configuration file",
        at: node.location)
      return nil
    }
    guard let fields = Fields(node, of: "a secret", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let (file, name) = (fields.optionalText("file"), fields.optionalText("env"))
    switch (file, name) {
    case (let file?, nil): return read(file: file, fields)
    case (nil, let name?):
      guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else {
        diagnostics.error("environment variable '\(name)' is not set", at: fields.keyLocation("env"))
        return nil
      }
      return Secret(text)
    default:
      diagnostics.error("a secret: expected one of 'file' and 'env'", at: node.location)
      return nil
    }
  }

  private func read(file: String, _ fields: Fields) -> Secret? {
    let location = fields.keyLocation("file")
    let path = URL(fileURLWithPath: file, relativeTo: folder).standardizedFileURL.path
    guard let bytes = FileManager.default.contents(atPath: path) else {
      diagnostics.error("secret file '\(file)' can't be read", at: location)
      return nil
    }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & 0o007 != 0 {
      diagnostics.warning(
        "secret file '\(file)' can be read or written by everybody: chmod o-rwx it", at: location)
    }
    let text = String(decoding: bytes.prefix(Self.mostBytes), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    if text.isEmpty || bytes.count > Self.mostBytes {
      diagnostics.error(
        "secret file '\(file)' has \(bytes.count) bytes, expected a line of text", at: location)
      return nil
    }
    return Secret(text)
  }
}
