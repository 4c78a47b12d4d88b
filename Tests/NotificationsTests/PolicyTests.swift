/// Which events are told, on which channels.
import EstateModel
import Notifications
import Testing
import Tickets

@Suite("Notice policy")
struct PolicyTests {
  @Test("A new ticket is told to the responsible party and those informed, with a key of event and channel")
  func opened() throws {
    var town = Town([.teller("office"), .teller("street")])
    let told = town.alarm(at: "w3", .p2)
    let id = try #require(town.book.open.first).id
    #expect(told.map(\.key) == ["\(id)/1/office", "\(id)/1/street"])
    let notice = try #require(told.first?.ticketNotice)
    #expect(notice.occasion == .opened)
    #expect(notice.recipients.map(\.role) == [.community, .buildingHead, .sewerContractor])
    #expect(notice.placeTitle == Title(zh: "3号井", en: "well 3"))
  }

  @Test(
    "A channel tells what its parties, priorities, estates and events say",
    arguments: [
      (ChannelPlan.teller { $0.parties = [.community] }, true),
      (.teller { $0.parties = [.sewerContractor] }, true), (.teller { $0.parties = [.police] }, false),
      (.teller { $0.atLeast = .p3 }, true), (.teller { $0.atLeast = .p2 }, false),
      (.teller { $0.estates = ["luyuan"] }, true), (.teller { $0.estates = ["xintai"] }, false),
      (.teller { $0.occasions = [.opened] }, true), (.teller { $0.occasions = [.closed] }, false),
    ])
  func filters(channel: ChannelPlan, isTold: Bool) {
    var town = Town([channel])
    #expect(town.alarm(at: "w3", .p3).isEmpty == !isTold)
  }

  @Test("Danger now is told whatever events a channel leaves out, but not to parties it isn't for")
  func danger() {
    var town = Town([
      .teller("closing") { $0.occasions = [.closed] }, .teller("police") { $0.parties = [.police] },
    ])
    #expect(town.alarm(at: "w3", .p1).map(\.channel) == ["closing"])
  }

  @Test("An alarm that joins is told only where the ticket becomes more urgent")
  func joined() {
    var town = Town([.teller()])
    town.alarm(at: "w3", .p3)
    #expect(town.alarm(at: "w3", .p3, minute: 1, rule: "sewer-rising").isEmpty)
    let told = town.alarm(at: "w3", .p2, minute: 2, rule: "sewer-surcharged")
    #expect(told.map { $0.ticketNotice?.occasion } == [.urgent])
    #expect(town.alarm(.cleared, at: "w3", .p2, minute: 3, rule: "sewer-surcharged").isEmpty)
  }

  @Test("Nobody moves: half of the time, most of it, then the next of the chain is told")
  func clocks() throws {
    var town = Town([.teller()])
    // P1: to be acknowledged within 15 minutes.
    town.alarm(at: "w3", .p1)
    #expect(town.wait(until: 7).isEmpty)
    #expect(town.wait(until: 8).map { $0.ticketNotice?.occasion } == [.reminded])
    #expect(town.wait(until: 12).map { $0.ticketNotice?.occasion } == [.warned])
    let escalated = try #require(town.wait(until: 15).first?.ticketNotice)
    #expect(escalated.occasion == .escalated)
    #expect(escalated.asked?.role == .subDistrict)
    #expect(escalated.recipients.first?.role == .subDistrict)
  }

  @Test("What people do is told where it concerns others")
  func people() throws {
    var town = Town([.teller { $0.occasions = Set(Occasion.allCases) }])
    town.alarm(at: "w3", .p3)
    #expect(try town.say(.acknowledge(), minute: 1).isEmpty)
    #expect(try town.say(.comment("cover lifted"), minute: 2).isEmpty)
    let informed = try town.say(.inform(.role(.police)), minute: 3)
    #expect(informed.first?.ticketNotice?.recipients.map(\.role) == [.police])
    #expect(try town.say(.assign(.role(.gridWorker)), minute: 4).first?.ticketNotice?.occasion == .assigned)
    town.alarm(.cleared, at: "w3", minute: 5)
    let resolved = try town.say(.resolve("flushed"), minute: 6).first?.ticketNotice
    #expect(resolved?.occasion == .resolved)
    #expect(resolved?.note == "flushed")
    #expect(try town.say(.verify("looked"), minute: 7, by: "community").count == 1)
    #expect(try town.say(.close("residents content"), minute: 8, by: "community").count == 1)
  }

  @Test("An event of half an hour ago is told only while it still means something")
  func late() {
    var town = Town([.teller()])
    #expect(town.alarm(at: "w1", minute: 0, nowMinute: 30).count == 1)
    #expect(town.alarm(at: "w2", minute: 0, nowMinute: 31).count == 1, "its alarm is still active")
    var over = Town([.teller()])
    let (raised, cleared) = (Town.step(at: "w1"), Town.step(.cleared, at: "w1", minute: 1))
    let events = over.book.apply(raised) + over.book.apply(cleared)
    #expect(over.policy.consider(events, in: over.book, now: Town.start + 32 * 60_000).isEmpty)
  }

  @Test("Retained topics show a ticket's last state once, and each step of an alarm")
  func mirrors() throws {
    var town = Town([ChannelPlan(id: "broker", transport: .mqtt(MQTTPlan()))])
    let shown = town.alarm(at: "w3")
    let id = try #require(town.book.open.first).id
    let alarm = Town.step(at: "w3").alarm
    #expect(shown.map(\.key) == ["\(alarm)/raised/broker", "\(id)/1/broker"])
    // Two events, of which the second asks for a look: one message.
    let cleared = town.alarm(.cleared, at: "w3", minute: 5)
    #expect(cleared.map(\.key) == ["\(alarm)/cleared/broker", "\(id)/3/broker"])
  }
}

@Suite("Flood")
struct FloodTests {
  @Test("More than ten within ten minutes wait for a digest, until fewer than five are left; P1 passes")
  func flood() throws {
    var town = Town([.teller()])
    for number in 1...10 {
      #expect(town.alarm(at: "w\(number)", minute: Int64(number) / 2).map(\.isHeld) == [false])
    }
    #expect(town.alarm(at: "w11", minute: 6).map(\.isHeld) == [true])
    #expect(town.alarm(at: "w12", minute: 7).map(\.isHeld) == [true])
    #expect(town.alarm(at: "w13", .p1, minute: 7).map(\.isHeld) == [false])
    // At minute 14 only those of 5, 6, 7 and 7 are less than ten minutes old.
    #expect(town.wait(until: 13).isEmpty)
    let digests = town.wait(until: 14).compactMap(\.digest)
    #expect(digests.count == 1)
    let digest = try #require(digests.first)
    #expect(digest.count == 2)
    #expect(digest.listed.map(\.place) == ["w11", "w12"])
    #expect(town.digested.count == 2)
    #expect(town.alarm(at: "w14", minute: 16).last?.isHeld == false, "the flood is over")
  }

  @Test("A flood that goes on makes a digest every ten minutes")
  func longFlood() {
    var town = Town([.teller()])
    var digests: [DigestNotice] = []
    for minute in Int64(0)..<30 {
      town.alarm(at: "w\(minute + 1)", minute: minute)
      // Two more a minute.
      town.alarm(at: "w\(minute + 1)", .p2, minute: minute, rule: "sewer-surcharged")
      digests += town.wait(until: minute).compactMap(\.digest)
    }
    #expect(digests.count == 2)
    #expect(digests.map(\.count).reduce(0, +) > 30)
    #expect(digests.allSatisfy { $0.listed.count <= DigestNotice.mostListed })
  }

  @Test("A restart neither forgets what is held nor that there is a flood")
  func restart() {
    var town = Town([.teller()])
    for number in 1...12 { town.alarm(at: "w\(number)", minute: 1) }
    var again = Town([.teller()])
    again.policy.restore(
      told: town.outgoing.map { (estate: $0.estate, at: $0.made) }, held: town.outgoing.filter(\.isHeld))
    #expect(again.alarm(at: "w20", minute: 2).map(\.isHeld) == [true])
    let digests = again.wait(until: 12).compactMap(\.digest)
    #expect(digests.map(\.count) == [3])
    #expect(again.digested.count == 3)
  }

  @Test("Each channel gets a digest of its own messages, with a key that is the same whenever it is made")
  func channels() {
    func digests() -> [OutgoingNotice] {
      var town = Town([.teller("a"), .teller("b") { $0.atLeast = .p2 }])
      for number in 1...12 { town.alarm(at: "w\(number)", number == 12 ? .p2 : .p3, minute: 1) }
      return town.wait(until: 12).filter { $0.digest != nil }
    }
    let first = digests()
    #expect(first.map(\.channel) == ["a", "b"])
    #expect(first.map { $0.digest?.count } == [2, 1])
    #expect(first.map(\.key) == digests().map(\.key))
  }
}
