/// The C client and its callbacks: the only place where the library calls back into Swift.
import CMosquitto
import Glibc

/// The library's global state, made once per process by Swift's lazy initialisation of globals.
let libraryStatus: Int32 = mosquitto_lib_init()

/// What the callbacks of one client report to its session.
///
/// Lifetime of the pointer that the library keeps: the session makes the client, hands it an *unretained*
/// pointer to itself, and destroys the client in its own `deinit`. The library calls back only from inside
/// `mosquitto_loop_read`, `mosquitto_loop_write` and `mosquitto_loop_misc` (no thread of its own is ever
/// started), these are called only by the session's methods, and a method keeps its `self` alive until it
/// returns. So the pointer is valid whenever a callback runs, and no callback can run after `deinit`.
func installCallbacks(on client: OpaquePointer, for session: MQTTSession) {
  mosquitto_user_data_set(client, Unmanaged.passUnretained(session).toOpaque())

  mosquitto_connect_with_flags_callback_set(client) { _, context, code, flags in
    owner(context)?.connectionAnswered(code: code, sessionPresent: flags & 1 == 1)
  }
  mosquitto_disconnect_callback_set(client) { _, context, code in
    owner(context)?.linkLost(code: code)
  }
  mosquitto_message_callback_set(client) { _, context, message in
    guard let message else { return }
    owner(context)?.received(message.pointee)
  }
  mosquitto_publish_callback_set(client) { _, context, identifier in
    owner(context)?.acknowledged(identifier)
  }
  mosquitto_subscribe_callback_set(client) { _, context, identifier, count, granted in
    owner(context)?.subscriptionAnswered(identifier, UnsafeBufferPointer(start: granted, count: Int(count)))
  }
}

private func owner(_ context: UnsafeMutableRawPointer?) -> MQTTSession? {
  guard let context else { return nil }
  return Unmanaged<MQTTSession>.fromOpaque(context).takeUnretainedValue()
}

/// The library's words for a `MOSQ_ERR_…` number, with the system's for `MOSQ_ERR_ERRNO`.
func reason(_ code: Int32) -> String {
  if code == MOSQ_ERR_ERRNO.rawValue { return String(cString: strerror(errno)) }
  return mosquitto_strerror(code).map { String(cString: $0) } ?? "error \(code)"
}

func check(_ code: Int32, _ operation: String) throws(MQTTError) {
  guard code == MOSQ_ERR_SUCCESS.rawValue else {
    throw .client(operation: operation, code: code, reason: reason(code))
  }
}
