/// Channels that show what is: retained topics of a real mosquitto, alerts of a real Alertmanager.
import EstateModel
import Foundation
import MQTTSession
import Notifications
import TestSupport
import Testing
import Tickets

@Suite("Retained topics", .serialized)
struct RetainedTopicTests {
  private final class Broker {
    let folder: Folder
    let port: Int
    private var child: Child?

    init() throws {
      folder = try Folder()
      port = try freePort()
      try folder.write(
        "listener \(port) 127.0.0.1\nallow_anonymous true\nuser \(NSUserName())\n", to: "broker.conf")
    }

    func start() throws { child = try Child(["/usr/sbin/mosquitto", "-c", folder.path("broker.conf")]) }

    /// Retained messages by topic.
    func retained() throws -> [String: String] {
      let script = "mosquitto_sub -p \(port) -t 'estates/#' -W 1 -F '%t %p' > \(folder.path("sub"))"
      _ = try Child(["sh", "-c", script]).wait()
      let text = try String(contentsOfFile: folder.path("sub"), encoding: .utf8)
      return Dictionary(
        text.split(separator: "\n").map { line in
          let parts = line.split(separator: " ", maxSplits: 1)
          return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }, uniquingKeysWith: { $1 })
    }
  }

  private func open(_ port: Int, timeout: Int = 10) -> any Channel {
    var plan = MQTTPlan()
    plan.url = "mqtt://127.0.0.1:\(port)"
    plan.timeout = timeout
    return ChannelPlan(id: "broker", transport: .mqtt(plan)).open(ChannelSurroundings())
  }

  @Test("Tickets and alarms stand there while they are open, and are cleared then")
  func retained() throws {
    let broker = try Broker()
    try broker.start()
    var town = Town([ChannelPlan(id: "broker", transport: .mqtt(MQTTPlan()))])
    let channel = open(broker.port)
    func show(_ outgoing: [OutgoingNotice]) {
      for notice in outgoing {
        #expect(channel.send(delivery(notice.notice, key: notice.key), stop: StopFlag()) == .sent)
      }
    }
    show(town.alarm(at: "w3"))
    let id = try #require(town.book.open.first).id
    let alarm = Town.step(at: "w3").alarm
    var topics = try broker.retained()
    #expect(Set(topics.keys) == ["estates/luyuan/tickets/\(id)", "estates/luyuan/alarms/\(alarm)"])
    let ticket = try #require(
      JSONSerialization.jsonObject(with: Data((topics["estates/luyuan/tickets/\(id)"] ?? "").utf8))
        as? [String: Any])
    #expect(ticket["state"] as? String == "new")
    #expect(ticket["priority"] as? String == "P3")

    show(town.alarm(.cleared, at: "w3", minute: 1))
    #expect(Set(try broker.retained().keys) == ["estates/luyuan/tickets/\(id)"])
    show(try town.say(.resolve("flushed"), minute: 2))
    show(try town.say(.verify("looked"), minute: 3, by: "community"))
    topics = try broker.retained()
    #expect(topics["estates/luyuan/tickets/\(id)"]?.contains(#""state":"verified""#) == true)
    show(try town.say(.close("done"), minute: 4, by: "community"))
    #expect(try broker.retained().isEmpty)
  }

  @Test("Without a broker it is to be tried later, and then it works")
  func down() throws {
    let broker = try Broker()
    let channel = open(broker.port, timeout: 1)
    let message = delivery(sampleNotice())
    if case .later = channel.send(message, stop: StopFlag()) {} else { Issue.record("there is no broker") }
    try broker.start()
    #expect(eventually { channel.send(message, stop: StopFlag()) == .sent })
  }
}

@Suite("Alertmanager", .serialized)
struct AlertmanagerTests {
  private final class Alertmanager {
    let folder: Folder
    let port: Int
    private let child: Child

    init() throws {
      folder = try Folder()
      port = try freePort()
      try folder.write("route: {receiver: none}\nreceivers: [{name: none}]\n", to: "am.yml")
      child = try Child([
        "prometheus-alertmanager", "--config.file=\(folder.path("am.yml"))",
        "--storage.path=\(folder.path("data"))", "--web.listen-address=127.0.0.1:\(port)",
        "--cluster.listen-address=",
      ])
    }

    /// Its alerts, as its API lists them.
    func alerts(_ query: String = "") -> [[String: Any]] {
      let url = "http://127.0.0.1:\(port)/api/v2/alerts\(query)"
      let text = try? python("__import__('urllib.request').request.urlopen('\(url)').read().decode()", folder)
      let data = Data((text ?? "").utf8)
      return (try? JSONSerialization.jsonObject(with: data)) as? [[String: Any]] ?? []
    }
  }

  @Test("An alarm becomes an alert, is told again, and ends")
  func alerts() throws {
    let server = try Alertmanager()
    let end = HTTPEnd(Secret("http://127.0.0.1:\(server.port)/"), timeout: 5)
    let channel = ChannelPlan(
      id: "am", transport: .alertmanager(end, user: nil, password: nil)
    ).open(ChannelSurroundings())
    #expect(eventually { channel.send(delivery(.test(at: 0)), stop: StopFlag()) == .sent })
    // Alertmanager judges by the wall clock.
    var raised = Town.step(at: "w3", .p1)
    raised.onset = Timestamp(Date()).milliseconds - 60_000
    raised.at = raised.onset
    func send(_ transition: AlarmTransition) -> SendOutcome {
      channel.send(delivery(.alarm(AlarmNotice(transition, in: Town.estate))), stop: StopFlag())
    }
    #expect(send(raised) == .sent)
    #expect(eventually { server.alerts().count == 1 })
    let alert = try #require(server.alerts().first)
    let labels = try #require(alert["labels"] as? [String: String])
    #expect(labels["alertname"] == "sewer-full")
    #expect(labels["estate"] == "luyuan")
    #expect(labels["severity"] == "critical")
    let notes = try #require(alert["annotations"] as? [String: String])
    #expect(notes["summary_zh"] == "井内水位过高：鹿苑小区，3号井")
    // The same alert, not another.
    #expect(channel.refreshInterval == 60_000)
    #expect(channel.refresh([AlarmNotice(raised, in: Town.estate)], stop: StopFlag()) == .sent)
    #expect(server.alerts().count == 1)

    var cleared = raised
    cleared.kind = .cleared
    cleared.at += 30_000
    cleared.evidence = []
    #expect(send(cleared) == .sent)
    #expect(eventually { server.alerts("?active=true").isEmpty })
  }
}
