/// A residential estate: who answers for it, its places and its devices.
import Foundation

public struct Estate: Sendable {
  /// Who runs the estate day by day. It decides where tickets go.
  public enum Management: String, CaseIterable, Sendable {
    case propertyCompany = "property-company"
    case none
    case ownersCommittee = "owners-committee"
    /// The sources don't say; routed as if there were none.
    case unknown
  }

  public enum Provenance: String, CaseIterable, Sendable { case seed, synthetic }

  public var id: String
  public var title: Title
  public var community: Title
  public var subDistrict: Title
  public var district: Title
  public var management: Management
  public var provenance: Provenance
  public var timeZone: TimeZone
  public var parties: [Party]
  public var places: [Place]

  public init(
    id: String,
    title: Title,
    community: Title,
    subDistrict: Title,
    district: Title,
    management: Management,
    provenance: Provenance = .synthetic,
    timeZone: TimeZone,
    parties: [Party] = [],
    places: [Place] = []
  ) {
    self.id = id
    self.title = title
    self.community = community
    self.subDistrict = subDistrict
    self.district = district
    self.management = management
    self.provenance = provenance
    self.timeZone = timeZone
    self.parties = parties
    self.places = places
  }

  public func place(_ id: String) -> Place? { places.first { $0.id == id } }

  /// Who fills a role here: the named organisation, or the function itself.
  public func party(_ role: Role) -> Party {
    parties.first { $0.role == role } ?? Party(role: role, title: role.title)
  }
}
