/// One value of a profile: number, text with a unit, state or fault.
import CSimdjson
import EstateModel

extension PayloadDecoder {
  /// A signal that isn't in the object is no problem: devices send part of what they know.
  func read(_ plan: SignalPlan, _ object: json_value, _ origin: Origin, isPlaced: Bool = false) {
    for condition in plan.conditions where !condition.holds(in: object) { return }
    if let path = plan.faultPath {
      let fault = path(object)
      if fault.isString {
        return appendFault(plan.signal, origin, .fault, "'\(printable(fault.textBytes, limit: 40))'")
      }
    }
    for condition in plan.faultConditions where condition.holds(in: object) {
      return appendFault(plan.signal, origin, .fault, "the device says that it has no value")
    }
    for index in plan.paths.indices {
      let place = isPlaced ? plan.places[index] : -1
      if place >= 0, present & (1 << UInt64(place)) == 0 { continue }
      let value = place >= 0 ? places[place] : plan.paths[index](object)
      if value.isAbsent { continue }
      if let series = plan.series, readSeries(value, series, plan, object, origin) { return }
      if let path = plan.unitPath { return read(value, unit: path(object), plan, origin) }
      return read(value: value, plan, origin)
    }
  }

  /// A value as it stands, or as `{value: …, unit: …}`.
  func read(value: json_value, _ plan: SignalPlan, _ origin: Origin) {
    guard value.kind == JSON_OBJECT else { return read(value, plan, origin) }
    guard let (inner, unit) = self.plan.number(in: value) else {
      return report(
        origin.device, signal: plan.signal, .wrongShape, "found an object, expected a number or {value, unit}"
      )
    }
    read(inner, unit: unit, plan, origin)
  }

  /// A value whose unit stands beside it.
  func read(_ value: json_value, unit symbol: json_value, _ plan: SignalPlan, _ origin: Origin) {
    guard symbol.isString, symbol.count > 0, value.isNumber else { return read(value, plan, origin) }
    append(number: value.number, unit: symbol.textBytes, plan, origin)
  }

  /// A list of values, newest first, with a steady time between them.
  private func readSeries(
    _ value: json_value, _ series: (period: PathPlan, milliseconds: Double), _ plan: SignalPlan,
    _ object: json_value, _ origin: Origin
  ) -> Bool {
    let list = value.kind == JSON_OBJECT ? self.plan.number(in: value)?.value ?? value : value
    guard list.kind == JSON_ARRAY else { return false }
    var period = series.period(object)
    if period.kind == JSON_OBJECT, let inner = self.plan.number(in: period) { period = inner.value }
    let step = period.isNumber ? period.number * series.milliseconds : .nan
    guard step > 0, step < 1e11 else {
      report(origin.device, signal: plan.signal, .badTime, "stored values without the time between them")
      return true
    }
    for (number, item) in list.items().enumerated() {
      var past = origin
      past.time = origin.time - Int64(step * Double(number))
      past.marks.insert(.historical)
      read(value: item, plan, past)
    }
    return true
  }

  private func read(_ value: json_value, _ plan: SignalPlan, _ origin: Origin) {
    if value.isNumber {
      if plan.isUnitStated { return }
      append(number: value.number, plan, plan.conversion, origin)
    } else if value.isString {
      read(text: value.textBytes, value, plan, origin)
    } else if value.kind == JSON_BOOL {
      let text: StaticString = value.number != 0 ? "true" : "false"
      let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
      for absent in plan.absentTexts where bytes.elementsEqual(absent) { return }
      if let state = plan.state(bytes) {
        append(state, plan.signal, origin)
      } else if plan.form == .state {
        append(value.number, plan.signal, origin)
      } else {
        reportNoNumber(value, plan.signal, origin)
      }
    } else {
      if value.kind == JSON_NULL, plan.absentTexts.contains(where: { $0.elementsEqual("null".utf8) }) {
        return
      }
      reportNoNumber(value, plan.signal, origin)
    }
  }

  @inline(__always)
  private func append(number: Double, _ plan: SignalPlan, _ conversion: Conversion, _ origin: Origin) {
    for absent in plan.absentNumbers where absent.holds(number) { return }
    for fault in plan.faultNumbers where fault.holds(number) {
      return appendFault(plan.signal, origin, .fault, fault.reason)
    }
    if !plan.states.isEmpty {
      for state in plan.states where Double(String(decoding: state.text, as: UTF8.self)) == number {
        return append(state.value, plan.signal, origin)
      }
      if let other = plan.elseState { return append(other, plan.signal, origin) }
    }
    append(conversion(number), plan.signal, origin)
  }

  /// A number with its unit; one that doesn't fit is a fault.
  func append(
    number: Double, unit symbol: UnsafeRawBufferPointer, _ plan: SignalPlan, _ origin: Origin
  ) {
    let own = Signal[plan.signal].unit
    guard let unit = self.plan.units[symbol].map({ Unit.all[Int($0)] }) else {
      return appendFault(
        plan.signal, origin, .wrongUnit, "found '\(printable(symbol, limit: 16))', expected \(own)")
    }
    guard unit.dimension == own.dimension, unit.symbol != "K" else {
      return appendFault(plan.signal, origin, .wrongUnit, "found \(unit), expected \(own)")
    }
    append(number: number, plan, plan.conversion(from: unit), origin)
  }

  /// A fault text, a state, or a number with or without a unit; the text's unit goes before the profile's.
  private func read(
    text: UnsafeRawBufferPointer, _ value: json_value, _ plan: SignalPlan, _ origin: Origin
  ) {
    for absent in plan.absentTexts where text.elementsEqual(absent) { return }
    for fault in plan.faultTexts where text.elementsEqual(fault.text) {
      return appendFault(plan.signal, origin, .fault, fault.reason)
    }
    if let state = plan.state(text) { return append(state, plan.signal, origin) }
    let text = text.trimmed
    var number = 0.0
    let used = json_leading_number(text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, &number)
    guard used > 0 else { return reportNoNumber(value, plan.signal, origin) }
    let symbol = UnsafeRawBufferPointer(rebasing: text[used...]).trimmed
    if symbol.isEmpty {
      if plan.isUnitStated { return }
      return append(number: number, plan, plan.conversion, origin)
    }
    guard self.plan.units[symbol] != nil else { return reportNoNumber(value, plan.signal, origin) }
    append(number: number, unit: symbol, plan, origin)
  }
}

extension json_value {
  /// Whether the value, written out, is this text.
  func reads(_ text: [UInt8]) -> Bool {
    switch kind {
    case JSON_STRING: textBytes.elementsEqual(text)
    case JSON_BOOL: (number != 0 ? "true" : "false").utf8.elementsEqual(text)
    case JSON_NULL: "null".utf8.elementsEqual(text)
    case JSON_INTEGER, JSON_NUMBER: Double(String(decoding: text, as: UTF8.self)) == number
    default: false
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Without blanks at both ends.
  var trimmed: UnsafeRawBufferPointer {
    var start = startIndex
    var end = endIndex
    while start < end, self[start] == 32 || self[start] == 9 { start += 1 }
    while end > start, self[end - 1] == 32 || self[end - 1] == 9 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: self[start..<end])
  }
}
