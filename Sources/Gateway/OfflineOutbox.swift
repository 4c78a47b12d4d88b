/// Work on the outbox beside the gateway.
import EstateModel
import Foundation
import MQTTSession
import Notifications
import Store

public enum OfflineOutbox {
  /// Puts a message back to where it waits, on a data folder on which no gateway runs; the next one sends it.
  /// - Returns: its key.
  /// - Throws: ``StoreError``; ``GatewayError`` when there is no such message.
  public static func resend(_ number: Int64, configuration: LoadedConfiguration) throws -> String {
    let store = try Store.open(folder: configuration.settings.dataFolder, catalogue: configuration.catalogue)
    guard let entry = try store.contents.outboxEntry(number) else {
      throw GatewayError.unknown("no message \(number)")
    }
    guard entry.state != .held else { throw GatewayError.unknown("message \(number) waits for its digest") }
    var batch = Batch(now: try store.contents.lastBatchTime() ?? GatewayClock.wall)
    batch.outboxMarks = [OutboxMark(key: entry.key, state: .pending)]
    try store.commit(batch)
    return entry.key
  }
}

public enum TestMessage {
  /// Waits for the channel's answer.
  public static func send(by channel: ChannelPlan, configuration: LoadedConfiguration) -> SendOutcome {
    let settings = configuration.settings
    let surroundings = ChannelSurroundings(configuration) { try BrokerConnection.options(settings) }
    let now = GatewayClock.wall
    let delivery = Delivery(
      key: "test/\(now.milliseconds)/\(channel.id)", subject: "test", priority: .p4,
      notice: .test(at: now.milliseconds))
    return channel.open(surroundings).send(delivery, stop: StopFlag())
  }
}
