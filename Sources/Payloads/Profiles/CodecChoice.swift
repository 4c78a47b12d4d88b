/// Which codec a message's raw bytes are for.
import CSimdjson

struct CodecChoice {
  private let codecs: [CodecPlan]

  init(_ codecs: [CodecPlan]) { self.codecs = codecs }

  /// Tries the codecs that may be meant, best first.
  /// - Parameters:
  ///   - model: what the catalogue says; then nothing else is tried.
  ///   - hints: what the network server calls the device, in small letters and digits.
  /// - Returns: the codec that understood all bytes.
  func decode(
    _ bytes: UnsafeRawBufferPointer, model: String?, hints: [[UInt8]], port: Int?,
    into object: inout JSONObjectWriter
  ) -> CodecPlan? {
    if let model {
      let name = Array(plainName(model).utf8)
      for (codec, _) in named([name]) where codec.decode(bytes, isNamed: true, into: &object) { return codec }
      return nil
    }
    for (codec, _) in named(hints) where codec.decode(bytes, isNamed: true, into: &object) { return codec }
    for isOnPort in [true, false] {
      for codec in codecs where codec.isRecognizable && (codec.port == port) == isOnPort {
        if codec.needsPort, !isOnPort { continue }
        if codec.decode(bytes, isNamed: false, into: &object) { return codec }
      }
    }
    return nil
  }

  /// Codecs with a name that one of the hints contains, the longest name first.
  private func named(_ hints: [[UInt8]]) -> [(codec: CodecPlan, length: Int)] {
    guard !hints.isEmpty else { return [] }
    return codecs.compactMap { codec -> (codec: CodecPlan, length: Int)? in
      var length = 0
      for name in codec.names where name.count > length {
        if hints.contains(where: { $0.containsRun(name) }) { length = name.count }
      }
      return length == 0 ? nil : (codec, length)
    }.sorted { $0.length > $1.length }
  }
}

extension [UInt8] {
  func containsRun(_ other: [UInt8]) -> Bool {
    guard count >= other.count else { return false }
    for start in 0...(count - other.count) where self[start..<(start + other.count)].elementsEqual(other) {
      return true
    }
    return false
  }
}
