/// Where the pipeline's messages come from.
import MQTTSession

/// A link to a broker whose acknowledgements wait for the owner's word. ``MQTTSession`` is one.
///
/// Everything is at the grain of a batch, apart from `onMessage`. One thread owns it.
package protocol MessageLink: AnyObject {
  /// Called for each message during `read(upTo:)`. Its bytes are valid only during the call.
  var onMessage: ((Message) -> Void)? { get set }
  /// Asked before each packet; false ends `read(upTo:)`.
  var wantsMore: (() -> Bool)? { get set }
  var linkState: LinkState { get }
  /// Links that ended so far. What was read before the latest end can't be acknowledged any more: the broker
  /// delivers it again.
  var linksLost: Int { get }
  /// Whether the broker had kept the session when the link came up: nothing is missing then.
  var isSessionKept: Bool { get }
  var subscriptions: [Subscription] { get }

  @discardableResult
  func read(upTo limit: Int) -> Int
  /// Releases the acknowledgements of everything read so far.
  /// - Returns: false when a part of them could not be written yet.
  @discardableResult
  func flush() -> Bool
  /// Reconnects when it is time, and keeps the link alive. May release acknowledgements.
  func maintain()
  /// Releases what is held, and says goodbye.
  func disconnect()
}

extension MQTTSession: MessageLink {
  package func maintain() { maintain(now: .now) }
}
