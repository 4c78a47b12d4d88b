/// Times as payloads write them, and which of them are believed.
import CSimdjson
import EstateModel

/// How far a device's clock may be off before the arrival time stands in.
public struct ClockTolerance: Sendable {
  /// Milliseconds behind the arrival.
  public var behind: Int64
  /// Milliseconds ahead of the arrival.
  public var ahead: Int64

  public init(behind: Int64, ahead: Int64) {
    (self.behind, self.ahead) = (behind, ahead)
  }

  /// 24 h behind (devices keep what they could not send), 2 min ahead (no device knows the future).
  public static let usual = ClockTolerance(behind: 86_400_000, ahead: 120_000)
  /// Every time is believed: for looking at stored payloads.
  public static let unlimited = ClockTolerance(behind: .max, ahead: .max)
}

/// How a payload writes a time.
public enum TimeForm: String, CaseIterable, Sendable {
  case rfc3339
  case milliseconds = "epoch-ms"
  /// Whole or with a fraction.
  case seconds = "epoch-s"
  /// Native payloads: RFC 3339 text or milliseconds.
  case native
}

extension Timestamp {
  /// Beyond the year 9999 no number is a time.
  private static let limit: Double = 253_402_300_800_000

  /// - Returns: nil when the value is no time in this form.
  init?(_ value: json_value, form: TimeForm) {
    if value.isString {
      guard form == .rfc3339 || form == .native, let time = Timestamp(rfc3339: value.textBytes) else {
        return nil
      }
      self = time
      return
    }
    guard value.isNumber, form != .rfc3339 else { return nil }
    let milliseconds = form == .seconds ? value.number * 1000 : value.number
    guard abs(milliseconds) < Self.limit else { return nil }
    self.init(milliseconds: Int64(milliseconds.rounded(.down)))
  }
}
