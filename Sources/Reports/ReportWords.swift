/// What the weekly review says, in one of its languages.
import EstateModel
import Foundation

struct ReportWords {
  let isChinese: Bool

  subscript(_ key: String) -> String { Self.titles[key]?.text(isChinese: isChinese) ?? key }

  var all: [String: String] { Self.titles.mapValues { $0.text(isChinese: isChinese) } }

  func span(_ milliseconds: Int64) -> String { ElapsedTime.text(milliseconds, isChinese: isChinese) }

  private static let titles: [String: Title] = [
    "title": Title(zh: "每周督办", en: "Weekly review"), "all-estates": Title(zh: "全部小区", en: "All estates"),
    "opened": Title(zh: "新增", en: "new"), "closed": Title(zh: "办结", en: "closed"),
    "open": Title(zh: "未结", en: "open"), "overdue": Title(zh: "超时", en: "overdue"),
    "reopened": Title(zh: "重新打开", en: "reopened"), "escalated": Title(zh: "上报次数", en: "escalations"),
    "by-party": Title(zh: "按责任方", en: "By party"), "party": Title(zh: "责任方", en: "Party"),
    "in-time": Title(zh: "按时", en: "In time"), "times": Title(zh: "用时", en: "How long it took"),
    "what": Title(zh: "环节", en: "What"), "median": Title(zh: "中位数", en: "Median"),
    "worst": Title(zh: "最长", en: "Worst"), "clock.acknowledge": Title(zh: "受理", en: "taken up"),
    "clock.on-site": Title(zh: "到场", en: "on site"), "clock.resolve": Title(zh: "处理", en: "resolved"),
    "clock.follow-up": Title(zh: "回访", en: "followed up"),
    "open-tickets": Title(zh: "未结工单", en: "Open tickets"), "ticket": Title(zh: "工单", en: "Ticket"),
    "since": Title(zh: "开始", en: "Since"), "due": Title(zh: "时限", en: "Due"),
    "state": Title(zh: "状态", en: "State"),
    "none-open": Title(zh: "没有未结工单。", en: "No ticket is open."),
    "recurrences": Title(zh: "反复发生", en: "What keeps coming back"),
    "date": Title(zh: "日期", en: "Date"), "after": Title(zh: "间隔", en: "After"),
    "done": Title(zh: "处理情况", en: "What was done"),
    "quality": Title(zh: "告警质量", en: "Alarm quality"), "quality.alarms": Title(zh: "告警", en: "alarms"),
    "quality.per-hour": Title(zh: "每小时", en: "an hour"),
    "quality.most": Title(zh: "十分钟内最多", en: "most in ten minutes"),
    "quality.floods": Title(zh: "告警泛滥", en: "floods"),
    "quality.chattering": Title(zh: "抖动", en: "chattering"),
    "quality.stale": Title(zh: "超过 24 小时", en: "over 24 h"),
    "frequent": Title(zh: "最频繁", en: "Most frequent"),
    "count": Title(zh: "次数", en: "Count"), "rule": Title(zh: "规则", en: "Rule"),
    "silent": Title(zh: "故障设备", en: "Devices out of order"), "device": Title(zh: "设备", en: "Device"),
    "none-silent": Title(zh: "没有故障设备。", en: "None."),
    "plot-alarms": Title(zh: "每日告警（按优先级）", en: "Alarms a day, by priority"),
    "plot-tickets": Title(zh: "每日新增与办结", en: "Tickets a day, new and closed"),
    "more": Title(zh: "另有未列出", en: "not listed here"),
    "state.new": Title(zh: "新", en: "new"), "state.acknowledged": Title(zh: "已受理", en: "acknowledged"),
    "state.on-site": Title(zh: "已到场", en: "on site"), "state.resolved": Title(zh: "已处理", en: "resolved"),
    "state.verified": Title(zh: "已核验", en: "verified"), "state.reopened": Title(zh: "重新打开", en: "reopened"),
  ]
}
