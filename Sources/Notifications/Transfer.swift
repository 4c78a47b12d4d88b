/// One transfer by libcurl: bounded in time and in what it reads. The only file that imports `CCurl`.
import CCurl
import Foundation
import Synchronization

/// Asks a transfer to end early: the gateway stops.
public final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  public init() {}
  public var isSet: Bool { flag.load(ordering: .relaxed) }
  public func set() { flag.store(true, ordering: .relaxed) }
}

/// What a server said.
struct Answer: Sendable {
  /// HTTP or SMTP; 0: it said nothing.
  var status: Int
  var body: [UInt8]
  /// By name in lower case.
  var headers: [String: String]
  /// Where it wants to send us.
  var redirect: String?
}

/// A transfer that came to no answer; the reason holds no address and no secret.
struct TransferError: Error {
  var reason: String
  /// Trying again can't help.
  var isFinal: Bool
  /// SMTP's last word, which says whether it may work later; 0: none.
  var status = 0
}

/// Collects what comes, and hands out what goes. The transfer's own thread uses it, and nobody else.
private final class Exchange {
  var body: [UInt8] = []
  var headers: [UInt8] = []
  var outgoing: ArraySlice<UInt8>
  let stop: StopFlag
  /// More is not read. Source of the number: nobody has more to say about one message.
  static let mostBytes = 65_536

  init(outgoing: [UInt8], stop: StopFlag) { (self.outgoing, self.stop) = (outgoing[...], stop) }

  static func of(_ pointer: UnsafeMutableRawPointer?) -> Exchange? {
    pointer.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
  }

  /// - Returns: bytes taken; fewer than came end the transfer.
  func take(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, into list: WritableKeyPath<Exchange, [UInt8]>
  )
    -> Int
  {
    guard let bytes else { return 0 }
    var me = self
    let room = Self.mostBytes - me[keyPath: list].count
    UnsafeRawBufferPointer(start: bytes, count: min(count, room)).withMemoryRebound(to: UInt8.self) {
      me[keyPath: list].append(contentsOf: $0)
    }
    return min(count, room)
  }
}

/// A libcurl handle for one transfer.
final class Transfer {
  private let handle: UnsafeMutableRawPointer
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private var failed: CURLcode = CURLE_OK
  private let exchange: Exchange
  /// What keeps libcurl from being used; nil: nothing.
  private static let problem: String? = {
    if let problem = curl_library_open() { return String(cString: problem) }
    let code = curl_global_init(Int(CURL_GLOBAL_ALL))
    return code == CURLE_OK ? nil : text(code)
  }()

  /// - Parameters:
  ///   - protocols: the only ones that are spoken: `http,https`.
  ///   - upload: read by the transfer where it asks for it.
  ///   - seconds: for all of it.
  init(
    url: String, protocols: String, upload: [UInt8] = [], seconds: Int, caFile: String?, stop: StopFlag
  ) throws(TransferError) {
    if let problem = Self.problem {
      throw TransferError(reason: "libcurl can't be used: \(problem)", isFinal: false)
    }
    guard let handle = curl_easy_init() else {
      throw TransferError(reason: "libcurl has no memory left", isFinal: false)
    }
    self.handle = handle
    exchange = Exchange(outgoing: upload, stop: stop)
    let context = Unmanaged.passUnretained(exchange).toOpaque()
    set(CURLOPT_URL, url)
    set(CURLOPT_PROTOCOLS_STR, protocols)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_CONNECTTIMEOUT, min(10, seconds))
    set(CURLOPT_TIMEOUT, seconds)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_USERAGENT, "gatehouse")
    if let caFile { set(CURLOPT_CAINFO, caFile) }
    check(curl_set_pointer(handle, CURLOPT_WRITEDATA, context))
    check(curl_set_pointer(handle, CURLOPT_HEADERDATA, context))
    check(curl_set_pointer(handle, CURLOPT_READDATA, context))
    check(curl_set_pointer(handle, CURLOPT_XFERINFODATA, context))
    set(CURLOPT_NOPROGRESS, 0)
    check(
      curl_set_transfer(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
        Exchange.of(context)?.take(bytes, size * count, into: \.body) ?? 0
      })
    check(
      curl_set_transfer(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
        Exchange.of(context)?.take(bytes, size * count, into: \.headers) ?? 0
      })
    check(
      curl_set_transfer(handle, CURLOPT_READFUNCTION) { room, size, count, context in
        guard let room, let exchange = Exchange.of(context) else { return 0 }
        let part = exchange.outgoing.prefix(size * count)
        part.withUnsafeBytes { part in
          if let start = part.baseAddress { memcpy(room, start, part.count) }
        }
        exchange.outgoing = exchange.outgoing.dropFirst(part.count)
        return part.count
      })
    check(
      curl_set_progress(handle) { context, _, _, _, _ in Exchange.of(context)?.stop.isSet == true ? 1 : 0 })
  }

  deinit {
    for list in lists { curl_slist_free_all(list) }
    curl_easy_cleanup(handle)
  }

  func set(_ option: CURLoption, _ value: Int) { check(curl_set_long(handle, option, value)) }
  func set(_ option: CURLoption, _ value: String) { check(curl_set_text(handle, option, value)) }

  func set(_ option: CURLoption, _ values: [String]) {
    var list: UnsafeMutablePointer<curl_slist>?
    for value in values {
      guard let longer = curl_slist_append(list, value) else {
        failed = CURLE_OUT_OF_MEMORY
        continue
      }
      list = longer
    }
    if let list { lists.append(list) }
    check(curl_set_list(handle, option, list))
  }

  /// Sends these bytes by POST.
  func post(_ body: [UInt8]) {
    set(CURLOPT_POST, 1)
    set(CURLOPT_POSTFIELDSIZE, body.count)
    var body = body
    // Copied at once.
    check(body.withUnsafeMutableBytes { curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) })
  }

  private func check(_ code: CURLcode) {
    if failed == CURLE_OK { failed = code }
  }

  func run() throws(TransferError) -> Answer {
    guard failed == CURLE_OK else {
      throw TransferError(reason: Self.text(failed), isFinal: true)
    }
    let code = withExtendedLifetime(exchange) { curl_easy_perform(handle) }
    var status = 0
    _ = curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
    switch code {
    case CURLE_OK: break
    // More came than is read: the status is known, and that is what matters.
    case CURLE_WRITE_ERROR where status > 0: break
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
      throw TransferError(reason: Self.text(code), isFinal: true)
    case CURLE_ABORTED_BY_CALLBACK:
      throw TransferError(reason: "the gateway stopped", isFinal: false)
    default: throw TransferError(reason: Self.text(code), isFinal: false, status: status)
    }
    var redirect: UnsafeMutablePointer<CChar>?
    _ = curl_get_text(handle, CURLINFO_REDIRECT_URL, &redirect)
    return Answer(
      status: status, body: exchange.body, headers: Self.headers(exchange.headers),
      redirect: redirect.map { String(cString: $0) })
  }

  private static func text(_ code: CURLcode) -> String {
    curl_easy_strerror(code).map { String(cString: $0) } ?? "libcurl error \(code.rawValue)"
  }

  /// Of the last answer: `100 Continue` and its like come before it.
  private static func headers(_ bytes: [UInt8]) -> [String: String] {
    var headers: [String: String] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      if line.hasPrefix("HTTP/") { headers = [:] }
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return headers
  }
}
