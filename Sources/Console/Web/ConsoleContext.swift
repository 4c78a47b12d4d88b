/// What is known of a request while it is answered.
import Hummingbird
import NIOCore

struct ConsoleContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel
  /// Behind a proxy: of the proxy's client.
  var remoteAddress: String
  /// nil: nobody has signed in.
  var identity: Identity?
  var preferences = Preferences()
  /// Fields of a form that was sent.
  var form: [String: String] = [:]
  /// Cookies to be set with the answer.
  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
    remoteAddress = source.channel.remoteAddress?.ipAddress ?? "local"
  }

  var maxUploadSize: Int { 65_536 }
}

/// How a person wants to see pages.
struct Preferences: Hashable, Sendable {
  var isChinese = false
  /// `light` or `dark`; nil: as the system has it.
  var theme: String?

  var language: String { isChinese ? "zh" : "en" }
}
