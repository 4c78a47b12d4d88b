/// When messages are sent, and when again.
import EstateModel
import Notifications
import Testing

@Suite("Delivery queue")
struct DeliveryTests {
  @Test(
    "Pauses double from the first to the longest, within their upper half",
    arguments: [
      // 5 s doubled: 5, 10, 20, 40 …; from the ninth on 30 min. With spread 0 half of it, with 1 all.
      (1, 0.0, 2500), (1, 1.0, 5000), (2, 1.0, 10_000), (3, 1.0, 20_000), (4, 0.5, 30_000), (8, 1.0, 640_000),
      (9, 1.0, 1_280_000), (10, 1.0, 1_800_000), (100, 1.0, 1_800_000), (100, 0.0, 900_000),
    ] as [(Int, Double, Int64)])
  func pauses(attempts: Int, spread: Double, expected: Int64) {
    #expect(Retry().pause(after: attempts, spread: spread) == expected)
  }

  @Test("A receiver may ask for more patience, up to six hours")
  func asked() {
    #expect(Retry().pause(after: 1, spread: 1, asked: 60_000) == 60_000)
    #expect(Retry().pause(after: 1, spread: 1, asked: 1000) == 5000)
    #expect(Retry().pause(after: 1, spread: 1, asked: 1_000_000_000) == 6 * 3_600_000)
  }

  @Test("The spread of a message and attempt is always the same, and spreads")
  func spread() {
    let values = (1...1000).map { Retry.spread(key: "T-260310-7K2QM4/\($0)/office", attempts: 1) }
    #expect(values == (1...1000).map { Retry.spread(key: "T-260310-7K2QM4/\($0)/office", attempts: 1) })
    #expect(values.allSatisfy { (0...1).contains($0) })
    // A thousand even numbers: 500 ± 50 in each half.
    #expect((450...550).contains(values.count { $0 < 0.5 }))
    #expect(Retry.spread(key: "a", attempts: 1) != Retry.spread(key: "a", attempts: 2))
  }

  private func message(_ name: String, _ priority: Priority = .p3, subject: String? = nil) -> Delivery {
    Delivery(key: name, subject: subject ?? name, priority: priority, notice: .test(at: 0))
  }

  private func key(_ step: DeliveryQueue.Step) -> String? {
    if case .send(let delivery) = step { delivery.key } else { nil }
  }

  private func due(_ step: DeliveryQueue.Step) -> Int64? {
    if case .wait(let until) = step { until } else { nil }
  }

  @Test("The most urgent goes first, then the oldest; what is there already is not added again")
  func order() {
    var queue = DeliveryQueue(retry: Retry(), rate: nil, isOrdered: false)
    queue.add([message("a"), message("b"), message("c", .p1)])
    queue.add([message("a")])
    #expect(queue.count == 3)
    for expected in ["c", "a", "b"] {
      #expect(key(queue.next(at: 0)) == expected)
      #expect(queue.finished(expected, .sent, at: 0) == .sent(at: 0, attempts: 1))
    }
    #expect(due(queue.next(at: 0)) == nil)
  }

  @Test("No more than the rate allows within any while, also after a restart")
  func rate() {
    let rate = RateLimit(messages: 2, within: 1000)
    var queue = DeliveryQueue(retry: Retry(), rate: rate, isOrdered: false, sent: [500])
    queue.add((1...3).map { message("\($0)") })
    #expect(key(queue.next(at: 600)) == "1")
    _ = queue.finished("1", .sent, at: 600)
    #expect(due(queue.next(at: 700)) == 1500)
    #expect(key(queue.next(at: 1500)) == "2")
    _ = queue.finished("2", .sent, at: 1500)
    #expect(due(queue.next(at: 1500)) == 1600)
  }

  @Test("A failure is tried again after its pause, and given up after its time")
  func failures() {
    var retry = Retry()
    (retry.first, retry.longest, retry.giveUpAfter) = (1000, 4000, 10_000)
    var queue = DeliveryQueue(retry: retry, rate: nil, isOrdered: false)
    queue.add([message("a")])
    var now: Int64 = 0
    var pauses: [Int64] = []
    loop: while true {
      switch queue.finished("a", .later(reason: "answered 500", after: nil), at: now) {
      case .waiting(let attempts, let since, let next, let reason):
        #expect(since == 0)
        #expect(reason == "answered 500")
        #expect(attempts == pauses.count + 1)
        #expect(key(queue.next(at: next - 1)) == nil)
        #expect(due(queue.next(at: next - 1)) == next)
        pauses.append(next - now)
        now = next
      case .givenUp(let at, let attempts, _, _):
        #expect(at >= 10_000)
        #expect(attempts == pauses.count + 1)
        break loop
      case .sent, nil:
        Issue.record("it was not sent")
        break loop
      }
    }
    // Within the upper half of 1, 2, 4, 4, 4 … seconds.
    for (pause, full) in zip(pauses, [1000, 2000, 4000, 4000, 4000, 4000] as [Int64]) {
      #expect((full / 2...full).contains(pause))
    }
    #expect(queue.count == 0)
  }

  @Test("What will never work is given up at once")
  func never() {
    var queue = DeliveryQueue(retry: Retry(), rate: nil, isOrdered: false)
    queue.add([message("a")])
    let state = queue.finished("a", .never(reason: "answered 404"), at: 7)
    #expect(state == .givenUp(at: 7, attempts: 1, since: 7, reason: "answered 404"))
    #expect(queue.count == 0)
  }

  @Test("A receiver that is out of order is left alone; then others come before the one that failed")
  func pausing() {
    var queue = DeliveryQueue(retry: Retry(), rate: nil, isOrdered: false)
    queue.add([message("a"), message("b")])
    _ = queue.finished("a", .later(reason: "answered 503", after: 60_000), at: 0)
    #expect(due(queue.next(at: 1)) == 60_000)
    #expect(key(queue.next(at: 60_000)) == "b", "what has not failed yet comes first")
    _ = queue.finished("b", .sent, at: 60_000)
    #expect(key(queue.next(at: 60_000)) == "a")
  }

  @Test("Where the last word counts, a later message about the same waits for the earlier one")
  func ordered() {
    var queue = DeliveryQueue(retry: Retry(), rate: nil, isOrdered: true)
    queue.add([message("T/1", subject: "T"), message("T/2", .p1, subject: "T"), message("U/1", subject: "U")])
    #expect(key(queue.next(at: 0)) == "T/1")
    _ = queue.finished("T/1", .later(reason: "", after: nil), at: 0)
    #expect(key(queue.next(at: 5000)) == "U/1" || key(queue.next(at: 5000)) == "T/1")
    _ = queue.finished("U/1", .sent, at: 5000)
    #expect(key(queue.next(at: 10_000)) == "T/1")
    _ = queue.finished("T/1", .sent, at: 10_000)
    #expect(key(queue.next(at: 10_000)) == "T/2")
  }

  @Test("What somebody wants sent once more begins anew")
  func restart() {
    var queue = DeliveryQueue(retry: Retry(), rate: nil, isOrdered: false)
    queue.add([message("a")])
    _ = queue.finished("a", .later(reason: "", after: 3_600_000), at: 0)
    queue.restart(message("a"))
    #expect(queue.count == 1)
    #expect(key(queue.next(at: 1)) == "a")
  }
}
