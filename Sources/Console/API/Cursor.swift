/// Where the next part of a list begins: opaque to callers, and nothing but an order's key to us.
import EstateModel
import Foundation
import Hummingbird

enum Cursor {
  static func text(_ parts: String...) -> String {
    Data(parts.joined(separator: "\n").utf8).base64EncodedString()
      .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }

  /// - Throws: ``Problem`` 400 when the text was not made here.
  static func parts(_ text: String, count: Int) throws -> [String] {
    var base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    while base64.count % 4 != 0 { base64.append("=") }
    guard let data = Data(base64Encoded: base64), let decoded = String(data: data, encoding: .utf8) else {
      throw Problem(.badRequest, "'cursor' is not one that a list has given")
    }
    let parts = decoded.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == count else { throw Problem(.badRequest, "'cursor' belongs to another list") }
    return parts
  }
}

/// Query parameters, read strictly: what can't be understood is refused, not ignored.
struct Query {
  private let request: Request

  init(_ request: Request) { self.request = request }

  /// nil when absent or empty.
  func text(_ name: String) -> String? {
    guard let value = request.uri.queryParameters.get(name), !value.isEmpty else { return nil }
    return value
  }

  func integer(_ name: String, in range: ClosedRange<Int>, else standard: Int) throws -> Int {
    guard let text = text(name) else { return standard }
    guard let value = Int(text), range.contains(value) else {
      throw Problem(
        .badRequest, "'\(name)': expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func boolean(_ name: String) throws -> Bool? {
    switch text(name) {
    case nil: nil
    case "true": true
    case "false": false
    default: throw Problem(.badRequest, "'\(name)': expected true or false")
    }
  }

  func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of type: Choice.Type) throws -> Choice?
  where Choice.RawValue == String {
    guard let text = text(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let names = type.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(.badRequest, "'\(name)': expected one of \(names)")
    }
    return choice
  }

  /// RFC 3339.
  func time(_ name: String) throws -> Timestamp? {
    guard let text = text(name) else { return nil }
    guard let time = Timestamp(rfc3339: text) else {
      throw Problem(.badRequest, "'\(name)': expected a time such as 2026-04-14T22:00:00+08:00")
    }
    return time
  }
}
