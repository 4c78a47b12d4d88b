/// Paths as the JSON shim follows them: keys as raw bytes that live as long as the plan.
import CSimdjson

/// Owns the memory that ``PathPlan``s point to.
final class PathMemory {
  private var steps: [UnsafeMutableBufferPointer<json_step>] = []
  private var keys: [UnsafeMutableBufferPointer<CChar>] = []

  deinit {
    for buffer in steps { buffer.deallocate() }
    for buffer in keys { buffer.deallocate() }
  }

  func plan(_ path: JSONPath) -> PathPlan {
    let buffer = UnsafeMutableBufferPointer<json_step>.allocate(capacity: path.steps.count)
    steps.append(buffer)
    for (number, step) in path.steps.enumerated() {
      switch step {
      case .index(let index):
        buffer.initializeElement(at: number, to: json_step(key: nil, key_count: 0, index: index))
      case .key(let key):
        let bytes = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(1, key.utf8.count))
        keys.append(bytes)
        _ = bytes.initialize(from: key.utf8.map { CChar(bitPattern: $0) })
        buffer.initializeElement(
          at: number,
          to: json_step(key: UnsafePointer(bytes.baseAddress), key_count: key.utf8.count, index: 0))
      }
    }
    return PathPlan(steps: UnsafeBufferPointer(buffer), isEach: path.isEach)
  }
}

/// A path ready to follow. Valid as long as the ``PathMemory`` that made it.
struct PathPlan {
  fileprivate let steps: UnsafeBufferPointer<json_step>
  let isEach: Bool

  @inline(__always)
  func callAsFunction(_ value: json_value) -> json_value {
    withUnsafePointer(to: value) { json_find($0, steps.baseAddress, steps.count) }
  }
}
