/// How values look in the database's JSON columns: keys in order, so that the same value is the same text.
import Foundation
import GRDB

enum StoredJSON {
  private static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }()

  static func text(_ value: some Encodable) throws -> String {
    String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}

extension Row {
  /// A column's value, or an error that names the table: a damaged database must not stop the process.
  func value<Value: DatabaseValueConvertible>(_ column: String, of table: String) throws -> Value {
    let stored: DatabaseValue = self[column]
    guard let value = Value.fromDatabaseValue(stored) else {
      throw StoreError.unreadableRow(table: table, detail: "\(column) is \(stored)")
    }
    return value
  }

  func decoded<Value: Decodable>(_ type: Value.Type, of table: String, by decoder: JSONDecoder) throws
    -> Value
  {
    let text: String = try value("json", of: table)
    do {
      return try decoder.decode(type, from: Data(text.utf8))
    } catch {
      throw StoreError.unreadableRow(table: table, detail: "\(error)")
    }
  }
}
