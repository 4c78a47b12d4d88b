/// Ways into the database for those who only look, off the threads that serve requests.
import EstateModel
import Foundation
import Gateway
import Hummingbird
import Store
import Synchronization

/// The gateway makes the database while the console starts: until it is there, questions are answered with 503.
final class StoreAccess: Sendable {
  private let folder: URL
  private let opened = Mutex<StoreReader?>(nil)
  private let work: Blocking

  /// - Parameter purpose: each has a connection of its own, so that long questions don't hold up short ones.
  init(folder: URL, for purpose: String) {
    self.folder = folder
    work = Blocking("gatehouse.console.\(purpose)")
  }

  /// On the caller's thread.
  func reader() throws -> StoreReader {
    try opened.withLock { opened in
      if let opened { return opened }
      do {
        let reader = try Store.reader(folder: folder)
        opened = reader
        return reader
      } catch StoreError.noDatabase {
        throw Problem(.serviceUnavailable, "the gateway is starting; try again in a moment")
      }
    }
  }

  func read<Value: Sendable>(_ body: @Sendable @escaping (StoreReader) throws -> Value) async throws -> Value
  {
    try await work.run { [self] in try body(try reader()) }
  }

  /// Other work that makes a thread wait.
  func aside<Value: Sendable>(_ body: @Sendable @escaping () throws -> Value) async throws -> Value {
    try await work.run(body)
  }
}

/// What devices last said, read at most every two seconds however many ask. Thousands of states take a while: who asks
/// gets those of a moment ago, and has newer ones read for the next.
actor DeviceWatch {
  private static let age: Int64 = 2000
  /// Older ones are shown to nobody.
  private static let oldest: Int64 = 15_000
  private let store: StoreAccess
  private var states: [String: DeviceState] = [:]
  private var readAt = Int64.min
  private var running: Task<[String: DeviceState], any Error>?

  init(_ store: StoreAccess) { self.store = store }

  /// By path.
  func all() async throws -> [String: DeviceState] {
    let now = GatewayClock.monotonic
    guard readAt != .min, now - readAt < Self.oldest else { return try await read() }
    // What keeps it from being read is told to whoever finds them too old.
    if now - readAt >= Self.age, running == nil { Task { _ = try? await read() } }
    return states
  }

  private func read() async throws -> [String: DeviceState] {
    let task =
      running
      ?? Task { [store] in
        try await store.read { reader in
          Dictionary(try reader.deviceStates().map { ($0.device, $0) }, uniquingKeysWith: { $1 })
        }
      }
    running = task
    defer { running = nil }
    states = try await task.value
    readAt = GatewayClock.monotonic
    return states
  }
}
