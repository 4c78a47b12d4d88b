/// A column of whole numbers in a chunk: times, delays or values, whichever way they are smallest.
///
/// Head byte: bits 0 and 1 are the prediction, bits 2 to 7 the order of the Golomb codes; order 63 says that every
/// number is what was predicted, and nothing follows. Then as varints the first numbers and the step that all
/// residues are multiples of; then one code for each number that isn't stored whole.

enum PackedColumn {
  /// What a number is expected to be.
  enum Prediction: UInt8, CaseIterable {
    /// The smallest of all.
    case smallest = 0
    /// The one before.
    case last = 1
    /// As far from the one before as that is from the one before it: regular times cost next to nothing.
    case line = 2
  }

  private static let allPredicted: UInt8 = 63
  private static let largestOrder = 40

  private struct Plan {
    var prediction: Prediction
    var base: Int64
    var slope: Int64
    var residues: [UInt64]
    var step: UInt64 = 1
    var order = 0
    /// Bits.
    var cost = 0
  }

  /// - Parameter numbers: one or more.
  static func encode(_ numbers: [Int64], head: inout ByteWriter, bits: inout BitWriter) {
    var best: Plan?
    for prediction in Prediction.allCases {
      let plan = plan(numbers, prediction)
      if plan.cost < best?.cost ?? .max { best = plan }
    }
    guard let best else { return }
    let isPredicted = best.residues.allSatisfy { $0 == 0 }
    head.append(byte: best.prediction.rawValue | (isPredicted ? allPredicted : UInt8(best.order)) << 2)
    head.append(signed: best.base)
    if best.prediction == .line { head.append(signed: best.slope) }
    if isPredicted { return }
    head.append(best.step)
    for residue in best.residues { bits.append(golomb: residue, order: UInt64(best.order)) }
  }

  private static func plan(_ numbers: [Int64], _ prediction: Prediction) -> Plan {
    let first = numbers[0]
    var plan = Plan(prediction: prediction, base: first, slope: 0, residues: [])
    plan.residues.reserveCapacity(numbers.count)
    // Differences may wrap around: they do so again on the way back.
    switch prediction {
    case .smallest:
      plan.base = numbers.min() ?? first
      for number in numbers { plan.residues.append(UInt64(bitPattern: number &- plan.base)) }
    case .last:
      var last = first
      for number in numbers.dropFirst() {
        plan.residues.append(zigzag(number &- last))
        last = number
      }
    case .line:
      var last = first
      var slope: Int64 = numbers.count > 1 ? numbers[1] &- first : 0
      plan.slope = slope
      for number in numbers.dropFirst() {
        plan.residues.append(zigzag(number &- last &- slope))
        (slope, last) = (number &- last, number)
      }
    }
    shrink(&plan)
    return plan
  }

  /// Takes out what all residues have in common, and finds the order that needs the fewest bits.
  private static func shrink(_ plan: inout Plan) {
    let isSigned = plan.prediction != .smallest
    let step = step(of: plan.residues, isSigned: isSigned)
    if step > 1 {
      plan.step = step
      for index in plan.residues.indices {
        plan.residues[index] =
          isSigned
          ? zigzag(unzigzag(plan.residues[index]) / Int64(bitPattern: step)) : plan.residues[index] / step
      }
    }
    var widths = [Int](repeating: 0, count: 65)
    for residue in plan.residues { widths[64 - residue.leadingZeroBitCount] += 1 }
    guard let widest = widths.lastIndex(where: { $0 > 0 }), widest > 0 else { return }
    plan.cost = .max
    // From 1 where the largest number would overflow at order 0.
    for order in (widest == 64 ? 1 : 0)...min(widest, largestOrder) {
      var cost = 0
      for (width, count) in widths.enumerated() where count > 0 {
        cost += count * (width <= order ? order + 1 : order + 2 * (width - order) + 1)
      }
      if cost < plan.cost { (plan.cost, plan.order) = (cost, order) }
    }
  }

  static func decode(_ count: Int, head: inout ByteReader, bits: inout BitReader)
    throws(PackedReadingsError) -> [Int64]
  {
    let first = try head.byte()
    let order = first >> 2
    guard let prediction = Prediction(rawValue: first & 3), order <= largestOrder || order == allPredicted
    else { throw .malformed("unknown column \(first)", at: head.position - 1) }
    let base = try head.signed()
    var slope = prediction == .line ? try head.signed() : 0
    let step = order == allPredicted ? 0 : Int64(bitPattern: try head.unsigned())
    var numbers: [Int64] = []
    numbers.reserveCapacity(count)
    var last = base
    for index in 0..<count {
      if index == 0, prediction != .smallest {
        numbers.append(base)
        continue
      }
      let code = step == 0 ? 0 : try bits.golomb(order: UInt64(order))
      switch prediction {
      case .smallest: numbers.append(base &+ Int64(bitPattern: code) &* step)
      case .last:
        last = last &+ unzigzag(code) &* step
        numbers.append(last)
      case .line:
        slope = slope &+ unzigzag(code) &* step
        last = last &+ slope
        numbers.append(last)
      }
    }
    return numbers
  }

  private static func zigzag(_ number: Int64) -> UInt64 {
    UInt64(bitPattern: (number << 1) ^ (number >> 63))
  }

  private static func unzigzag(_ code: UInt64) -> Int64 {
    Int64(bitPattern: (code >> 1) ^ (0 &- (code & 1)))
  }

  /// The greatest common divisor; 1 where that brings nothing.
  private static func step(of residues: [UInt64], isSigned: Bool) -> UInt64 {
    var step: UInt64 = 0
    for residue in residues {
      step = greatestCommonDivisor(step, isSigned ? unzigzag(residue).magnitude : residue)
      if step == 1 { return 1 }
    }
    // A signed divisor has one bit less.
    return step == 0 || step > UInt64(Int64.max) ? 1 : step
  }

  private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
