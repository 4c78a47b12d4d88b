/// `config/calendars/*.ics`: events of RFC 5545 as the hours of a calendar, which has the file's name.
import CIcal
import Configuration
import EstateModel
import Foundation

/// Recurrence and time zones are libical's. What happens is worked out once, up to the year 2100.
public enum ICalendarFile {
  /// Larger files are refused, in bytes.
  static let largest = 1_048_576
  private static let end = Timestamp(rfc3339: "2100-01-01T00:00:00Z") ?? .distantFuture

  /// Reads every `*.ics` of a folder. - Parameter prefix: how messages call the folder.
  public static func calendars(in folder: URL, prefix: String, diagnostics: Diagnostics)
    -> [String: EstateCalendar]
  {
    let paths = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    var calendars: [String: EstateCalendar] = [:]
    for path in paths.sorted() where path.hasSuffix(".ics") {
      let name = String(path.dropLast(4))
      let file = "\(prefix)/\(path)"
      guard let bytes = try? Data(contentsOf: folder.appendingPathComponent(path)) else {
        diagnostics.error("can't be read", at: SourceLocation(file: file, line: 1, column: 1))
        continue
      }
      calendars[name] = calendar(
        named: name, text: String(decoding: bytes, as: UTF8.self), file: file, diagnostics: diagnostics)
    }
    return calendars
  }

  /// - Returns: nil when it can't be read; what is wrong is in `diagnostics`.
  public static func calendar(named name: String, text: String, file: String, diagnostics: Diagnostics)
    -> EstateCalendar?
  {
    diagnostics.remember(text: text, of: file)
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    func fail(_ message: String, at word: String = "", number: Int = 0) {
      // libical tells no places: the nth line that begins with the word is where a person looks.
      let places = lines.indices.filter { !word.isEmpty && lines[$0].hasPrefix(word) }
      let line = places.indices.contains(number) ? places[number] + 1 : 1
      diagnostics.error(message, at: SourceLocation(file: file, line: line, column: 1))
    }
    guard text.utf8.count <= largest else {
      fail("the file has \(text.utf8.count) bytes; at most \(largest) are read")
      return nil
    }
    if let problem = ical_library_open() {
      fail("libical can't be used: \(String(cString: problem))")
      return nil
    }
    icalerror_set_errors_are_fatal(0)
    guard let root = icalparser_parse_string(text) else {
      fail("found no calendar, expected BEGIN:VCALENDAR")
      return nil
    }
    defer { icalcomponent_free(root) }
    guard icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT else {
      fail("found no calendar, expected BEGIN:VCALENDAR")
      return nil
    }
    let before = diagnostics.errors.count
    var calendar = EstateCalendar(name: name, hours: [])
    var number = 0
    var event = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT)
    while let component = event {
      if let problem = problem(of: component) {
        fail(problem, at: "BEGIN:VEVENT", number: number)
      } else {
        let spans = occurrences(of: component)
        if isFloating(component) { calendar.localSpans += spans } else { calendar.spans += spans }
      }
      number += 1
      event = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)
    }
    if number == 0 { fail("found no event, expected BEGIN:VEVENT") }
    guard diagnostics.errors.count == before else { return nil }
    calendar.spans = merged(calendar.spans)
    calendar.localSpans = merged(calendar.localSpans)
    return calendar
  }

  /// Why an event can't be used; nil: it can.
  private static func problem(of event: OpaquePointer) -> String? {
    if let error = icalcomponent_get_first_property(event, ICAL_XLICERROR_PROPERTY) {
      return
        "this event can't be read: \(icalproperty_get_xlicerror(error).map { String(cString: $0) } ?? "")"
    }
    let start = icalcomponent_get_dtstart(event)
    guard icaltime_is_null_time(start) == 0, icaltime_is_valid_time(start) != 0 else {
      return "this event has no beginning, expected DTSTART"
    }
    if let property = icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY),
      let parameter = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER), start.zone == nil
    {
      let zone = icalparameter_get_tzid(parameter).map { String(cString: $0) } ?? ""
      return "unknown time zone '\(zone.prefix(60))'"
    }
    var rule = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY)
    while let property = rule {
      let frequency = icalproperty_get_rrule(property).freq
      guard frequency.rawValue >= ICAL_DAILY_RECURRENCE.rawValue,
        frequency.rawValue <= ICAL_YEARLY_RECURRENCE.rawValue
      else { return "this event comes more often than daily, expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY" }
      rule = icalcomponent_get_next_property(event, ICAL_RRULE_PROPERTY)
    }
    return nil
  }

  /// Whether its times are those of the clock on the wall, wherever the estate is.
  private static func isFloating(_ event: OpaquePointer) -> Bool {
    let start = icalcomponent_get_dtstart(event)
    return start.is_date != 0 || start.zone == nil
  }

  /// Milliseconds since 1970; of times by the clock on the wall as if they were UTC.
  private static func occurrences(of event: OpaquePointer) -> [Range<Int64>] {
    final class Found { var spans: [Range<Int64>] = [] }
    let found = Found()
    let utc = icaltimezone_get_utc_timezone()
    let from = icaltime_from_timet_with_zone(0, 0, utc)
    let until = icaltime_from_timet_with_zone(time_t(end.milliseconds / 1000), 0, utc)
    withExtendedLifetime(found) {
      icalcomponent_foreach_recurrence(
        event, from, until,
        { _, span, data in
          guard let span, let data else { return }
          let (start, end) = (Int64(span.pointee.start) * 1000, Int64(span.pointee.end) * 1000)
          guard start < end else { return }
          Unmanaged<Found>.fromOpaque(data).takeUnretainedValue().spans.append(start..<end)
        }, Unmanaged.passUnretained(found).toOpaque())
    }
    // Of whole days libical counts the one on which they end, which RFC 5545 (3.6.1) leaves out.
    let start = icalcomponent_get_dtstart(event)
    guard start.is_date != 0 else { return found.spans }
    var seconds: Int64 = 86_400
    if icalcomponent_get_first_property(event, ICAL_DTEND_PROPERTY) != nil {
      seconds = Int64(icaltime_as_timet(icalcomponent_get_dtend(event)) - icaltime_as_timet(start))
    } else if icalcomponent_get_first_property(event, ICAL_DURATION_PROPERTY) != nil {
      seconds = Int64(icaldurationtype_as_int(icalcomponent_get_duration(event)))
    }
    return found.spans.map { $0.lowerBound..<($0.lowerBound + max(1, seconds) * 1000) }
  }

  private static func merged(_ spans: [Range<Int64>]) -> [Range<Int64>] {
    var merged: [Range<Int64>] = []
    for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, span.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
      } else {
        merged.append(span)
      }
    }
    return merged
  }
}
