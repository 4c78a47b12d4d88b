/// A name in the two languages that people at the gate and in the offices read.
import Configuration

public struct Title: Hashable, Sendable, Codable, CustomStringConvertible {
  public var zh: String
  public var en: String

  public init(zh: String, en: String) {
    self.zh = zh
    self.en = en
  }

  public var description: String { en }

  public func text(isChinese: Bool) -> String { isChinese ? zh : en }

  /// `{zh: 鹿苑, en: Luyuan}`, or one text for both.
  public init?(_ node: Node, _ diagnostics: Diagnostics) {
    if case .scalar(let text) = node.content {
      self.init(zh: text, en: text)
      return
    }
    guard let fields = Fields(node, of: "a title", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    guard let zh = fields.text("zh"), let en = fields.text("en") else { return nil }
    self.init(zh: zh, en: en)
  }
}
