/// What went wrong with a request, as RFC 9457 describes it.
import Foundation
import HTTPTypes
import Hummingbird

/// Thrown by whatever answers; becomes `application/problem+json` for programs and a page for people.
struct Problem: Error {
  var status: HTTPResponse.Status
  var detail: String
  /// Further members: what would be allowed, say.
  var members: [String: [String]] = [:]
  var headers = HTTPFields()

  init(_ status: HTTPResponse.Status, _ detail: String) { (self.status, self.detail) = (status, detail) }

  static func notFound(_ what: String) -> Problem { Problem(.notFound, what) }

  /// What any error means to the one who asked. What isn't theirs to know stays in the log.
  init(_ error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let error as HTTPError:
      self.init(error.status, error.body ?? error.status.reasonPhrase)
    case is DecodingError: self.init(.badRequest, "the body can't be read as what is expected here")
    case let error as any HTTPResponseError: self.init(error.status, error.status.reasonPhrase)
    default: self.init(.internalServerError, "this failed here; the log of the gateway says why")
    }
  }

  func response(for path: String) -> Response {
    struct Body: Encodable {
      var type = "about:blank"
      var title: String
      var status: Int
      var detail: String
      var instance: String
      var allowed: [String]?
    }
    let body = Body(
      title: status.reasonPhrase, status: status.code, detail: detail, instance: path,
      allowed: members["allowed"])
    var response = Response.json(body, status: status, type: "application/problem+json")
    for field in headers { response.headers.append(field) }
    return response
  }
}

extension Response {
  /// Keys in a fixed order, so that equal values are equal bytes.
  static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, type: String = "application/json"
  )
    -> Response
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else { return Response(status: .internalServerError) }
    return Response(
      status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: data)))
  }

  static func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "text/html; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }

  static func seeOther(_ path: String) -> Response { Response(status: .seeOther, headers: [.location: path]) }
}
