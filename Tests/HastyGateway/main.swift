/// A gateway with the one flaw that the crash test must find: it acknowledges what it reads before it is committed.
import Configuration
import Foundation
import Gateway
import Logging
import MQTTSession

/// Writes acknowledgements at once, and lets everything else through.
final class HastyLink: MessageLink {
  private let session: MQTTSession

  init(_ session: MQTTSession) { self.session = session }

  var onMessage: ((Message) -> Void)? {
    get { session.onMessage }
    set { session.onMessage = newValue }
  }
  var wantsMore: (() -> Bool)? {
    get { session.wantsMore }
    set { session.wantsMore = newValue }
  }
  var linkState: LinkState { session.linkState }
  var linksLost: Int { session.linksLost }
  var isSessionKept: Bool { session.isSessionKept }
  var subscriptions: [Subscription] { session.subscriptions }

  func read(upTo limit: Int) -> Int {
    let count = session.read(upTo: limit)
    session.flush()
    return count
  }
  func flush() -> Bool { session.flush() }
  func maintain() { session.maintain() }
  func disconnect() { session.disconnect() }
}

/// `run --config DIR --data DIR`, as the gateway's own command line has it.
let words = CommandLine.arguments
func folder(after option: String) -> URL? {
  words.firstIndex(of: option).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
    .map { URL(fileURLWithPath: $0) }
}
let diagnostics = Diagnostics()
guard let config = folder(after: "--config"), let data = folder(after: "--data"),
  var configuration = LoadedConfiguration(folder: config, diagnostics: diagnostics)
else {
  print("usage: HastyGateway run --config DIR --data DIR\n\(diagnostics.sorted())")
  exit(2)
}
configuration.settings.dataFolder = data
let link = GatewayLink()
signal(SIGTERM, SIG_IGN)
let stop = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
stop.setEventHandler { link.requestStop() }
stop.resume()
try Gatehouse(
  configuration, clock: .wall, link: link, logger: Logger(label: "hasty"), makeLink: HastyLink.init
).run()
