/// Paths as the JSON shim follows them: keys as raw bytes that live as long as the plan.
import CSimdjson

/// Owns the memory that ``PathPlan``s point to, and the parts of the topic that they may ask for.
final class PathMemory {
  private var steps: [UnsafeMutableBufferPointer<json_step>] = []
  private var keys: [UnsafeMutableBufferPointer<CChar>] = []
  private var slots: [String: Int] = [:]
  /// What the named levels of the current topic hold.
  private let captures: UnsafeMutableBufferPointer<UnsafeRawBufferPointer>

  /// Names of topic levels that all profiles may have together.
  static let maximumCaptures = 256

  init() {
    captures = .allocate(capacity: Self.maximumCaptures)
    captures.initialize(repeating: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  deinit {
    for buffer in steps { buffer.deallocate() }
    for buffer in keys { buffer.deallocate() }
    captures.deallocate()
  }

  /// The same name has the same slot in all profiles.
  func slot(_ name: String) -> Int {
    if let slot = slots[name] { return slot }
    let slot = min(slots.count, Self.maximumCaptures - 1)
    slots[name] = slot
    return slot
  }

  /// What the last topic left: its bytes are gone.
  func clearCaptures() {
    for slot in slots.values { captures[slot] = UnsafeRawBufferPointer(start: nil, count: 0) }
  }

  func setCapture(_ slot: Int, _ bytes: UnsafeRawBufferPointer) { captures[slot] = bytes }

  func plan(_ path: JSONPath) -> PathPlan {
    if let name = path.capture {
      return PathPlan(
        steps: UnsafeBufferPointer(start: nil, count: 0), isEach: false,
        capture: captures.baseAddress.map { UnsafePointer($0 + slot(name)) })
    }
    let buffer = UnsafeMutableBufferPointer<json_step>.allocate(capacity: path.steps.count)
    steps.append(buffer)
    for (number, step) in path.steps.enumerated() {
      switch step {
      case .index(let index):
        buffer.initializeElement(at: number, to: json_step(key: nil, key_count: 0, index: index))
      case .any:
        // JSON_ANY
        buffer.initializeElement(
          at: number, to: json_step(key: nil, key_count: 0, index: Int(bitPattern: UInt.max)))
      case .key(let key):
        let bytes = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(1, key.utf8.count))
        keys.append(bytes)
        _ = bytes.initialize(from: key.utf8.map { CChar(bitPattern: $0) })
        buffer.initializeElement(
          at: number,
          to: json_step(key: UnsafePointer(bytes.baseAddress), key_count: key.utf8.count, index: 0))
      }
    }
    return PathPlan(steps: UnsafeBufferPointer(buffer), isEach: path.isEach, capture: nil)
  }
}

/// A path ready to follow. Valid as long as the ``PathMemory`` that made it.
struct PathPlan {
  fileprivate let steps: UnsafeBufferPointer<json_step>
  let isEach: Bool
  /// The topic's level that is meant instead of a place in the document.
  fileprivate let capture: UnsafePointer<UnsafeRawBufferPointer>?

  var isCapture: Bool { capture != nil }
  /// The whole document.
  var isRoot: Bool { capture == nil && steps.isEmpty }

  @inline(__always)
  func callAsFunction(_ value: json_value) -> json_value {
    if let capture { return json_value(text: capture.pointee) }
    return withUnsafePointer(to: value) { json_find($0, steps.baseAddress, steps.count) }
  }
}

extension json_value {
  /// A text that lives elsewhere.
  init(text: UnsafeRawBufferPointer) {
    self.init()
    guard let base = text.baseAddress else { return }
    kind = JSON_STRING
    count = UInt32(truncatingIfNeeded: text.count)
    self.text = base.assumingMemoryBound(to: CChar.self)
  }
}
