/// A POST and what its answer means for the message.
import CCurl
import EstateModel
import Foundation

struct HTTPPost {
  var end: HTTPEnd
  /// Put behind the URL's own parameters.
  var parameters: [(String, String)] = []
  var headers: [String] = []
  var body: [UInt8]
  var user: String?
  var password: Secret?

  /// A receiver may send us on to another path of its own so often.
  private static let mostRedirects = 3

  init(_ end: HTTPEnd, body: some Encodable, encoder: JSONEncoder = .plain) throws(TransferError) {
    self.end = end
    do {
      self.body = Array(try encoder.encode(body))
    } catch {
      throw TransferError(reason: "the message can't be encoded: \(error)", isFinal: true)
    }
  }

  /// - Parameter judge: looks at the answer to a request that went well by HTTP.
  func send(stop: StopFlag, judge: (Answer) -> SendOutcome = { _ in .sent }) -> SendOutcome {
    var url = end.url.reveal()
    for (name, value) in parameters {
      url += (url.contains("?") ? "&" : "?") + "\(name)=\(Self.escaped(value))"
    }
    do throws(TransferError) {
      for _ in 0...Self.mostRedirects {
        let answer = try perform(url, stop)
        switch answer.status {
        case 200...299: return judge(answer)
        case 307, 308:
          guard let next = answer.redirect else { return .never(reason: "redirected to nowhere") }
          guard Self.origin(of: next) == Self.origin(of: url), Self.origin(of: next) != nil else {
            return .never(reason: "redirected to another host, which is not followed")
          }
          url = next
        case 300...399:
          return .never(reason: "answered \(answer.status): moved; the configured address is to be changed")
        case 408, 425, 429, 500...599:
          return .later(
            reason: "answered \(answer.status)", after: Self.patience(answer.headers["retry-after"]))
        default: return .never(reason: "answered \(answer.status)")
        }
      }
      return .never(reason: "redirected more than \(Self.mostRedirects) times")
    } catch {
      return error.isFinal ? .never(reason: error.reason) : .later(reason: error.reason, after: nil)
    }
  }

  private func perform(_ url: String, _ stop: StopFlag) throws(TransferError) -> Answer {
    let transfer = try Transfer(
      url: url, protocols: "http,https", seconds: end.timeout, caFile: end.caFile, stop: stop)
    // Without 'Expect:' libcurl would wait a second for servers that don't answer to it.
    transfer.set(CURLOPT_HTTPHEADER, ["Content-Type: application/json", "Expect:"] + headers)
    if let user {
      transfer.set(CURLOPT_HTTPAUTH, 1)
      transfer.set(CURLOPT_USERNAME, user)
      transfer.set(CURLOPT_PASSWORD, password?.reveal() ?? "")
    }
    transfer.post(body)
    return try transfer.run()
  }

  /// Scheme, host and port.
  private static func origin(of url: String) -> String? {
    guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
      let host = parts.host?.lowercased()
    else { return nil }
    return "\(scheme)://\(host):\(parts.port ?? (scheme == "https" ? 443 : 80))"
  }

  /// `Retry-After`: seconds, or a date. Source: RFC 9110, 10.2.3.
  static func patience(_ text: String?, now: Date = Date()) -> Int64? {
    guard let text else { return nil }
    if let seconds = Int64(text), seconds >= 0 { return min(seconds, 1_000_000) * 1000 }
    let form = DateFormatter()
    form.locale = Locale(identifier: "en_US_POSIX")
    form.timeZone = .gmt
    form.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return form.date(from: text).map { max(0, Int64($0.timeIntervalSince(now) * 1000)) }
  }

  static func escaped(_ text: String) -> String {
    let plain = CharacterSet(
      charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
    return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
  }
}

extension JSONEncoder {
  static var plain: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}

/// What a chat robot answers: in a 200 as well, the code says whether it took the message.
struct RobotAnswer: Decodable {
  var errcode: Int?
  var errmsg: String?
  /// Feishu's names.
  var code: Int?
  var msg: String?
  var status: Int?

  private enum CodingKeys: String, CodingKey {
    case errcode, errmsg, code, msg
    case status = "StatusCode"
  }

  /// - Parameter busy: codes that mean "later".
  static func judge(_ answer: Answer, busy: Set<Int>) -> SendOutcome {
    guard let said = try? JSONDecoder().decode(RobotAnswer.self, from: Data(answer.body)),
      let code = said.errcode ?? said.code ?? said.status
    else { return .later(reason: "the answer is not a robot's", after: nil) }
    if code == 0 { return .sent }
    let reason = "answered code \(code): \((said.errmsg ?? said.msg ?? "").prefix(120))"
    return busy.contains(code) ? .later(reason: reason, after: nil) : .never(reason: reason)
  }
}
