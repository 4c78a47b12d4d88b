/// A course of values as a line of the height of a text.
import EstateModel
import Foundation
import Store

enum Sparkline {
  private static let (width, height) = (120.0, 24.0)

  /// - Returns: nothing when there are fewer than two values.
  static func svg(_ values: [Double], label: String) -> String {
    svg(values.enumerated().map { (Double($0.offset), $0.element) }, label: label)
  }

  /// - Parameter points: by time.
  static func svg(_ points: [(at: Double, value: Double)], label: String) -> String {
    guard points.count > 1, let first = points.first?.at, let last = points.last?.at, last > first else {
      return ""
    }
    let (low, high) = (points.map(\.value).min() ?? 0, points.map(\.value).max() ?? 0)
    func n(_ value: Double) -> String { plainNumber(value, digits: 1) }
    let line = points.map { point -> String in
      let share = high > low ? (point.value - low) / (high - low) : 0.5
      return "\(n((point.at - first) / (last - first) * width)),\(n(height - 2 - share * (height - 4)))"
    }.joined(separator: " ")
    return
      "<svg class=\"spark\" viewBox=\"0 0 120 24\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"\(label.escapedForHTML)\"><polyline points=\"\(line)\"/></svg>"
  }
}

/// The last hours of devices as lines, made at most once a minute.
actor SparklineShelf {
  /// Milliseconds.
  static let span: Int64 = 6 * 3_600_000
  private static let points = 48
  private static let age: Int64 = 60_000
  private static let most = 2000

  struct Course: Sendable {
    var points: [(at: Double, value: Double)] = []
  }

  private let store: StoreAccess
  private var courses: [String: (made: Int64, course: Course)] = [:]

  init(_ store: StoreAccess) { self.store = store }

  /// - Parameters:
  ///   - wanted: paths of devices with their main signals.
  ///   - now: the devices' time, milliseconds since 1970.
  func courses(_ wanted: [String: String], now: Int64) async throws -> [String: Course] {
    let missing = wanted.filter { path, _ in
      courses[path].map { now - $0.made >= Self.age || now < $0.made } ?? true
    }
    if !missing.isEmpty {
      let until = Timestamp(milliseconds: now + 1)
      let found = try await store.read {
        try $0.histories(missing, since: until - Self.span, until: until)
      }
      if courses.count > Self.most { courses.removeAll() }
      for path in missing.keys {
        let good = (found[path] ?? []).filter { $0.quality == .good && $0.value.isFinite }
        let thin = Thinning.thinned(good, to: Self.points)
        courses[path] = (now, Course(points: thin.map { (Double($0.time.milliseconds), $0.value) }))
      }
    }
    return wanted.keys.reduce(into: [:]) { $0[$1] = courses[$1]?.course }
  }
}
