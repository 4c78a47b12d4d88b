/// Lists that older stored values don't have.

/// A list that is left out of the stored form when it is empty, and is empty when the stored form lacks it.
@propertyWrapper
public struct Listed<Element: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
  public var wrappedValue: [Element]

  public init() { wrappedValue = [] }

  public init(wrappedValue: [Element]) { self.wrappedValue = wrappedValue }

  public init(from decoder: any Decoder) throws { wrappedValue = try [Element](from: decoder) }

  public func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

// Synthesised conformances call these because they are more special than those for any value.
extension KeyedDecodingContainer {
  func decode<Element>(_ type: Listed<Element>.Type, forKey key: Key) throws -> Listed<Element> {
    try decodeIfPresent(type, forKey: key) ?? Listed(wrappedValue: [])
  }
}

extension KeyedEncodingContainer {
  mutating func encode<Element>(_ value: Listed<Element>, forKey key: Key) throws {
    if !value.wrappedValue.isEmpty { try encode(value.wrappedValue, forKey: key) }
  }
}
