/// SenML records out of CBOR, by libcbor's streaming decoder: no trees, no recursion, whatever arrives.
import CCbor

enum CBORRecords {
  /// One item of the stream.
  private enum Event {
    case none, other, end
    case list(Int?), map(Int?)
    case integer(Int), number(Double), boolean(Bool)
    case text(UnsafeRawBufferPointer)
  }

  private struct Stream {
    var bytes: UnsafeRawBufferPointer
    var event = Event.none
  }

  /// Hands out the records of a list of maps.
  /// - Parameter body: returns false to stop.
  /// - Returns: false when the bytes are something else, or break off.
  static func forEach(
    in bytes: UnsafeRawBufferPointer, limit: Int, _ body: (SenMLRecord) -> Bool
  ) -> Bool {
    var stream = Stream(bytes: bytes)
    guard case .list(let count) = next(&stream) else { return false }
    var records = 0
    while count.map({ records < $0 }) ?? true {
      guard records < limit else { return false }
      switch next(&stream) {
      case .end where count == nil: return true
      case .map(let fields):
        guard let record = record(&stream, fields: fields) else { return false }
        if !body(record) { return true }
        records += 1
      default: return false
      }
    }
    return true
  }

  private static func record(_ stream: inout Stream, fields: Int?) -> SenMLRecord? {
    var record = SenMLRecord()
    var count = 0
    while fields.map({ count < $0 }) ?? true {
      guard count < 64 else { return nil }
      count += 1
      let label: Int?
      switch next(&stream) {
      case .end where fields == nil: return record
      case .integer(let number): label = number
      case .text(let key): label = record.label(key)
      default: return nil
      }
      switch next(&stream) {
      case .integer(let number): if let label { record.set(label, number: Double(number)) }
      case .number(let number): if let label { record.set(label, number: number) }
      case .text(let text): if let label { record.set(label, text: text) }
      case .boolean(let flag): if label == 4 { record.boolean = flag }
      case .other: break
      default: return nil
      }
    }
    return record
  }

  private static func next(_ stream: inout Stream) -> Event {
    while !stream.bytes.isEmpty {
      stream.event = .none
      let read = withUnsafeMutablePointer(to: &stream) { pointer -> Int in
        let bytes = pointer.pointee.bytes
        let result = withUnsafePointer(to: callbacks) {
          cbor_stream_decode(
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, $0, pointer)
        }
        return result.status == CBOR_DECODER_FINISHED ? result.read : 0
      }
      guard read > 0, read <= stream.bytes.count else { return .none }
      stream.bytes = UnsafeRawBufferPointer(rebasing: stream.bytes[read...])
      // A tag says no more than what follows.
      if case .none = stream.event { continue }
      return stream.event
    }
    return .none
  }

  private static func set(_ context: UnsafeMutableRawPointer?, _ event: Event) {
    context?.assumingMemoryBound(to: Stream.self).pointee.event = event
  }

  /// A count beyond what memory holds arrives as a negative number; it can't be kept.
  private static func promised(_ count: Int) -> Int { count < 0 ? .max : count }

  private static func setText(
    _ context: UnsafeMutableRawPointer?, _ text: UnsafePointer<UInt8>?, _ count: Int
  ) {
    set(context, .text(UnsafeRawBufferPointer(start: text, count: count)))
  }

  private static let callbacks: cbor_callbacks = {
    var callbacks = cbor_empty_callbacks
    callbacks.uint8 = { set($0, .integer(Int($1))) }
    callbacks.uint16 = { set($0, .integer(Int($1))) }
    callbacks.uint32 = { set($0, .integer(Int($1))) }
    callbacks.uint64 = { set($0, $1 > UInt64(Int64.max) ? .number(Double($1)) : .integer(Int($1))) }
    callbacks.negint8 = { set($0, .integer(-1 - Int($1))) }
    callbacks.negint16 = { set($0, .integer(-1 - Int($1))) }
    callbacks.negint32 = { set($0, .integer(-1 - Int($1))) }
    callbacks.negint64 = {
      set($0, $1 >= UInt64(Int64.max) ? .number(-1 - Double($1)) : .integer(-1 - Int($1)))
    }
    callbacks.float2 = { set($0, .number(Double($1))) }
    callbacks.float4 = { set($0, .number(Double($1))) }
    callbacks.float8 = { set($0, .number($1)) }
    callbacks.boolean = { set($0, .boolean($1)) }
    callbacks.null = { set($0, .other) }
    callbacks.undefined = { set($0, .other) }
    callbacks.string = { context, text, count in setText(context, text, Int(count)) }
    callbacks.byte_string = { context, _, _ in set(context, .other) }
    callbacks.array_start = { context, count in set(context, .list(promised(count))) }
    callbacks.indef_array_start = { set($0, .list(nil)) }
    callbacks.map_start = { context, count in set(context, .map(promised(count))) }
    callbacks.indef_map_start = { set($0, .map(nil)) }
    callbacks.indef_break = { set($0, .end) }
    return callbacks
  }()
}
