/// `gatehouse user …`: who may sign in to the console, also while the gateway runs.
import ArgumentParser
import Console
import EstateModel
import Foundation
import Gateway

struct UserCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "People and programs that may use the web console.",
    discussion: """
      Roles: reporter hands in residents' reports by Open311 and sees nothing, viewer looks, operator takes steps on \
      tickets, admin configures.

      EXAMPLE
        gatehouse user add li --role operator            prints a one-time password
        gatehouse user password li                       a new one-time password
        gatehouse user token li --scope viewer --days 90 prints a token for a program
        gatehouse user add city-app --role reporter      an account for a city's app
      """,
    subcommands: [
      Add.self, List.self, Password.self, Role.self, Disable.self, Enable.self, Remove.self, Token.self,
      Revoke.self,
    ])

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Add somebody, with a one-time password that is printed.",
      discussion: "EXAMPLE\n  gatehouse user add li --role operator")
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Letters, digits, '-', '_' and '.'.") var name: String
    @Option(help: "reporter, viewer, operator or admin.") var role: Access = .viewer
    @Flag(help: "Read a lasting password from the first line of standard input.") var passwordFromInput =
      false

    func run() throws {
      try finding {
        let given = passwordFromInput ? readLine() ?? "" : nil
        let password = try options.accounts().add(name, access: role, password: given)
        try options.audit("user-added", about: name)
        try Told(name, given == nil ? password : nil).print(output)
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Everybody who may sign in, and the tokens.",
      discussion: "EXAMPLE\n  gatehouse user list")
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    private struct Line: Encodable {
      var name: String
      var role: Access
      var disabled: Bool
      var tokens: [Token]
      struct Token: Encodable {
        var id: String
        var scope: Access
        var ends: Int64
      }
    }

    func run() throws {
      let book = try options.accounts()
      for account in book.accounts {
        let tokens = book.tokens.filter { $0.account == account.name }
        if output.json {
          print(
            try jsonLine(
              Line(
                name: account.name, role: account.access, disabled: account.isDisabled,
                tokens: tokens.map { .init(id: $0.id, scope: $0.scope, ends: $0.ends) })))
          continue
        }
        print(
          "\(account.name)  \(account.access.rawValue)\(account.isDisabled ? "  disabled" : account.mustChangePassword ? "  one-time password" : "")"
        )
        for token in tokens {
          print(
            "  token \(token.id)  \(token.scope.rawValue)  until \(Timestamp(milliseconds: token.ends).formatted())"
          )
        }
      }
    }
  }

  struct Password: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "password", abstract: "Give somebody a new one-time password; ends their sessions.",
      discussion: "EXAMPLE\n  gatehouse user password li")
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The account's name.") var name: String
    @Flag(help: "Read a lasting password from the first line of standard input.") var passwordFromInput =
      false

    func run() throws {
      try finding {
        let given = passwordFromInput ? readLine() ?? "" : nil
        let password = try options.accounts().setPassword(of: name, to: given)
        try options.audit("user-password", about: name)
        try Told(name, given == nil ? password : nil).print(output)
      }
    }
  }

  struct Role: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "role", abstract: "Give somebody another role.",
      discussion: "EXAMPLE\n  gatehouse user role li operator")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The account's name.") var name: String
    @Argument(help: "viewer, operator or admin.") var role: Access

    func run() throws {
      try finding {
        try options.accounts().setAccess(of: name, to: role)
        try options.audit("user-role-\(role.rawValue)", about: name)
        print("\(name)  \(role.rawValue)")
      }
    }
  }

  struct Disable: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "disable",
      abstract: "Keep somebody out without forgetting them: sessions end, tokens are refused.",
      discussion: "EXAMPLE\n  gatehouse user disable li")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The account's name.") var name: String

    func run() throws { try options.setDisabled(true, name) }
  }

  struct Enable: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "enable", abstract: "Let somebody in again.",
      discussion: "EXAMPLE\n  gatehouse user enable li")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The account's name.") var name: String

    func run() throws { try options.setDisabled(false, name) }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Remove somebody, with their tokens.",
      discussion: "EXAMPLE\n  gatehouse user remove li")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The account's name.") var name: String

    func run() throws {
      try finding {
        try options.accounts().remove(name)
        try options.audit("user-removed", about: name)
      }
    }
  }

  struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "token", abstract: "Make a token for a program; it is printed once.",
      discussion: "EXAMPLE\n  gatehouse user token li --scope viewer --days 90")
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The account whose name stands on what the program does.") var name: String
    @Option(help: "reporter (for Open311), viewer, operator or admin; at most what the account may do.")
    var scope: Access = .viewer
    @Option(help: "Good for so many days, 1 to 400.") var days: Int = 90

    func validate() throws {
      guard (1...400).contains(days) else { throw ValidationError("--days: expected 1 to 400") }
    }

    func run() throws {
      try finding {
        let ends = GatewayClock.wall.milliseconds + Int64(days) * 86_400_000
        let (id, secret) = try options.accounts().addToken(account: name, scope: scope, ends: ends)
        try options.audit("token-added", about: "\(name) \(id)")
        print(
          output.json
            ? try jsonLine(["id": id, "token": secret, "ends": String(ends)]) : "\(id)  \(secret)")
      }
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke", abstract: "End a token.", discussion: "EXAMPLE\n  gatehouse user revoke 3fA9_xQ2"
    )
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The token's id, as 'gatehouse user list' shows it.") var token: String

    func run() throws {
      try finding {
        try options.accounts().removeToken(token)
        try options.audit("token-revoked", about: token)
      }
    }
  }
}

/// An account that was made or changed, with the password that was made up for it, if one was.
private struct Told: Encodable {
  var name: String
  var password: String?

  init(_ name: String, _ password: String?) { (self.name, self.password) = (name, password) }

  func print(_ output: OutputOptions) throws {
    Swift.print(
      output.json ? try jsonLine(self) : password.map { "\(name)  one-time password \($0)" } ?? name)
  }
}

extension Access: ExpressibleByArgument {}

extension ConfigurationOptions {
  fileprivate func accounts() throws -> AccountBook {
    let folder = try dataFolder()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return AccountBook(folder: folder)
  }

  fileprivate func setDisabled(_ isDisabled: Bool, _ name: String) throws {
    try finding {
      try accounts().setDisabled(isDisabled, of: name)
      try audit(isDisabled ? "user-disabled" : "user-enabled", about: name)
      print("\(name)  \(isDisabled ? "disabled" : "enabled")")
    }
  }

  fileprivate func audit(_ action: String, about: String) throws {
    Audit(folder: try dataFolder()).note(action, by: "command line", about: about)
  }
}

private func finding(_ body: () throws -> Void) throws {
  do { try body() } catch let error as AccountError { throw Finding(text: "\(error)") }
}
