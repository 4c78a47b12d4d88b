/// How long something took or takes, for people.
public enum ElapsedTime {
  /// `3 min`, `2 h 05 min`, `4 d 3 h`; `3 分`, `2 小时 05 分`, `4 天 3 小时`.
  /// - Parameter milliseconds: begun minutes don't count; negative is none.
  public static func text(_ milliseconds: Int64, isChinese: Bool) -> String {
    let minutes = max(0, milliseconds) / 60_000
    let (minute, hour, day) = isChinese ? ("分", "小时", "天") : ("min", "h", "d")
    if minutes < 60 { return "\(minutes) \(minute)" }
    let rest = minutes % 60
    if minutes < 1440 { return "\(minutes / 60) \(hour) \(rest < 10 ? "0" : "")\(rest) \(minute)" }
    return "\(minutes / 1440) \(day) \(minutes / 60 % 24) \(hour)"
  }
}
