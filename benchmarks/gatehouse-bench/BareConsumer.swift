/// The yardstick: a client that takes messages and counts them, with libmosquitto's own loop.
import ArgumentParser
import CMosquitto
import Foundation

struct BareConsumer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bare-consumer",
    abstract: "Counts the messages of a kept session; prints how long they took.",
    shouldDisplay: false)

  @Option var port: Int32
  /// 0: subscribe, leave the session at the broker, and end.
  @Option var count: Int
  /// The clock starts after so many.
  @Option var skip: Int

  func run() throws {
    mosquitto_lib_init()
    guard let client = mosquitto_new("bare", false, nil) else { throw BenchError("mosquitto_new") }
    defer { mosquitto_destroy(client) }
    let counter = Counter(skip: skip)
    mosquitto_user_data_set(client, Unmanaged.passUnretained(counter).toOpaque())
    mosquitto_message_callback_set(client) { _, counter, _ in
      guard let counter else { return }
      Unmanaged<Counter>.fromOpaque(counter).takeUnretainedValue().take()
    }
    mosquitto_subscribe_callback_set(client) { _, counter, _, _, _ in
      guard let counter else { return }
      Unmanaged<Counter>.fromOpaque(counter).takeUnretainedValue().isSubscribed = true
    }
    guard mosquitto_connect(client, "127.0.0.1", port, 60) == MOSQ_ERR_SUCCESS.rawValue else {
      throw BenchError("no broker on port \(port)")
    }
    mosquitto_subscribe(client, nil, "estates/+/+/reading", 1)
    while count == 0 ? !counter.isSubscribed : counter.count < count {
      guard mosquitto_loop(client, 100, 1) == MOSQ_ERR_SUCCESS.rawValue else { throw BenchError("link lost") }
    }
    print(counter.first.map { seconds(since: $0) } ?? 0)
    // The last acknowledgements.
    while mosquitto_want_write(client) { mosquitto_loop(client, 10, 1) }
    mosquitto_disconnect(client)
    withExtendedLifetime(counter) {}
  }
}

private final class Counter {
  var count = 0
  var isSubscribed = false
  var first: ContinuousClock.Instant?
  private let skip: Int

  init(skip: Int) { self.skip = skip }

  func take() {
    count += 1
    if count == skip { first = .now }
  }
}
