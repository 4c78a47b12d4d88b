/// Reads the codecs of devices whose network servers hand on raw bytes.
import Configuration

struct CodecReader {
  let diagnostics: Diagnostics

  /// One codec, or one for each of its variants, those first.
  func codecs(_ fields: Fields) -> [Codec] {
    let port = fields.optional("port")?.integer(diagnostics)
    let isLittle = fields.text("bytes").map { text -> Bool in
      if text != "little", text != "big" {
        diagnostics.error("found '\(text)', expected little or big", at: fields.keyLocation("bytes"))
      }
      return text == "little"
    }
    guard let isLittle else { return [] }
    let variants = fields.list("variants").compactMap {
      Fields($0, of: "a variant", diagnostics: diagnostics)
    }
    let tags = fields.optional("tags").flatMap { tagged($0, isLittle) }
    var codecs = variants.compactMap { variant -> Codec? in
      defer { variant.finish() }
      return codec(variant, tags, port, isLittle)
    }
    if variants.isEmpty || tags != nil {
      if let codec = codec(fields, tags, port, isLittle) { codecs.append(codec) }
    }
    return codecs
  }

  /// - Parameter base: tags that a variant adds to.
  private func codec(_ fields: Fields, _ base: TaggedLayout?, _ port: Int?, _ isLittle: Bool) -> Codec? {
    let names = fields.list("names").compactMap { $0.text(diagnostics) }.map(plainName)
    let needsPort = fields.optionalText("by-shape") == "on-port"
    let isRecognizable = needsPort || fields.optional("by-shape")?.boolean(diagnostics) ?? false
    if needsPort, port == nil {
      diagnostics.error("'by-shape: on-port' needs a 'port'", at: fields.keyLocation("by-shape"))
    }
    if names.isEmpty, !isRecognizable {
      diagnostics.error("a codec needs 'names' of models, or 'by-shape: true'", at: fields.location)
    }
    for name in names where name.count < 3 {
      diagnostics.error("'\(name)' is too short for a model's name", at: fields.keyLocation("names"))
    }
    var content: Codec.Content?
    if let node = fields.optional("layouts") {
      content = .fixed(node.list(diagnostics).compactMap { layout($0, isLittle) })
    } else if var layout = base {
      if let node = fields.optional("values") {
        // The first of two items with one tag counts.
        layout.items = items(node, layout.tagSize, isLittle) + layout.items
      }
      content = .tagged(layout)
    } else {
      diagnostics.error("a codec has either 'tags' or 'layouts'", at: fields.location)
    }
    return content.map {
      Codec(
        names: names, isRecognizable: isRecognizable, needsPort: needsPort, port: port, content: $0)
    }
  }

  private func tagged(_ node: Node, _ isLittle: Bool) -> TaggedLayout? {
    guard let fields = Fields(node, of: "'tags'", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let size = fields.required("size")?.integer(diagnostics) ?? 1
    if !(1...3).contains(size) {
      diagnostics.error("found \(size), expected a tag of 1 to 3 bytes", at: fields.keyLocation("size"))
    }
    var layout = TaggedLayout(tagSize: size, items: [])
    layout.length = fields.optionalChoice("length", as: TaggedLayout.Length.self) ?? .none
    layout.minimum = fields.optional("at-least")?.integer(diagnostics) ?? 1
    layout.start = fields.optional("start").map { self.fields($0, isLittle) } ?? []
    layout.items = fields.required("values").map { items($0, size, isLittle) } ?? []
    return layout
  }

  private func items(_ node: Node, _ size: Int, _ isLittle: Bool) -> [TaggedLayout.Item] {
    guard let pairs = Fields(node, of: "the tags", diagnostics: diagnostics) else { return [] }
    return pairs.remaining().compactMap { pair in
      guard let text = pair.key.text(diagnostics) else { return nil }
      guard let tag = tag(text), tag.count == size else {
        diagnostics.error(
          "found '\(text)', expected a tag such as '\(size == 1 ? "0E" : "03 82")'", at: pair.key.location)
        return nil
      }
      return TaggedLayout.Item(tag: tag, fields: fields(pair.value, isLittle))
    }
  }

  /// `03 CF`; `??` is any byte.
  private func tag(_ text: String) -> [UInt8?]? {
    var tag: [UInt8?] = []
    for part in text.split(separator: " ") {
      if part == "??" {
        tag.append(nil)
      } else if part.utf8.count == 2, let byte = UInt8(part, radix: 16) {
        tag.append(byte)
      } else {
        return nil
      }
    }
    return tag
  }

  private func layout(_ node: Node, _ isLittle: Bool) -> FixedLayout? {
    guard let fields = Fields(node, of: "a layout", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    var length: ClosedRange<Int>?
    if let text = fields.optionalText("length") {
      length = range(text).flatMap { $0.lowerBound >= 0 ? Int($0.lowerBound)...Int($0.upperBound) : nil }
      if length == nil {
        diagnostics.error(
          "found '\(text)', expected a length such as 8 or 5..11", at: fields.keyLocation("length"))
      }
    }
    var parts: [FixedLayout.Part] = []
    if let node = fields.optional("read") {
      parts.append(FixedLayout.Part(fields: self.fields(node, isLittle)))
    }
    for node in fields.list("parts") {
      guard let part = Fields(node, of: "a part", diagnostics: diagnostics) else { continue }
      let condition = part.optional("when").flatMap { self.condition($0) }
      let list = part.optionalText("list")
      if let read = part.required("read") {
        parts.append(FixedLayout.Part(condition: condition, fields: self.fields(read, isLittle), list: list))
      }
      part.finish()
    }
    if parts.isEmpty { diagnostics.error("a layout needs 'read' or 'parts'", at: fields.location) }
    return FixedLayout(length: length, parts: parts)
  }

  /// `flags & 2`: a bit is set; `type = 7`.
  private func condition(_ node: Node) -> (name: String, isMask: Bool, value: Int64)? {
    guard let text = node.text(diagnostics) else { return nil }
    let words = text.split(separator: " ")
    guard words.count == 3, words[1] == "&" || words[1] == "=", let value = number(words[2]) else {
      diagnostics.error("found '\(text)', expected 'flags & 2' or 'type = 7'", at: node.location)
      return nil
    }
    return (String(words[0]), words[1] == "&", value)
  }

  private func fields(_ node: Node, _ isLittle: Bool) -> [ByteField] {
    guard let pairs = Fields(node, of: "the bytes", diagnostics: diagnostics) else { return [] }
    return pairs.remaining().compactMap { pair -> ByteField? in
      guard let name = pair.key.text(diagnostics) else { return nil }
      if case .sequence(let items) = pair.value.content, items.count == 1 {
        return ByteField(
          name: name, form: .skip(0), isLittle: isLittle, list: self.fields(items[0], isLittle))
      }
      guard case .mapping = pair.value.content else {
        return pair.value.text(diagnostics).flatMap { self.field(name, $0, pair.value, isLittle) }
      }
      guard let long = Fields(pair.value, of: "'\(name)'", diagnostics: diagnostics) else { return nil }
      defer { long.finish() }
      let texts = long.optional("texts").map { self.texts($0) } ?? []
      guard let node = long.required("is"), let text = node.text(diagnostics) else { return nil }
      var field = self.field(name, text, node, isLittle)
      field?.texts = texts
      return field
    }
  }

  private func texts(_ node: Node) -> [(Int64, String)] {
    guard let pairs = Fields(node, of: "the texts", diagnostics: diagnostics) else { return [] }
    return pairs.remaining().compactMap { pair in
      guard let key = pair.key.text(diagnostics), let text = pair.value.text(diagnostics) else { return nil }
      guard let number = number(key[...]) else {
        diagnostics.error("found '\(key)', expected a whole number", at: pair.key.location)
        return nil
      }
      return (number, text)
    }
  }

  /// `peek u16le >> 4 & 0xFFF - 32768 / 100 unless 0xFFFF`
  private func field(_ name: String, _ text: String, _ node: Node, _ isLittle: Bool) -> ByteField? {
    var words = text.split(separator: " ")[...]
    let isPeek = words.first == "peek"
    if isPeek { words.removeFirst() }
    guard let word = words.popFirst(), var field = form(name, word, &words, isLittle) else {
      diagnostics.error("found '\(text)', expected bytes such as 'u16 / 10'", at: node.location)
      return nil
    }
    field.isPeek = isPeek
    while let sign = words.popFirst() {
      guard let operand = words.popFirst(), let step = step(sign, operand) else {
        diagnostics.error("found '\(text)': '\(sign)' isn't understood here", at: node.location)
        return nil
      }
      field.steps.append(step)
    }
    return field
  }

  private func form(_ name: String, _ word: Substring, _ words: inout ArraySlice<Substring>, _ isLittle: Bool)
    -> ByteField?
  {
    var word = word
    var isLittle = isLittle
    if word.hasSuffix("le") || word.hasSuffix("be") {
      isLittle = word.hasSuffix("le")
      word.removeLast(2)
    }
    let form: ByteField.Form
    switch word {
    case "skip", "ascii":
      guard let count = words.popFirst().flatMap({ Int($0) }), (1...255).contains(count) else { return nil }
      form = word == "skip" ? .skip(count) : .text(count)
    case "text":
      form = .constant(words.joined(separator: " "))
      words = []
    case "f32": form = .float(bytes: 4)
    case "f64": form = .float(bytes: 8)
    default:
      guard let kind = word.first, kind == "u" || kind == "i", let bits = Int(word.dropFirst()),
        [8, 16, 24, 32].contains(bits)
      else { return nil }
      form = .integer(bytes: bits / 8, isSigned: kind == "i")
    }
    return ByteField(name: name, form: form, isLittle: isLittle)
  }

  private func step(_ sign: Substring, _ operand: Substring) -> ByteField.Step? {
    switch sign {
    case "&": number(operand).map { .mask($0) }
    case ">>": number(operand).flatMap { (0..<64).contains($0) ? .shift($0) : nil }
    case "signed": number(operand).flatMap { (2...32).contains($0) ? .sign($0) : nil }
    case "=": number(operand).map { .equals($0) }
    case "in": range(String(operand)).map { .within($0) }
    case "unless": number(operand).map { .absent($0) }
    case "*":
      Double(operand).map { .scale($0) }
        ?? (operand.first?.isLetter == true || operand.first == "_" ? .times(String(operand)) : nil)
    case "max": Double(operand).map { .minimum($0) }
    case "min": Double(operand).map { .maximum($0) }
    case "/": Double(operand).flatMap { $0 == 0 ? nil : .divide($0) }
    case "+": Double(operand).map { .offset($0) }
    case "-": Double(operand).map { .offset(-$0) }
    default: nil
    }
  }

  /// `8`, `0xFF`, `-5`
  private func number(_ text: Substring) -> Int64? {
    text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
  }

  /// `8` or `5..11`
  private func range(_ text: String) -> ClosedRange<Int64>? {
    guard let dots = text.firstRange(of: "..") else { return number(text[...]).map { $0...$0 } }
    guard let low = number(text[..<dots.lowerBound]), let high = number(text[dots.upperBound...]), low <= high
    else { return nil }
    return low...high
  }
}

/// A model's name without what people write in different ways: `EM500-UDL` and `em500_udl` are `em500udl`.
func plainName(_ text: String) -> String {
  String(decoding: text.utf8.filter(isPlain).map(lowered), as: UTF8.self)
}

@inline(__always)
func isPlain(_ byte: UInt8) -> Bool {
  byte &- 48 < 10 || byte &- 65 < 26 || byte &- 97 < 26
}

@inline(__always)
func lowered(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }
