/// What a gateway may say to a Sparkplug node. Source: Sparkplug 3.0.0, sections 6.4.23 and 6.4.6.
import EstateModel

public enum SparkplugCommand {
  /// `spBv1.0/{group}/NCMD/{node}`; nil when the name is none of a node.
  /// - Parameter node: `group/node`.
  public static func topic(node: String) -> String? {
    let parts = node.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !node.contains(where: { $0 == "+" || $0 == "#" }) else { return nil }
    return "spBv1.0/\(parts[0])/NCMD/\(parts[1])"
  }

  /// The node is to tell all its metrics again.
  public static func rebirth(at time: Timestamp) -> [UInt8] {
    let moment = UInt64(clamping: time.milliseconds)
    let name = Array("Node Control/Rebirth".utf8)
    // name, timestamp, data type 11 (Boolean), true
    let metric = [0x0A, UInt8(name.count)] + name + [0x18] + varint(moment) + [0x20, 11, 0x70, 1]
    return [0x08] + varint(moment) + [0x12, UInt8(metric.count)] + metric
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
