/// Each channel against a real server.
import EstateModel
import Foundation
import Notifications
import TestSupport
import Testing

/// What `python3` makes of an expression, for signatures that are to be worked out elsewhere.
func python(_ expression: String, _ folder: Folder) throws -> String {
  let program = "import hmac,hashlib,base64,json,sys;open(sys.argv[1],'w').write(\(expression))"
  #expect(try Child(["python3", "-c", program, folder.path("python")]).wait() == 0)
  return try String(contentsOfFile: folder.path("python"), encoding: .utf8)
}

private func send(_ transport: Transport, _ delivery: Delivery, language: ChannelPlan.Language = .zh)
  -> SendOutcome
{
  var plan = ChannelPlan(id: "office", transport: transport)
  plan.language = language
  return plan.open(ChannelSurroundings(link: "https://gate.example/tickets/{ticket}"))
    .send(delivery, stop: StopFlag())
}

@Suite("Signatures")
struct SignatureTests {
  // Each worked out by Python: hmac.new(key, text, hashlib.sha256), secret 'SECabc123'.

  @Test("Webhook: HMAC-SHA256 over timestamp and body")
  func webhook() {
    // hmac.new(secret, b'1773154800.{"title":"井满"}').hexdigest()
    #expect(
      Signature.webhook(
        secret: Secret("SECabc123"), timestamp: 1_773_154_800, body: Array(#"{"title":"井满"}"#.utf8))
        == "v1=29205a5855999732e8d8150ee7200ea20387c208cbfa95347d4bc1f97219beb7")
  }

  @Test("DingTalk: the secret is the key, timestamp and secret are the text")
  func dingTalk() {
    // base64(hmac.new(secret, b'1773154800000\nSECabc123').digest())
    #expect(
      Signature.dingTalk(secret: Secret("SECabc123"), milliseconds: 1_773_154_800_000)
        == "vuC+LXt7BJXhgt4Y74zUCpGwyEcAoiqj/Z26zgN0QMg=")
  }

  @Test("Feishu: timestamp and secret are the key, the text is empty")
  func feishu() {
    // base64(hmac.new(b'1773154800\nSECabc123', b'').digest())
    #expect(
      Signature.feishu(secret: Secret("SECabc123"), seconds: 1_773_154_800)
        == "lK79PYjSvbNbWLR01zIneuLGcWz9GEBIIZo6+GOKRhw=")
  }
}

@Suite("HTTP channels", .serialized)
struct HTTPChannelTests {
  @Test("A webhook gets JSON with its key, signed so that the receiver can check it")
  func webhook() throws {
    let receiver = try Receiver()
    let transport = Transport.webhook(receiver.end("/ok"), secret: Secret("s3cret"))
    #expect(send(transport, delivery(), language: .en) == .sent)
    let request = try #require(receiver.requests.first)
    #expect(request.headers["idempotency-key"] == "T-260310-7K2QM4/1/office")
    #expect(request.headers["content-type"] == "application/json")
    let body = try request.object()
    #expect(body["key"] as? String == "T-260310-7K2QM4/1/office")
    #expect((body["text"] as? String)?.contains("Luyuan, well 3") == true)
    #expect((body["link"] as? String)?.hasPrefix("https://gate.example/tickets/T-260310-") == true)
    let told = (body["notice"] as? [String: Any])?["ticket"] as? [String: Any]
    #expect(told?["occasion"] as? String == "opened")
    #expect(told?["priority"] as? String == "P2")
    #expect(
      try JSONDecoder().decode(Notice.self, from: JSONEncoder().encode(sampleNotice())) == sampleNotice())
    let time = try #require(request.headers["gatehouse-timestamp"])
    let text = Data("\(time).\(request.body)".utf8).base64EncodedString()
    let expected = try python(
      "hmac.new(b's3cret',base64.b64decode('\(text)'),hashlib.sha256).hexdigest()", receiver.folder)
    #expect(request.headers["gatehouse-signature"] == "v1=\(expected)")
  }

  @Test("DingTalk gets its text with the signature in the address")
  func dingTalk() throws {
    let receiver = try Receiver()
    let transport = Transport.dingTalk(receiver.end("/robot/0?access_token=t"), secret: Secret("SEC1"))
    #expect(send(transport, delivery()) == .sent)
    let request = try #require(receiver.requests.first)
    let parts = try #require(URLComponents(string: "http://x\(request.path)"))
    let values = Dictionary((parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }) { first, _ in first }
    #expect(values["access_token"] == "t")
    let time = try #require(values["timestamp"])
    #expect(abs((Double(time) ?? 0) / 1000 - Date().timeIntervalSince1970) < 60)
    let expected = try python(
      "base64.b64encode(hmac.new(b'SEC1',b'\(time)\\nSEC1',hashlib.sha256).digest()).decode()",
      receiver.folder)
    #expect(values["sign"] == expected)
    let body = try request.object()
    #expect(body["msgtype"] as? String == "text")
    let content = (body["text"] as? [String: Any])?["content"] as? String
    #expect(content?.contains("鹿苑小区 3号井") == true)
  }

  @Test("WeCom gets no more text than it takes")
  func weCom() throws {
    let receiver = try Receiver()
    var long = sampleNotice()
    if case .ticket(var notice) = long {
      notice.note = String(repeating: "井盖", count: 2000)
      long = .ticket(notice)
    }
    #expect(send(.weCom(receiver.end("/robot/0")), delivery(long)) == .sent)
    let body = try #require(receiver.requests.first).object()
    let content = try #require((body["text"] as? [String: Any])?["content"] as? String)
    #expect((2000...2048).contains(content.utf8.count))
    #expect(content.hasSuffix("…"))
  }

  @Test("Feishu gets the signature in the body, and no tags that call everybody")
  func feishu() throws {
    let receiver = try Receiver()
    var notice = sampleNotice()
    if case .ticket(var ticket) = notice {
      ticket.note = #"<at user_id="all">all</at>"#
      notice = .ticket(ticket)
    }
    let transport = Transport.feishu(receiver.end("/lark/0"), secret: Secret("SEC2"))
    #expect(send(transport, delivery(notice)) == .sent)
    let body = try #require(receiver.requests.first).object()
    let time = try #require(body["timestamp"] as? String)
    let expected = try python(
      "base64.b64encode(hmac.new(b'\(time)\\nSEC2',b'',hashlib.sha256).digest()).decode()", receiver.folder)
    #expect(body["sign"] as? String == expected)
    #expect(body["msg_type"] as? String == "text")
    let text = try #require((body["content"] as? [String: Any])?["text"] as? String)
    #expect(text.contains("&lt;at user_id"))
    #expect(!text.contains("<at"))
  }

  @Test(
    "A robot's code in a 200 says whether it took the message",
    arguments: [
      // DingTalk: 310000 wrong signature or key word, 130101 too fast. WeCom: 93000 wrong key, 45009 too often.
      // Feishu: 19021 wrong signature, 11232 too often.
      ("ding", 310_000, false), ("ding", 130_101, true), ("wecom", 93_000, false), ("wecom", 45_009, true),
      ("feishu", 19_021, false), ("feishu", 11_232, true),
    ])
  func codes(kind: String, code: Int, isLater: Bool) throws {
    let receiver = try Receiver()
    let end = receiver.end(kind == "feishu" ? "/lark/\(code)" : "/robot/\(code)")
    let transport: Transport =
      switch kind {
      case "ding": .dingTalk(end, secret: Secret("s"))
      case "wecom": .weCom(end)
      default: .feishu(end, secret: nil)
      }
    let reason = "answered code \(code): refused"
    #expect(
      send(transport, delivery()) == (isLater ? .later(reason: reason, after: nil) : .never(reason: reason)))
  }

  @Test(
    "Answers and what they mean",
    arguments: [
      ("/status/204", .sent), ("/status/500", .later(reason: "answered 500", after: nil)),
      ("/status/503", .later(reason: "answered 503", after: nil)),
      ("/retry-after/7", .later(reason: "answered 429", after: 7000)),
      ("/status/400", .never(reason: "answered 400")), ("/status/401", .never(reason: "answered 401")),
      ("/status/404", .never(reason: "answered 404")), ("/status/410", .never(reason: "answered 410")),
      ("/here", .sent), ("/elsewhere", .never(reason: "redirected to another host, which is not followed")),
      ("/moved", .never(reason: "answered 302: moved; the configured address is to be changed")),
    ] as [(String, SendOutcome)])
  func answers(path: String, expected: SendOutcome) throws {
    let receiver = try Receiver()
    #expect(send(.webhook(receiver.end(path), secret: Secret("s")), delivery()) == expected)
  }

  @Test("A receiver may say until when it wants to be left alone")
  func date() throws {
    let receiver = try Receiver()
    let outcome = send(.webhook(receiver.end("/retry-date/120"), secret: Secret("s")), delivery())
    guard case .later(_, let after?) = outcome else { throw Failure("\(outcome)") }
    #expect((100_000...121_000).contains(after))
  }

  @Test("A receiver that hangs, drips or isn't there costs its time and no more")
  func hanging() throws {
    let receiver = try Receiver()
    for path in ["/hang", "/slow"] {
      let start = Date()
      let outcome = send(.webhook(receiver.end(path, timeout: 1), secret: Secret("s")), delivery())
      #expect(outcome == .later(reason: "Timeout was reached", after: nil), "\(path)")
      #expect(Date().timeIntervalSince(start) < 3)
    }
    let nobody = HTTPEnd(Secret("http://127.0.0.1:\(try freePort())/x"))
    let outcome = send(.webhook(nobody, secret: Secret("s")), delivery())
    // libcurl's word differs between its versions.
    if case .later(let reason, nil) = outcome {
      #expect(reason.contains("connect"))
    } else {
      Issue.record("\(outcome)")
    }
  }

  @Test("An answer of a gigabyte is left where it is")
  func huge() throws {
    let receiver = try Receiver()
    let start = Date()
    #expect(send(.webhook(receiver.end("/huge"), secret: Secret("s")), delivery()) == .sent)
    #expect(Date().timeIntervalSince(start) < 3)
    let robot = send(.weCom(receiver.end("/huge")), delivery())
    #expect(robot == .later(reason: "the answer is not a robot's", after: nil))
    // Kilobytes: what this process ever had in memory stays far below what was offered.
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let most = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kilobytes = most.flatMap { Int($0.filter(\.isNumber)) } ?? .max
    #expect(kilobytes < 600_000)
  }

  @Test("A stop ends what hangs")
  func stopping() throws {
    let receiver = try Receiver()
    let stop = StopFlag()
    let plan = ChannelPlan(id: "office", transport: .webhook(receiver.end("/hang"), secret: Secret("s")))
    let channel = plan.open(ChannelSurroundings())
    let ringer = Thread {
      usleep(300_000)
      stop.set()
    }
    ringer.start()
    let start = Date()
    #expect(channel.send(delivery(), stop: stop) == .later(reason: "the gateway stopped", after: nil))
    #expect(Date().timeIntervalSince(start) < 3)
  }

  @Test("No other protocol is spoken, and no secret shows in an outcome")
  func protocols() throws {
    let outcome = send(
      .webhook(HTTPEnd(Secret("file:///etc/passwd?token=geheim")), secret: Secret("geheim")), delivery())
    if case .never(let reason) = outcome {
      #expect(!reason.contains("geheim"))
    } else {
      Issue.record("\(outcome)")
    }
    #expect("\(Secret("geheim"))" == "(secret)")
    #expect(!String(reflecting: ChannelPlan.teller()).contains("127.0.0.1:9"))
    var dumped = ""
    dump(HTTPEnd(Secret("geheim")), to: &dumped)
    #expect(!dumped.contains("geheim"))
  }
}
