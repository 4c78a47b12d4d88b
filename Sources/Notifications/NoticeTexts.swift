/// The templates of what is told. Those of a configuration folder take the place of those that are built in.
import Configuration
import Foundation
import Mustache

public struct NoticeTexts: Sendable {
  /// The templates that there are, for each language.
  public enum Part: String, CaseIterable, Sendable {
    case ticketTitle = "ticket-title"
    case ticket
    case digestTitle = "digest-title"
    case digest
    case test
  }

  private var templates: [String: MustacheTemplate] = [:]

  public static let standard = NoticeTexts()

  private init() {
    for language in ChannelPlan.Language.allCases {
      for part in Part.allCases {
        let name = Self.name(part, language)
        // A built-in text that is no template would be shown as it is; a test reads them all.
        templates[name] = try? Self.compile(Self.builtIn[name] ?? "")
      }
    }
  }

  /// Reads `ticket.zh.mustache` and its like, as many of them as there are.
  init(folder: URL, _ diagnostics: Diagnostics) {
    self = .standard
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names.sorted() where name.hasSuffix(".mustache") {
      let location = SourceLocation(file: "notifications/\(name)", line: 1, column: 1)
      let key = String(name.dropLast(".mustache".count))
      guard templates[key] != nil else {
        diagnostics.error("no such text\(suggestion(for: key, in: templates.keys.sorted()))", at: location)
        continue
      }
      do {
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        templates[key] = try Self.compile(text)
      } catch {
        diagnostics.error("not readable as a Mustache template: \(error)", at: location)
      }
    }
  }

  func render(_ part: Part, _ language: ChannelPlan.Language, _ values: [String: any Sendable]) -> String {
    templates[Self.name(part, language)]?.render(values) ?? ""
  }

  static func name(_ part: Part, _ language: ChannelPlan.Language) -> String {
    "\(part.rawValue).\(language.rawValue)"
  }

  /// Plain text: nothing is escaped for HTML.
  private static func compile(_ text: String) throws -> MustacheTemplate {
    try MustacheTemplate(string: "{{% CONTENT_TYPE: TEXT}}" + text)
  }

  static let builtIn = [
    "ticket-title.zh": "【{{priority}} {{occasion}}】{{estate}} {{place}}：{{title}}",
    "ticket-title.en": "[{{priority}} {{occasion}}] {{estate}}, {{place}}: {{title}}",
    "ticket.zh": """
    【{{priority}} {{occasion}}】{{title}}
    地点：{{estate}} {{place}}{{#towards}} → {{towards}}{{/towards}}
    类别：{{category}}
    时间：{{time}}
    {{#asked}}
    现请处理：{{asked}}（{{clock}}已超时）
    {{/asked}}
    负责：{{responsible}}{{#others}}；协同：{{others}}{{/others}}
    {{#due}}
    期限：{{due}}
    {{/due}}
    {{#note}}
    说明：{{note}}
    {{/note}}
    工单：{{ticket}}（{{state}}）{{#link}} {{link}}{{/link}}
    """,
    "ticket.en": """
    [{{priority}} {{occasion}}] {{title}}
    Where: {{estate}}, {{place}}{{#towards}} → {{towards}}{{/towards}}
    Category: {{category}}
    When: {{time}}
    {{#asked}}
    Now asked: {{asked}} ({{clock}} missed)
    {{/asked}}
    Responsible: {{responsible}}{{#others}}; with {{others}}{{/others}}
    {{#due}}
    Due: {{due}}
    {{/due}}
    {{#note}}
    Note: {{note}}
    {{/note}}
    Ticket: {{ticket}} ({{state}}){{#link}} {{link}}{{/link}}
    """,
    "digest-title.zh": "【汇总】{{estate}}：{{count}}条消息",
    "digest-title.en": "[Digest] {{estate}}: {{count}} messages",
    "digest.zh": """
    【汇总】{{estate}}短时间内消息较多，合并为一条（共{{count}}条）：
    {{#items}}
    · {{time}} {{priority}} {{occasion}} {{place}}：{{title}}（{{ticket}}）
    {{/items}}
    {{#more}}
    另有{{more}}条未列出。
    {{/more}}
    """,
    "digest.en": """
    [Digest] {{estate}}: many messages in a short time, here as one ({{count}}):
    {{#items}}
    - {{time}} {{priority}} {{occasion}} {{place}}: {{title}} ({{ticket}})
    {{/items}}
    {{#more}}
    {{more}} more are not listed.
    {{/more}}
    """,
    "test.zh": "【测试】门房网关的消息可以送达此处（{{time}}）。",
    "test.en": "[Test] Messages of the gatehouse gateway arrive here ({{time}}).",
  ]
}
