/// Where things are inside an estate.
public struct Place: Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case building, unit, flat, shaft, gate, garage, wall, well
    case meterWell = "meter-well"
    case septicTank = "septic-tank"
    case gatehouse
  }

  public var id: String
  public var kind: Kind
  public var title: Title
  /// The place that it is part of.
  public var parent: String?
  /// Wells and tanks: the name of their sewer, and where their water goes next.
  public var sewer: String?
  public var downstream: String?
  /// By attribute name; a device that doesn't say otherwise has those of its place.
  public var attributes: [String: Quantity]

  public init(
    id: String,
    kind: Kind,
    title: Title,
    parent: String? = nil,
    sewer: String? = nil,
    downstream: String? = nil,
    attributes: [String: Quantity] = [:]
  ) {
    self.id = id
    self.kind = kind
    self.title = title
    self.parent = parent
    self.sewer = sewer
    self.downstream = downstream
    self.attributes = attributes
  }
}
