/// Who acts: the functions among which an estate's problems are divided.
public enum Role: String, CaseIterable, Sendable, Codable {
  case residents
  case buildingHead = "building-head"
  case unitHead = "unit-head"
  case gridWorker = "grid-worker"
  case ownersCommittee = "owners-committee"
  case propertyCompany = "property-company"
  case elevatorContractor = "elevator-contractor"
  case sewerContractor = "sewer-contractor"
  case wallContractor = "wall-contractor"
  case worksContractor = "works-contractor"
  case systemIntegrator = "system-integrator"
  case guardPost = "guard"
  case community
  case subDistrict = "sub-district"
  case housingCentre = "housing-centre"
  case municipalDrainage = "municipal-drainage"
  case waterCompany = "water-company"
  case urbanManagement = "urban-management"
  case police
  case fire
  case hotline12345 = "12345"

  /// The function's name where the estate names no organisation for it.
  public var title: Title {
    switch self {
    case .residents: Title(zh: "居民", en: "residents")
    case .buildingHead: Title(zh: "楼栋长", en: "building head")
    case .unitHead: Title(zh: "单元长", en: "unit head")
    case .gridWorker: Title(zh: "网格员", en: "grid worker")
    case .ownersCommittee: Title(zh: "业委会", en: "owners' committee")
    case .propertyCompany: Title(zh: "物业公司", en: "property company")
    case .elevatorContractor: Title(zh: "电梯维保方", en: "elevator contractor")
    case .sewerContractor: Title(zh: "清污人员", en: "sewer contractor")
    case .wallContractor: Title(zh: "修缮单位", en: "wall contractor")
    case .worksContractor: Title(zh: "施工方", en: "works contractor")
    case .systemIntegrator: Title(zh: "系统集成商", en: "system integrator")
    case .guardPost: Title(zh: "门卫", en: "gatehouse guard")
    case .community: Title(zh: "社区", en: "community")
    case .subDistrict: Title(zh: "街道", en: "sub-district")
    case .housingCentre: Title(zh: "房产服务中心", en: "housing service centre")
    case .municipalDrainage: Title(zh: "市政排水", en: "municipal drainage")
    case .waterCompany: Title(zh: "供水公司", en: "water company")
    case .urbanManagement: Title(zh: "城管", en: "urban management")
    case .police: Title(zh: "辖区民警", en: "police")
    case .fire: Title(zh: "消防", en: "fire service")
    case .hotline12345: Title(zh: "12345热线", en: "12345 hotline")
    }
  }
}

/// An organisation or person that fills a role in an estate.
public struct Party: Sendable {
  public var role: Role
  public var title: Title
  /// Telephone, address or channel; never printed in logs.
  public var contact: String?

  public init(role: Role, title: Title, contact: String? = nil) {
    (self.role, self.title, self.contact) = (role, title, contact)
  }
}
