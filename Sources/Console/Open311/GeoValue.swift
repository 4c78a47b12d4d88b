/// What GeoReport answers, in its two forms: the same fields as JSON and as XML.
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A value of an answer.
indirect enum GeoValue: Sendable {
  case none
  case text(String)
  case number(Int)
  case flag(Bool)
  /// In their order.
  case fields([(name: String, value: GeoValue)])
  /// In XML each stands in an element of this name.
  case list(of: String, [GeoValue])

  static func text(_ text: String?) -> GeoValue { text.map { .text($0) } ?? .none }
}

/// An answer with the name of its outermost element, which only XML shows.
struct GeoAnswer: Sendable {
  var root: String
  var value: GeoValue
}

extension GeoValue: Encodable {
  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .none:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .text(let text): try text.encode(to: encoder)
    case .number(let number): try number.encode(to: encoder)
    case .flag(let flag): try flag.encode(to: encoder)
    case .fields(let fields):
      var container = encoder.container(keyedBy: Name.self)
      for (name, value) in fields { try container.encode(value, forKey: Name(stringValue: name)) }
    case .list(_, let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    }
  }
}

/// Text of XML 1.0.
enum XMLText {
  /// Characters that stand for markup are replaced, those that XML can't hold are left out.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&apos;"
      // A parser would make a line feed of it.
      case "\r": escaped += "&#13;"
      case "\t", "\n", "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
        escaped.unicodeScalars.append(scalar)
      default: break
      }
    }
    return escaped
  }

  static func document(_ answer: GeoAnswer) -> String {
    var text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    element(answer.root, answer.value, &text)
    return text + "\n"
  }

  private static func element(_ name: String, _ value: GeoValue, _ text: inout String) {
    if case .none = value {
      text += "<\(name)/>"
      return
    }
    text += "<\(name)>"
    switch value {
    case .none: break
    case .text(let string): text += escaped(string)
    case .number(let number): text += String(number)
    case .flag(let flag): text += String(flag)
    case .fields(let fields): for (name, value) in fields { element(name, value, &text) }
    case .list(let item, let values): for value in values { element(item, value, &text) }
    }
    text += "</\(name)>"
  }
}

enum GeoFormat: String {
  case json, xml

  func response(_ answer: GeoAnswer, status: HTTPResponse.Status = .ok) -> Response {
    switch self {
    case .json: return .json(answer.value, status: status, type: "application/json; charset=utf-8")
    case .xml:
      return Response(
        status: status, headers: [.contentType: "text/xml; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(string: XMLText.document(answer))))
    }
  }
}

/// What is wrong with a request, all of it at once; the first error's code is the answer's status.
struct GeoErrors: Error {
  var errors: [(code: Int, description: String)]
  var headers = HTTPFields()

  init(_ code: Int, _ description: String) { errors = [(code, description)] }

  init?(_ errors: [(code: Int, description: String)]) {
    guard !errors.isEmpty else { return nil }
    self.errors = errors
  }

  var answer: GeoAnswer {
    GeoAnswer(
      root: "errors",
      value: .list(
        of: "error",
        errors.map {
          .fields([
            (name: "code", value: .number($0.code)), (name: "description", value: .text($0.description)),
          ])
        }))
  }
}
