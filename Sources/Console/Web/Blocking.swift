/// Work that makes a thread wait (the database, the mailbox, a password's hash) on threads of its own.
import Dispatch

struct Blocking: Sendable {
  private let queue: DispatchQueue

  init(_ label: String, isConcurrent: Bool = false) {
    queue = DispatchQueue(label: label, attributes: isConcurrent ? .concurrent : [])
  }

  func run<Value: Sendable>(_ body: @Sendable @escaping () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { done in
      queue.async { done.resume(with: Result { try body() }) }
    }
  }
}
