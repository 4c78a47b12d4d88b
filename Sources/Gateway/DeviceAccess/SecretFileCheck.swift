/// Files with secrets that others can read, and passwords that anybody would try first.
import Configuration
import Foundation

extension LoadedConfiguration {
  /// For `gatehouse check`: warns, and changes nothing.
  public func warnOfOpenSecrets(_ diagnostics: Diagnostics) {
    let data = settings.dataFolder
    let own = [
      "broker/password", "broker/simulator.password", "broker/accounts", "broker/passwords",
      "broker/devices.json",
      "broker/ca/ca.key", "broker/ca/server.key", "console-accounts.json",
    ]
    for name in own { warn(data.appendingPathComponent(name).path, open: 0o077, diagnostics) }
    if let tls = settings.console?.tls { warn(tls.key, open: 0o007, diagnostics) }
    if case .url(let url, let passwordFile, _, _) = settings.broker {
      if URLComponents(string: url)?.password != nil {
        diagnostics.warning(
          "the broker's password stands in the URL, where everybody reads it who reads the configuration: expected"
            + " 'password-file'", at: SourceLocation(file: "gatehouse.yaml", line: 1, column: 1))
      }
      if let passwordFile {
        warn(passwordFile, open: 0o007, diagnostics)
        warnOfDefault(passwordFile, user: URLComponents(string: url)?.user, diagnostics)
      }
    }
  }

  private func warn(_ path: String, open: mode_t, _ diagnostics: Diagnostics) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & open != 0 else { return }
    let mode = String(status.st_mode & 0o777, radix: 8)
    let remedy = open == 0o077 ? "chmod 600" : "chmod o-rwx"
    diagnostics.warning(
      "a secret that others can read (mode \(mode)): \(remedy) it",
      at: SourceLocation(file: path, line: 1, column: 1))
  }

  private func warnOfDefault(_ path: String, user: String?, _ diagnostics: Diagnostics) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
    let password = text.trimmingCharacters(in: .whitespacesAndNewlines)
    let known = [
      "password", "passw0rd", "changeme", "change-me", "admin", "gatehouse", "mosquitto", "mqtt", "secret",
      "12345678", "123456789", "1234567890", "qwertyuiop",
    ]
    guard password.count < 8 || known.contains(password.lowercased()) || password == user else { return }
    diagnostics.warning(
      "a password that anybody would try first (or shorter than 8 characters): choose another",
      at: SourceLocation(file: path, line: 1, column: 1))
  }
}
