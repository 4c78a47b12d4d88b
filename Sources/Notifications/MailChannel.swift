/// Mail by SMTP, encrypted by STARTTLS or not at all sent.
import CCurl
import EstateModel
import Foundation

/// A mail address without a display name: `office@example.cn`.
struct MailAddress: Hashable {
  let text: String

  init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 254,
      parts.allSatisfy({ part in
        !part.isEmpty
          && part.utf8.allSatisfy { byte in
            byte > 32 && byte < 127 && !"<>()[],;:\"\\".utf8.contains(byte)
          }
      })
    else { return nil }
    self.text = text
  }

  /// The addresses in what a catalogue has as a contact: `office@example.cn`, `mailto:office@example.cn, 0352-…`.
  static func all(in contact: String) -> [MailAddress] {
    contact.split { " ,;\t\n，；".contains($0) }.compactMap {
      MailAddress($0.hasPrefix("mailto:") ? String($0.dropFirst(7)) : String($0))
    }
  }
}

final class MailChannel: Channel {
  private let plan: MailPlan
  private let words: NoticeWords
  private let contact: @Sendable (String, Role) -> String?

  init(
    _ plan: MailPlan, words: NoticeWords, contact: @escaping @Sendable (String, Role) -> String?
  ) {
    (self.plan, self.words, self.contact) = (plan, words, contact)
  }

  func send(_ delivery: Delivery, stop: StopFlag) -> SendOutcome {
    let addresses = addresses(of: delivery.notice)
    guard !addresses.isEmpty else { return .never(reason: "nobody who is told has a mail address") }
    let message = MailMessage(
      from: plan.from, to: plan.to, text: words.text(of: delivery.notice), key: delivery.key,
      date: Date())
    do throws(TransferError) {
      let transfer = try Transfer(
        url: "smtp://\(plan.host):\(plan.port)", protocols: "smtp", upload: message.bytes,
        seconds: plan.timeout, caFile: plan.caFile, stop: stop)
      // Everything, the sign-in too, only after STARTTLS.
      transfer.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
      transfer.set(CURLOPT_MAIL_FROM, "<\(plan.from)>")
      transfer.set(CURLOPT_MAIL_RCPT, addresses.map { "<\($0.text)>" })
      // One address that doesn't exist any more must not keep the mail from the others.
      transfer.set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1)
      transfer.set(CURLOPT_UPLOAD, 1)
      if let user = plan.user {
        transfer.set(CURLOPT_USERNAME, user)
        transfer.set(CURLOPT_PASSWORD, plan.password?.reveal() ?? "")
      }
      let answer = try transfer.run()
      return (200...299).contains(answer.status)
        ? .sent : Self.outcome(answer.status, reason: "answered \(answer.status)")
    } catch {
      return error.isFinal ? .never(reason: error.reason) : Self.outcome(error.status, reason: error.reason)
    }
  }

  /// 5xx: the server will not take it later either. Source: RFC 5321, 4.2.1.
  private static func outcome(_ status: Int, reason: String) -> SendOutcome {
    let text = status == 0 || reason.contains("\(status)") ? reason : "\(reason) (answered \(status))"
    return (500...599).contains(status) ? .never(reason: text) : .later(reason: text, after: nil)
  }

  private func addresses(of notice: Notice) -> [MailAddress] {
    var found = plan.to.compactMap(MailAddress.init)
    if plan.usesContacts {
      let told: [TicketNotice] =
        switch notice {
        case .ticket(let notice): [notice]
        case .digest(let digest): digest.listed
        case .alarm, .test: []
        }
      for notice in told {
        for role in notice.recipients.compactMap(\.role) {
          found += contact(notice.estate, role).map(MailAddress.all) ?? []
        }
      }
    }
    var seen: Set<MailAddress> = []
    return found.filter { seen.insert($0).inserted }
  }
}

/// A message in the form of RFC 5322, plain text. What people wrote stands in encoded words and in Base64: no line of
/// theirs can become a header or end the message.
struct MailMessage {
  let bytes: [UInt8]

  /// - Parameter to: who everybody may see that it goes to; others are not named in it.
  init(from: String, to: [String], text: NoticeText, key: String, date: Date) {
    let form = DateFormatter()
    form.locale = Locale(identifier: "en_US_POSIX")
    form.timeZone = .gmt
    form.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
    let host = from.split(separator: "@").last.map(String.init) ?? "gatehouse"
    let body = Data(text.body.utf8).base64EncodedString(options: [
      .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
    ])
    let lines = [
      "Date: \(form.string(from: date))", "From: Gatehouse <\(from)>",
      "To: \(to.isEmpty ? "undisclosed-recipients:;" : to.joined(separator: ",\r\n "))",
      "Subject: \(Self.encodedWords(text.title))",
      // The same message has the same name, however often it is sent.
      "Message-ID: <\(key.replacingOccurrences(of: "/", with: "."))@\(host)>",
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
      body, "",
    ]
    bytes = Array(lines.joined(separator: "\r\n").utf8)
  }

  /// RFC 2047, 2: words of at most 75 characters, each whole characters.
  static func encodedWords(_ text: String) -> String {
    var (words, word): ([String], String) = ([], "")
    for character in text.filter({ !$0.isNewline }) {
      if (word + String(character)).utf8.count > 45 {
        words.append(word)
        word = ""
      }
      word.append(character)
    }
    if !word.isEmpty || words.isEmpty { words.append(word) }
    return words.map { "=?UTF-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
  }
}
