/// Numbers of messages: repeats are dropped, gaps counted, and what is overtaken is neither.
import EstateModel
import Payloads
import Testing

@Suite("Numbered messages")
struct FrameTests {
  private let decoder: PayloadDecoder

  init() throws {
    decoder = PayloadDecoder(catalogue: smallCatalogue, profiles: try shippedProfiles())
  }

  private func send(_ counter: Int, session: String? = "a") {
    let session = session.map { #""devAddr": "\#($0)", "# } ?? ""
    decoder.decode(
      "application/a/device/24e124743d012345/event/up",
      #"{"fCnt": \#(counter), \#(session)"time": "2026-03-14T15:09:26.535Z", "object": {"LAeq": 40}}"#)
  }

  /// What became of each message: new with so many missing before it, overtaken, or a repeat.
  private func story(_ counters: [Int], session: String? = "a") -> [String] {
    counters.map { counter in
      send(counter, session: session)
      if decoder.isRepeat { return "repeat" }
      #expect(decoder.readings.count == 1)
      guard let link = decoder.link else { return "?" }
      return link.isDisordered ? "overtaken \(link.missed)" : "new \(link.missed)"
    }
  }

  @Test("A message that comes after a later one was not lost, and the next one has no gap before it")
  func overtaken() {
    #expect(story([5, 7, 6, 8]) == ["new 0", "new 1", "overtaken -1", "new 0"])
  }

  @Test("A repeat is known also after many others")
  func repeats() {
    #expect(story([1, 2, 3, 4, 5, 6, 7, 1, 7, 8]).filter { $0 == "repeat" }.count == 2)
  }

  @Test("A device that counts from 0 again is heard, with a new session or without any")
  func newStart() {
    #expect(story([40, 41, 42]) == ["new 0", "new 0", "new 0"])
    #expect(story([0, 1], session: "b") == ["new 0", "new 0"])
    #expect(story([70, 71, 72], session: nil) == ["new 0", "new 0", "new 0"])
    #expect(story([0, 1, 2, 3], session: nil) == ["new 0", "new 0", "new 0", "new 0"])
  }

  @Test("What a restart hands over goes on: the gap counts, and the repeat is known")
  func restart() throws {
    _ = story([10, 11])
    let mark = try #require(decoder.frameMark(of: DeviceIndex(2)))
    let other = PayloadDecoder(catalogue: smallCatalogue, profiles: try shippedProfiles())
    other.restore(mark, of: DeviceIndex(2))
    func send(_ counter: Int) {
      other.decode(
        "application/a/device/24e124743d012345/event/up",
        #"{"fCnt": \#(counter), "devAddr": "a", "object": {"LAeq": 40}}"#)
    }
    send(11)
    #expect(other.isRepeat)
    send(14)
    #expect(other.link?.missed == 2)
  }

  @Test("A join is told, and a message's age")
  func joinAndLag() {
    decoder.decode("application/a/device/24e124743d012345/event/join", #"{"devAddr": "c"}"#)
    #expect(decoder.hasJoined)
    #expect(decoder.lag == nil)
    send(1, session: "c")
    #expect(!decoder.hasJoined)
    #expect(decoder.lag == 0)
    decoder.decode(
      "estates/luyuan/probe-w01/reading", #"{"ts": 1773500966535, "level": 1}"#, now: moment + 2500)
    #expect(decoder.lag == 2500)
    decoder.decode(
      "estates/luyuan/probe-w01/reading", #"{"ts": 1773500966535, "level": 1}"#, now: moment, isRetained: true
    )
    #expect(decoder.lag == nil)
  }

  @Test("The command for a rebirth is what the standard says")
  func rebirth() {
    // By hand after protobuf.dev: timestamp 1, then the metric with its name, time, type 11 and true.
    let name = Array("Node Control/Rebirth".utf8)
    #expect(
      SparkplugCommand.rebirth(at: Timestamp(milliseconds: 300))
        == [0x08, 0xAC, 0x02, 0x12, 29, 0x0A, 20] + name + [0x18, 0xAC, 0x02, 0x20, 11, 0x70, 1])
    #expect(SparkplugCommand.topic(node: "estate/pump") == "spBv1.0/estate/NCMD/pump")
    #expect(SparkplugCommand.topic(node: "estate/#") == nil)
  }
}
