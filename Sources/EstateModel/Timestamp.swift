/// Points in time as the pipeline counts them.
import Foundation

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var milliseconds: Int64

  @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// - Parameter seconds: seconds since 1970, any fraction; rounded down to a millisecond.
  @inlinable public init(seconds: Double) { milliseconds = Int64((seconds * 1000).rounded(.down)) }

  public static let distantPast = Timestamp(milliseconds: .min / 4)
  public static let distantFuture = Timestamp(milliseconds: .max / 4)

  @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

  /// Milliseconds from `b` to `a`.
  @inlinable public static func - (a: Timestamp, b: Timestamp) -> Int64 { a.milliseconds - b.milliseconds }
  @inlinable public static func + (a: Timestamp, milliseconds: Int64) -> Timestamp {
    Timestamp(milliseconds: a.milliseconds + milliseconds)
  }
  @inlinable public static func - (a: Timestamp, milliseconds: Int64) -> Timestamp {
    Timestamp(milliseconds: a.milliseconds - milliseconds)
  }

  public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
  public init(_ date: Date) {
    self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
  }
}

extension Timestamp {
  /// RFC 3339 with milliseconds: `2026-03-10T22:45:00.000+08:00`, in GMT with `Z`.
  public func formatted(in timeZone: TimeZone = .gmt) -> String {
    formatted(secondsFromGMT: secondsFromGMT(in: timeZone))
  }

  /// The clock on the wall there: `2026-03-10 22:45:00`.
  public func localText(in timeZone: TimeZone) -> String {
    let text = formatted(in: timeZone)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
  }

  /// The years 1 to 9999.
  private static let told: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999
  private var told: Int64 { min(max(milliseconds, Self.told.lowerBound), Self.told.upperBound) }

  public func secondsFromGMT(in timeZone: TimeZone) -> Int {
    timeZone.secondsFromGMT(for: Timestamp(milliseconds: told).date)
  }

  /// The same at a known offset. What lies outside the years 1 to 9999 is told as the nearest moment inside.
  public func formatted(secondsFromGMT offset: Int) -> String {
    let local = min(max(told + Int64(offset) * 1000, Self.told.lowerBound), Self.told.upperBound)
    let (days, time) = local.flooredQuotientAndRemainder(86_400_000)
    let date = Self.civil(days)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(29)
    func digits(_ value: Int64, _ count: Int) {
      var unit: Int64 = 1
      for _ in 1..<count { unit *= 10 }
      while unit > 0 {
        bytes.append(UInt8(48 + value / unit % 10))
        unit /= 10
      }
    }
    func text(_ character: Character) { bytes.append(character.asciiValue ?? 63) }
    digits(date.year, 4)
    text("-")
    digits(date.month, 2)
    text("-")
    digits(date.day, 2)
    text("T")
    digits(time / 3_600_000, 2)
    text(":")
    digits(time / 60_000 % 60, 2)
    text(":")
    digits(time / 1000 % 60, 2)
    text(".")
    digits(time % 1000, 3)
    if offset == 0 {
      text("Z")
    } else {
      let minutes = Int64(abs(offset) / 60)
      text(offset < 0 ? "-" : "+")
      digits(minutes / 60, 2)
      text(":")
      digits(minutes % 60, 2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The Gregorian date of a day counted from 1970-01-01: eras of 400 years that begin in March.
  private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, ofEra) = (day + 719_468).flooredQuotientAndRemainder(146_097)
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * ofYear + 2) / 153
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    return (year, month < 10 ? month + 3 : month - 9, ofYear - (153 * month + 2) / 5 + 1)
  }

  /// Reads RFC 3339 with any number of fraction digits, `Z` or an offset; a blank may stand for the `T`.
  /// - Returns: nil when the text is not such a time or lies outside the years 1 to 9999.
  public init?(rfc3339 text: some StringProtocol) {
    var text = Array(text.utf8)
    let parsed = text.withUnsafeMutableBufferPointer { Timestamp(rfc3339: UnsafeRawBufferPointer($0)) }
    guard let parsed else { return nil }
    self = parsed
  }

  /// The same from raw UTF-8 bytes, without allocation.
  public init?(rfc3339 bytes: UnsafeRawBufferPointer) {
    var position = 0
    @inline(__always) func digits(_ count: Int) -> Int? {
      guard position + count <= bytes.count else { return nil }
      var value = 0
      for index in position..<(position + count) {
        let digit = bytes[index] &- 48
        guard digit < 10 else { return nil }
        value = value * 10 + Int(digit)
      }
      position += count
      return value
    }
    @inline(__always) func skip(_ first: UInt8, _ second: UInt8? = nil, _ third: UInt8? = nil) -> Bool {
      guard position < bytes.count else { return false }
      let byte = bytes[position]
      guard byte == first || byte == second || byte == third else { return false }
      position += 1
      return true
    }
    guard let year = digits(4), skip(45), let month = digits(2), skip(45), let day = digits(2),
      skip(84, 116, 32), let hour = digits(2), skip(58), let minute = digits(2), skip(58),
      let second = digits(2),
      year >= 1, (1...12).contains(month), day >= 1, day <= Timestamp.days(inMonth: month, of: year),
      hour < 24, minute < 60, second < 61
    else { return nil }
    var fraction = 0
    if skip(46, 44) {
      var scale = 100
      var count = 0
      while position < bytes.count, bytes[position] &- 48 < 10 {
        fraction += Int(bytes[position] &- 48) * scale
        scale /= 10
        position += 1
        count += 1
      }
      guard count > 0 else { return nil }
    }
    var offset = 0
    if !skip(90, 122) {
      guard position < bytes.count else { return nil }
      let sign = bytes[position] == 43 ? 1 : bytes[position] == 45 ? -1 : 0
      position += 1
      guard sign != 0, let hours = digits(2) else { return nil }
      _ = skip(58)
      guard let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
      offset = sign * (hours * 60 + minutes)
    }
    guard position == bytes.count else { return nil }
    let days = Timestamp.daysSince1970(year: year, month: month, day: day)
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
    self.init(milliseconds: Int64(seconds) * 1000 + Int64(fraction))
  }

  private static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar. Source: Hinnant, chrono-compatible date algorithms.
  static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Timestamp: Codable {
  /// As a number: milliseconds since 1970.
  public init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

extension Int64 {
  fileprivate func flooredQuotientAndRemainder(_ divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
