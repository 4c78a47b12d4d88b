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
  /// RFC 3339 text, seconds, milliseconds or microseconds, told apart by their size; also as text.
  case any
  /// The device's wall clock, without a zone.
  case local
}

extension Timestamp {
  /// Beyond the year 9999 no number is a time.
  private static let limit: Double = 253_402_300_800_000

  /// - Returns: nil when the value is no time in this form.
  init?(_ value: json_value, form: TimeForm) {
    var number = value.number
    if value.isString {
      if form == .rfc3339 || form == .native || form == .any, let time = Timestamp(rfc3339: value.textBytes) {
        self = time
        return
      }
      let text = value.textBytes
      guard form == .any, text.count > 8,
        json_leading_number(text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, &number)
          == text.count
      else { return nil }
    } else if !value.isNumber {
      return nil
    }
    guard form != .rfc3339, form != .local else { return nil }
    var milliseconds = form == .seconds ? number * 1000 : number
    if form == .any {
      milliseconds = abs(number) < 1e11 ? number * 1000 : abs(number) < 1e14 ? number : number / 1000
    }
    guard abs(milliseconds) < Self.limit else { return nil }
    self.init(milliseconds: Int64(milliseconds.rounded(.down)))
  }

  /// A time without a zone, `2019-01-01T22:42:35`, as if it were GMT.
  init?(local text: UnsafeRawBufferPointer) {
    guard text.count <= 40 else { return nil }
    let parsed = withUnsafeTemporaryAllocation(byteCount: 41, alignment: 1) { buffer -> Timestamp? in
      buffer.copyMemory(from: text)
      buffer[text.count] = UInt8(ascii: "Z")
      return Timestamp(rfc3339: UnsafeRawBufferPointer(rebasing: buffer[...text.count]))
    }
    guard let parsed else { return nil }
    self = parsed
  }
}
