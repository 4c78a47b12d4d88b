/// Raw bytes to the object that the maker's codec would give, as JSON text: what follows is the same for both.
import EstateModel

/// One codec ready for messages.
struct CodecPlan {
  let name: String
  let names: [[UInt8]]
  let isRecognizable: Bool
  let port: Int?
  let needsPort: Bool
  private let codec: Codec
  /// Items by exact tag; those with free bytes are tried after.
  private let exact: [UInt32: Int]
  private let masked: [(mask: UInt32, tag: UInt32, item: Int)]

  init(name: String, _ codec: Codec) {
    self.name = name
    self.codec = codec
    names = codec.names.map { Array($0.utf8) }
    isRecognizable = codec.isRecognizable
    port = codec.port
    needsPort = codec.needsPort
    var exact: [UInt32: Int] = [:]
    var masked: [(mask: UInt32, tag: UInt32, item: Int)] = []
    if case .tagged(let layout) = codec.content {
      for (number, item) in layout.items.enumerated() {
        var (mask, tag): (UInt32, UInt32) = (0, 0)
        for byte in item.tag {
          mask = mask << 8 | (byte == nil ? 0 : 0xFF)
          tag = tag << 8 | UInt32(byte ?? 0)
        }
        if item.tag.contains(nil) {
          masked.append((mask, tag, number))
        } else if exact[tag] == nil {
          exact[tag] = number
        }
      }
    }
    self.exact = exact
    self.masked = masked
  }

  /// Writes an object.
  /// - Returns: false when the bytes are not of such a device: an unknown tag, a wrong length, a wrong constant.
  /// - Parameter isNamed: the model is known; then an unknown tag ends the message, and what came before it counts.
  func decode(_ bytes: UnsafeRawBufferPointer, isNamed: Bool, into object: inout JSONObjectWriter) -> Bool {
    object.removeAll()
    switch codec.content {
    case .tagged(let layout): return decode(layout, bytes, isNamed, &object)
    case .fixed(let layouts):
      for layout in layouts {
        object.removeAll()
        if decode(layout, bytes, &object) { return true }
      }
      return false
    }
  }

  private func decode(
    _ layout: TaggedLayout, _ bytes: UnsafeRawBufferPointer, _ isNamed: Bool,
    _ object: inout JSONObjectWriter
  ) -> Bool {
    var reader = ByteReader(bytes: bytes)
    guard reader.read(layout.start, into: &object) else { return false }
    if reader.isAtEnd { return false }
    var count = 0
    while !reader.isAtEnd {
      var end: Int?
      if layout.length == .before {
        guard let count = reader.unsigned(1, isLittle: false), Int(count) >= layout.tagSize else {
          return false
        }
        end = reader.position + Int(count)
      }
      guard let tag = reader.unsigned(layout.tagSize, isLittle: false) else { return false }
      if layout.length == .behind {
        guard let count = reader.unsigned(1, isLittle: false) else { return false }
        end = reader.position + Int(count)
      }
      if let end, end > bytes.count { return false }
      let tag32 = UInt32(truncatingIfNeeded: tag)
      guard let item = exact[tag32] ?? masked.first(where: { tag32 & $0.mask == $0.tag })?.item else {
        // A length lets us pass over what we don't know.
        guard let end else { return isNamed && !object.isEmpty }
        reader.position = end
        continue
      }
      guard reader.read(layout.items[item].fields, into: &object, end: end) else { return false }
      if let end { reader.position = end }
      count += 1
    }
    return isNamed || count >= layout.minimum
  }

  private func decode(
    _ layout: FixedLayout, _ bytes: UnsafeRawBufferPointer, _ object: inout JSONObjectWriter
  )
    -> Bool
  {
    if let length = layout.length, !length.contains(bytes.count) { return false }
    var reader = ByteReader(bytes: bytes)
    for part in layout.parts {
      if let condition = part.condition {
        guard let value = reader.seen.first(where: { $0.name == condition.name })?.value else { return false }
        if condition.isMask ? value & condition.value == 0 : value != condition.value { continue }
      }
      if let list = part.list {
        while !reader.isAtEnd {
          guard reader.readItem(list, part.fields, into: &object) else { return false }
        }
      } else {
        guard reader.read(part.fields, into: &object) else { return false }
      }
    }
    return reader.isAtEnd
  }
}

/// Reads fields one after the other.
private struct ByteReader {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  /// Whole numbers read so far, for conditions.
  var seen: [(name: String, value: Int64)] = []

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  mutating func unsigned(_ count: Int, isLittle: Bool) -> UInt64? {
    guard position + count <= bytes.count else { return nil }
    var value: UInt64 = 0
    for index in 0..<count {
      let byte = bytes[position + (isLittle ? count - 1 - index : index)]
      value = value << 8 | UInt64(byte)
    }
    position += count
    return value
  }

  mutating func read(_ fields: [ByteField], into object: inout JSONObjectWriter, end: Int? = nil) -> Bool {
    for field in fields {
      if !field.list.isEmpty {
        guard readItem(field.name, field.list, into: &object) else { return false }
        continue
      }
      guard read(field, into: &object) else { return false }
      if let end, position > end { return false }
    }
    return true
  }

  mutating func readItem(_ list: String, _ fields: [ByteField], into object: inout JSONObjectWriter) -> Bool {
    let start = position
    object.beginItem(list)
    let isRight = read(fields, into: &object)
    object.endItem()
    return isRight && position > start
  }

  private mutating func read(_ field: ByteField, into object: inout JSONObjectWriter) -> Bool {
    let start = position
    defer { if field.isPeek { position = start } }
    switch field.form {
    case .skip(let count):
      position += count
      return position <= bytes.count
    case .constant(let text):
      object.add(field.name, text: text)
      return true
    case .text(let count):
      guard position + count <= bytes.count else { return false }
      let text = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
      position += count
      object.add(field.name, text: printable(text))
      return true
    case .float(let count):
      guard let raw = unsigned(count, isLittle: field.isLittle) else { return false }
      let value =
        count == 4
        ? decimal(Float(bitPattern: UInt32(truncatingIfNeeded: raw))) : Double(bitPattern: raw)
      object.add(field, value, seen)
      return true
    case .integer(let count, let isSigned):
      guard let raw = unsigned(count, isLittle: field.isLittle) else { return false }
      let unused = Int64(64 - 8 * count)
      let value = isSigned ? Int64(bitPattern: raw << UInt64(unused)) >> unused : Int64(bitPattern: raw)
      return finish(field, value, mask: Int64(1) << Int64(8 * count) - 1, into: &object)
    }
  }

  /// Checks and bits while the value is a whole number, then sums.
  private mutating func finish(
    _ field: ByteField, _ value: Int64, mask: Int64, into object: inout JSONObjectWriter
  ) -> Bool {
    var value = value
    for step in field.steps {
      switch step {
      case .mask(let bits): value &= bits
      case .shift(let count): value >>= count
      case .sign(let bits): if value >= 1 << (bits - 1) { value -= 1 << bits }
      case .equals(let wanted): if value != wanted { return false }
      case .within(let range): if !range.contains(value) { return false }
      case .absent(let sentinel): if value == sentinel || value & mask == sentinel { return true }
      case .scale, .divide, .offset, .times, .minimum, .maximum: break
      }
    }
    seen.append((field.name, value))
    if let text = field.texts.first(where: { $0.number == value || $0.number == value & mask })?.text {
      object.add(field.name, text: text)
      return true
    }
    object.add(field, Double(value), seen)
    return true
  }
}

extension JSONObjectWriter {
  /// - Parameter seen: whole numbers of earlier fields.
  fileprivate mutating func add(_ field: ByteField, _ value: Double, _ seen: [(name: String, value: Int64)]) {
    var value = value
    for step in field.steps {
      switch step {
      case .scale(let factor): value *= factor
      case .divide(let divisor): value /= divisor
      case .offset(let offset): value += offset
      case .times(let name): value *= seen.first { $0.name == name }.map { Double($0.value) } ?? .nan
      case .minimum(let limit): value = max(value, limit)
      case .maximum(let limit): value = min(value, limit)
      case .mask, .shift, .equals, .within, .absent, .sign: break
      }
    }
    add(field.name, number: value)
  }
}
