/// The JSON parser as Swift sees it: one object for each decoder, values that borrow its memory.
import CSimdjson

/// Keeps its memory from message to message. Values that it handed out end with the next parse.
final class JSONParser {
  enum Failure {
    case empty, tooLarge, tooDeep, notUTF8, notJSON
  }

  private let handle: OpaquePointer?
  private let room: UnsafeMutableBufferPointer<json_field>

  /// Fields of one object and items of one list that are looked at; what comes after is not read.
  static let roomCount = 256

  /// - Parameters:
  ///   - capacity: longest text that is parsed, in bytes.
  ///   - depth: deepest nesting that is accepted.
  init(capacity: Int, depth: Int) {
    handle = json_parser_create(capacity, depth)
    room = .allocate(capacity: Self.roomCount)
    room.initialize(repeating: json_field())
  }

  deinit {
    json_parser_destroy(handle)
    room.deallocate()
  }

  func parse(_ text: UnsafeRawBufferPointer, into root: inout json_value) -> Failure? {
    guard let handle else { return .tooLarge }
    guard let base = text.baseAddress else { return .empty }
    return switch json_parse(handle, base, text.count, &root) {
    case JSON_OK: nil
    case JSON_EMPTY: .empty
    case JSON_TOO_LARGE, JSON_NO_MEMORY: .tooLarge
    case JSON_TOO_DEEP: .tooDeep
    case JSON_BAD_UTF8: .notUTF8
    default: .notJSON
    }
  }

  /// The object's fields, and how many it has altogether. They hold until the next call.
  func fields(of object: json_value) -> (fields: UnsafeBufferPointer<json_field>, total: Int) {
    let total = withUnsafePointer(to: object) { json_fields($0, room.baseAddress, room.count) }
    return (UnsafeBufferPointer(rebasing: UnsafeBufferPointer(room)[..<min(total, room.count)]), total)
  }
}

extension json_field {
  var keyBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: key, count: key_count) }
}

extension json_value {
  var textBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: text, count: Int(count)) }

  var isNumber: Bool { kind == JSON_INTEGER || kind == JSON_NUMBER }
  var isString: Bool { kind == JSON_STRING }
  var isAbsent: Bool { kind == JSON_ABSENT }
  /// Nothing there, or null.
  var isEmpty: Bool { kind == JSON_ABSENT || kind == JSON_NULL }

  /// "a list", "text": for messages.
  var kindName: String {
    switch kind {
    case JSON_NULL: "null"
    case JSON_BOOL: "true or false"
    case JSON_INTEGER, JSON_NUMBER: "a number"
    case JSON_STRING: "text"
    case JSON_ARRAY: "a list"
    case JSON_OBJECT: "an object"
    default: "nothing"
    }
  }

  /// The first items of a list; of anything else, none.
  func items(_ limit: Int = JSONParser.roomCount) -> [json_value] {
    guard kind == JSON_ARRAY else { return [] }
    return [json_value](unsafeUninitializedCapacity: limit) { buffer, count in
      count = withUnsafePointer(to: self) {
        min(json_items($0, buffer.baseAddress, buffer.count), buffer.count)
      }
    }
  }
}
