/// The fields of GeoReport v2 as published at https://wiki.open311.org/GeoReport_v2 and, of the discovery, at
/// https://wiki.open311.org/Service_Discovery: names as facts, in the order of the tables there.
import Foundation
import FoundationXML

enum GeoReport {
  static let services: Set = [
    "service_code", "service_name", "description", "metadata", "type", "keywords", "group",
  ]
  static let serviceTypes: Set = ["realtime", "batch", "blackbox"]
  static let definition: Set = ["service_code", "attributes"]
  static let attribute: Set = [
    "variable", "code", "datatype", "required", "datatype_description", "order", "description", "values",
  ]
  static let datatypes: Set = ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
  static let value: Set = ["key", "name"]
  /// Of an answer to POST; `token` must not stand beside `service_request_id`.
  static let created: Set = ["service_request_id", "service_notice", "account_id"]
  static let token: Set = ["service_request_id", "token"]
  static let request: Set = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
    "address", "address_id", "zipcode", "lat", "long", "media_url",
  ]
  static let error: Set = ["code", "description"]
  static let discovery: Set = ["changeset", "contact", "key_service", "endpoints"]
  static let endpoint: Set = ["specification", "url", "changeset", "type", "formats"]
}

/// An element as libxml2 reads it.
final class XMLNode {
  let name: String
  fileprivate(set) var text = ""
  fileprivate(set) var children: [XMLNode] = []

  fileprivate init(_ name: String) { self.name = name }

  var names: Set<String> { Set(children.map(\.name)) }
  subscript(name: String) -> String? { children.first { $0.name == name }?.text }
  func all(_ name: String) -> [XMLNode] { children.filter { $0.name == name } }

  static func read(_ data: Data) throws -> XMLNode {
    let reader = Reader()
    let parser = XMLParser(data: data)
    parser.delegate = reader
    guard parser.parse(), let root = reader.root else {
      throw ClientFailure(text: "no XML: \(String(decoding: data.prefix(400), as: UTF8.self))")
    }
    return root
  }

  private final class Reader: NSObject, XMLParserDelegate {
    var root: XMLNode?
    private var open: [XMLNode] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String] = [:]
    ) {
      let node = XMLNode(name)
      open.last?.children.append(node)
      if root == nil { root = node }
      open.append(node)
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) { open.last?.text += text }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) { open.removeLast() }
  }
}

extension Answer {
  func list() throws -> [[String: Any]] {
    guard let list = try JSONSerialization.jsonObject(with: body) as? [[String: Any]] else {
      throw ClientFailure(text: "no array: \(text.prefix(400))")
    }
    return list
  }
}
