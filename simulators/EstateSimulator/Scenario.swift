/// A piece of time in some estates' lives, with what goes wrong in it and the tickets that must come of it.
import Configuration
import EstateModel

public struct Scenario: Sendable {
  public var name: String
  public var title: Title
  /// Ids of the estates whose devices play; nil: all of the catalogue.
  public var estates: [String]?
  public var start: Timestamp
  /// Milliseconds.
  public var duration: Int64
  public var seed: UInt64
  public var weather: Weather
  public var incidents: [Incident]
  public var faults: [Fault] = []
  /// What its devices speak, where nobody says otherwise.
  public var format = FormatChoice.one(.native)
  public var expectations: [Expectation]
  public var location: SourceLocation

  public var end: Timestamp { start + duration }

  /// A ticket that the gateway must open. The simulator doesn't judge; it only makes sure that this can be read.
  public struct Expectation: Sendable {
    public var category: String
    public var estate: String
    public var place: String
    public var towards: String?
    public var priority: Priority
    public var party: Role
    /// Milliseconds after the start.
    public var raised: ClosedRange<Int64>
  }
}
