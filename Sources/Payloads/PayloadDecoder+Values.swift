/// One value of a profile: number, text with a unit, state or fault.
import CSimdjson
import EstateModel

extension PayloadDecoder {
  /// A signal that isn't in the object is no problem: devices send part of what they know.
  func read(_ plan: SignalPlan, _ object: json_value, _ origin: Origin) {
    for condition in plan.conditions where !condition.holds(in: object) { return }
    if let path = plan.faultPath {
      let fault = path(object)
      if fault.isString {
        return appendFault(plan.signal, origin, .fault, "'\(printable(fault.textBytes, limit: 40))'")
      }
    }
    for path in plan.paths {
      let value = path(object)
      if value.isAbsent { continue }
      return read(value, plan, origin)
    }
  }

  private func read(_ value: json_value, _ plan: SignalPlan, _ origin: Origin) {
    if value.isNumber {
      append(number: value.number, plan, plan.conversion, origin)
    } else if value.isString {
      read(text: value.textBytes, value, plan, origin)
    } else if value.kind == JSON_BOOL {
      let text: StaticString = value.number != 0 ? "true" : "false"
      let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
      if let state = plan.state(bytes) {
        append(state, plan.signal, origin)
      } else if plan.form == .state {
        append(value.number, plan.signal, origin)
      } else {
        reportNoNumber(value, plan.signal, origin)
      }
    } else {
      reportNoNumber(value, plan.signal, origin)
    }
  }

  private func append(number: Double, _ plan: SignalPlan, _ conversion: Conversion, _ origin: Origin) {
    for fault in plan.faultNumbers where fault.number == number {
      return appendFault(plan.signal, origin, .fault, fault.reason)
    }
    append(conversion(number), plan.signal, origin)
  }

  /// A fault text, a state, or a number with or without a unit; the text's unit goes before the profile's.
  private func read(
    text: UnsafeRawBufferPointer, _ value: json_value, _ plan: SignalPlan, _ origin: Origin
  ) {
    for fault in plan.faultTexts where text.elementsEqual(fault.text) {
      return appendFault(plan.signal, origin, .fault, fault.reason)
    }
    if let state = plan.state(text) { return append(state, plan.signal, origin) }
    let text = text.trimmed
    var number = 0.0
    let used = json_leading_number(text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, &number)
    guard used > 0 else { return reportNoNumber(value, plan.signal, origin) }
    let symbol = UnsafeRawBufferPointer(rebasing: text[used...]).trimmed
    if symbol.isEmpty { return append(number: number, plan, plan.conversion, origin) }
    guard let unit = self.plan.units[symbol].map({ Unit.all[Int($0)] }) else {
      return reportNoNumber(value, plan.signal, origin)
    }
    let own = Signal[plan.signal].unit
    guard unit.dimension == own.dimension, unit.symbol != "K" else {
      return appendFault(plan.signal, origin, .wrongUnit, "found \(unit), expected \(own)")
    }
    append(number: number, plan, Conversion(from: unit, to: own), origin)
  }
}

extension SignalPlan {
  func state(_ text: UnsafeRawBufferPointer) -> Double? {
    for state in states where text.elementsEqual(state.text) { return state.value }
    return nil
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
