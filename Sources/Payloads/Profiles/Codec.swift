/// How a device packs its values into bytes: what its maker's codec would turn into an object.

/// Tags with values behind them, or layouts of which one fits.
struct Codec: Sendable {
  enum Content: Sendable {
    case tagged(TaggedLayout)
    case fixed([FixedLayout])
  }

  /// By which names of a model the codec is found, without blanks and hyphens.
  var names: [String]
  /// The bytes alone tell: it is tried on devices of unknown model too.
  var isRecognizable: Bool
  /// Only together with the port.
  var needsPort = false
  /// LoRaWAN port on which such messages come; a hint.
  var port: Int?
  var content: Content
}

/// A list of values, each behind a tag that says which it is.
struct TaggedLayout: Sendable {
  enum Length: String, CaseIterable, Sendable {
    /// The tag says how long its value is.
    case none
    /// A byte before the tag counts tag and value.
    case before
    /// A byte behind the tag counts the value.
    case behind
  }

  struct Item: Sendable {
    /// The tag's bytes; nil stands for any.
    var tag: [UInt8?]
    var fields: [ByteField]
  }

  /// Bytes of a tag.
  var tagSize: Int
  var length = Length.none
  /// Tags that a message of an unnamed model must have.
  var minimum = 1
  /// Bytes that come before the first tag.
  var start: [ByteField] = []
  var items: [Item]
}

/// Values one after the other.
struct FixedLayout: Sendable {
  /// Fields that are there only where an earlier one says so.
  struct Part: Sendable {
    var condition: (name: String, isMask: Bool, value: Int64)?
    var fields: [ByteField]
    /// The fields come again and again until the end; their values are items of this list.
    var list: String?
  }

  /// Bytes of the whole message.
  var length: ClosedRange<Int>?
  var parts: [Part]
}

/// One value in a row of bytes: `u16 & 0x3FFF / 1000`, worked out from left to right.
struct ByteField: Sendable {
  enum Form: Sendable {
    case integer(bytes: Int, isSigned: Bool)
    case float(bytes: Int)
    case skip(Int)
    /// A text of ASCII characters.
    case text(Int)
    /// A fixed text, without any bytes.
    case constant(String)
  }

  enum Step: Sendable {
    case mask(Int64), shift(Int64), equals(Int64), within(ClosedRange<Int64>), absent(Int64)
    case scale(Double), divide(Double), offset(Double)
    /// Times the whole number of an earlier field.
    case times(String)
    /// Not less, not more than this.
    case minimum(Double), maximum(Double)
    /// The number of bits that a signed value has after masking.
    case sign(Int64)
  }

  /// A name that begins with `_` is read and not handed on.
  var name: String
  var form: Form
  var isLittle: Bool
  /// The next field begins at the same byte.
  var isPeek = false
  var steps: [Step] = []
  /// Numbers that stand for texts.
  var texts: [(number: Int64, text: String)] = []
  /// Items of a list under this name, until the bytes end.
  var list: [ByteField] = []
}
