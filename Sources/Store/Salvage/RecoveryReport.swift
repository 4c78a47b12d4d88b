/// What a recovery brought back, and what it could not.

public struct RecoveryReport: Hashable, Sendable, Codable {
  public struct Table: Hashable, Sendable, Codable {
    public var name: String
    /// Rows in the new database.
    public var saved = 0
    /// Rows that were found and can't be used: their content is damaged.
    public var unusable = 0
    /// The table's beginning was not found: rows were taken where they looked like this table's.
    public var isGuessed = false
  }

  /// In order of worth.
  public var tables: [Table] = []
  /// Pages of the file that can't be read or aren't what they must be.
  public var damagedPages = 0
  /// Rows of which a part lay on such a page.
  public var brokenRows = 0
  /// Tickets with steps that are lost, by id.
  public var ticketSteps: [String: Int] = [:]
  /// Tickets of which only some later steps were left: they could not be saved.
  public var lostTickets: [String] = []
  /// Readings in history before, as they were counted; nil: the count is lost.
  public var readingsBefore: Int?
  /// Readings in history now.
  public var readings = 0
  /// Devices whose name is lost: their readings are kept under `recovered/` and their number.
  public var namelessDevices = 0
  /// Where the damaged file lies now.
  public var damagedFile = ""

  public var isComplete: Bool {
    damagedPages == 0 && brokenRows == 0 && ticketSteps.isEmpty && lostTickets.isEmpty && namelessDevices == 0
      && tables.allSatisfy { $0.unusable == 0 && !$0.isGuessed }
  }
}
