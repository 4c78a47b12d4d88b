/// What residents can report: the ticket categories that have a `service:` in routing.yaml.
import EstateModel
import Foundation
import Tickets

/// A category that is a service.
struct GeoService: Sendable {
  var category: Tickets.Category
  var text: ServiceText
  var code: String { category.name }
}

extension Open311Routes {
  var all: [GeoService] {
    configuration.routing.categories.compactMap { category in
      category.service.map { GeoService(category: category, text: $0) }
    }
  }

  /// - Throws: ``GeoErrors`` 404
  func service(_ code: String) throws -> GeoService {
    guard let service = all.first(where: { $0.code == code }) else {
      throw GeoErrors(404, "service_code '\(code.prefix(80))' was not found")
    }
    return service
  }

  func services(isChinese: Bool) -> GeoAnswer {
    GeoAnswer(
      root: "services",
      value: .list(
        of: "service",
        all.map { service in
          .fields([
            ("service_code", .text(service.code)),
            ("service_name", .text(service.category.title.text(isChinese: isChinese))),
            ("description", .text(service.text.description.text(isChinese: isChinese))),
            ("metadata", .flag(true)), ("type", .text("realtime")),
            ("keywords", .text(service.text.keywords.joined(separator: ", "))),
            ("group", .text(service.text.group.text(isChinese: isChinese))),
          ])
        }))
  }

  /// What a report must and may say beyond the standard's own fields.
  enum Attribute: String, CaseIterable {
    case place, noticed, household

    static let longestHousehold = 40

    var datatype: String {
      switch self {
      case .place: "singlevaluelist"
      case .noticed: "datetime"
      case .household: "string"
      }
    }

    var description: Title {
      switch self {
      case .place: Title(zh: "在哪里？", en: "Where is it?")
      case .noticed: Title(zh: "什么时候发现的？（不填：刚才）", en: "When was it noticed? (left out: just now)")
      case .household:
        Title(zh: "哪一户？如 3-2-301，请勿填写姓名", en: "Which household? Such as 3-2-301; no name, please")
      }
    }

    var help: Title? {
      switch self {
      case .place: nil
      case .noticed: Title(zh: "如 2026-03-10T22:45:00+08:00", en: "such as 2026-03-10T22:45:00+08:00")
      case .household: Title(zh: "最多 40 个字", en: "at most 40 characters")
      }
    }
  }

  func definition(_ service: GeoService, isChinese: Bool) -> GeoAnswer {
    let attributes = Attribute.allCases.enumerated().map { number, attribute -> GeoValue in
      .fields([
        ("variable", .flag(true)), ("code", .text(attribute.rawValue)),
        ("datatype", .text(attribute.datatype)),
        ("required", .flag(attribute == .place)),
        ("datatype_description", .text(attribute.help?.text(isChinese: isChinese))),
        ("order", .number(number + 1)),
        ("description", .text(attribute.description.text(isChinese: isChinese))),
        ("values", .list(of: "value", attribute == .place ? places(isChinese: isChinese) : [])),
      ])
    }
    return GeoAnswer(
      root: "service_definition",
      value: .fields([
        ("service_code", .text(service.code)), ("attributes", .list(of: "attribute", attributes)),
      ]))
  }

  private func places(isChinese: Bool) -> [GeoValue] {
    configuration.catalogue.estates.flatMap { estate in
      estate.places.map { place in
        .fields([
          ("key", .text("\(estate.id)/\(place.id)")),
          ("name", .text(address(place, in: estate, isChinese: isChinese))),
        ])
      }
    }
  }

  /// The place first, then the estate, then what it belongs to.
  func address(_ place: Place?, in estate: Estate, isChinese: Bool) -> String {
    let parts = [place?.title, estate.title, estate.community, estate.subDistrict, estate.district]
    return parts.compactMap { $0?.text(isChinese: isChinese) }.joined(separator: isChinese ? "，" : ", ")
  }
}
