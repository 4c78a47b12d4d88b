/// A real mosquitto on a free loopback port, for one test.
import Foundation
import Logging
import MQTTSession
import TestSupport
import Testing

let quiet = {
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  return logger
}()

func temporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mqtt-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}

final class Broker {
  let port: Int32
  let folder: URL
  private(set) var process: pid_t = 0

  /// - Parameter settings: further lines of mosquitto.conf.
  init(settings: String = "") throws {
    port = Int32(try freePort())
    folder = try temporaryFolder()
    let configuration = """
      listener \(port) 127.0.0.1
      allow_anonymous true
      user \(NSUserName())
      max_inflight_messages 20000
      max_queued_messages 1000000
      persistence true
      persistence_location \(folder.path)/
      log_dest none
      \(settings)

      """
    try configuration.write(to: folder.appendingPathComponent("b.conf"), atomically: true, encoding: .utf8)
    try start()
  }

  /// Not by Foundation's `Process`: it hands on this thread's signal mask, in which SIGTERM may be blocked.
  func start() throws {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let command = ["/usr/sbin/mosquitto", "-c", folder.appendingPathComponent("b.conf").path]
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    try #require(posix_spawn(&process, command[0], nil, &attributes, &arguments, environ) == 0)
  }

  /// Saves sessions and ends.
  func stop() { end(SIGTERM) }

  private func end(_ signal: Int32) {
    guard process > 0 else { return }
    kill(process, signal)
    waitpid(process, nil, 0)
    process = 0
  }

  deinit {
    end(SIGKILL)
    try? FileManager.default.removeItem(at: folder)
  }

  func options(_ clientID: String, cleanSession: Bool = true) -> MQTTOptions {
    MQTTOptions(port: port, clientID: clientID, cleanSession: cleanSession)
  }

  func connected(_ options: MQTTOptions) throws -> MQTTSession {
    let session = try MQTTSession(options, logger: quiet)
    session.connect()
    // The broker may still be starting; the session's back-off covers that.
    try #require(session.turn { session.linkState.isConnected })
    return session
  }

  func subscriber(_ clientID: String, to filter: String) throws -> MQTTSession {
    let session = try connected(options(clientID, cleanSession: false))
    session.subscribe([(filter, 1)])
    try #require(session.turn { session.subscriptions.allSatisfy { $0.state == .granted(qos: 1) } })
    return session
  }
}

extension MQTTSession {
  /// Runs the loop of an owner who commits at once, until `done` or for 10 s.
  func turn(seconds: Int = 10, _ done: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
      if done() { return true }
      flush()
      wait(milliseconds: 10)
      read(upTo: 1000)
      flush()
      maintain()
    }
    return done()
  }

  /// Only reads: acknowledgements stay held.
  func readOnly(until done: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline, !done() {
      read(upTo: 100)
      usleep(1000)
    }
    return done()
  }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
