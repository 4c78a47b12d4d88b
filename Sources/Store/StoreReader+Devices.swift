/// Devices as they are stored: what is known of them, what was wrong with their messages, their events.
import EstateModel
import GRDB

extension StoreReader {
  /// By device path.
  public func deviceStates() throws -> [DeviceState] {
    try values(DeviceState.self, of: "device_states", "SELECT json FROM device_states ORDER BY device")
  }

  /// Paths of all devices that the database has ever known, in order.
  public func devices() throws -> [String] {
    try read { try String.fetchAll($0, sql: "SELECT path FROM devices ORDER BY path") }
  }

  /// By device, then by reason.
  public func problems(device: String? = nil) throws -> [DeviceProblem] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM problems WHERE device = ?1 OR ?1 IS NULL ORDER BY device, reason",
        arguments: [device]
      ).map { row in
        DeviceProblem(
          device: try row.value("device", of: "problems"), reason: try row.value("reason", of: "problems"),
          detail: try row.value("detail", of: "problems"), count: try row.value("count", of: "problems"),
          first: Timestamp(milliseconds: try row.value("first", of: "problems")),
          last: Timestamp(milliseconds: try row.value("last", of: "problems")))
      }
    }
  }

  /// Camera events in the order of their commits.
  public func events(since: Timestamp? = nil) throws -> [EventDetail] {
    try values(
      EventDetail.self, of: "events", "SELECT json FROM events WHERE at >= ? ORDER BY seq",
      [since?.milliseconds ?? Int64.min])
  }
}
