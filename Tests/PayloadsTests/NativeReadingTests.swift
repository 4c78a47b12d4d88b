/// Gatehouse's own reading and status topics, good and bad.
import EstateModel
import Payloads
import Testing

private let topic = "estates/luyuan/probe-w01/reading"

private let deepList = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
private let deepObject = String(repeating: #"{"a":"#, count: 5000) + "1" + String(repeating: "}", count: 5000)
private let largeText = #"{"level": 1, "x": ""# + String(repeating: "a", count: 300_000) + #""}"#

private let badPayloads: [(String, PayloadProblem.Reason)] = [
  ("", .empty), ("   ", .empty), ("hello", .notJSON), ("{", .notJSON), (#"{"level": 1} x"#, .notJSON),
  (#"{"level": 0x10}"#, .notJSON), (#"{"level": }"#, .notJSON), ("[1, 2]", .wrongShape), ("3", .wrongShape),
  ("null", .wrongShape), ("NaN", .wrongShape), (deepList, .tooDeep), (deepObject, .tooDeep),
  (largeText, .tooLarge),
]

@Suite struct NativeReadingTests {
  let decoder = PayloadDecoder(catalogue: smallCatalogue)

  @Test("A reading carries the device's time, in milliseconds or RFC 3339")
  func time() {
    for time in [
      "1773500900000", "1773500900000.0", "\"2026-03-14T15:08:20Z\"", "\"2026-03-14T23:08:20+08:00\"",
    ] {
      decoder.decode(topic, #"{"ts": \#(time), "level": 1.25, "battery": 57}"#)
      #expect(decoder.summary == ["level 1.25", "battery 57"])
      #expect(decoder.readings.allSatisfy { $0.time.milliseconds == 1_773_500_900_000 && $0.marks.isEmpty })
      #expect(decoder.readings.allSatisfy { $0.arrival == moment && $0.device == DeviceIndex(0) })
      #expect(decoder.problems.isEmpty)
    }
  }

  @Test("Without a time the arrival counts, and nothing is wrong")
  func noTime() {
    decoder.decode(topic, #"{"level": 1.25}"#)
    #expect(decoder.readings.map(\.time) == [moment])
    #expect(decoder.readings.map(\.marks) == [.arrivalTime])
    #expect(decoder.problems.isEmpty)
  }

  @Test(
    "A time that can't be is replaced by the arrival and reported",
    arguments: [
      ("0", PayloadProblem.Reason.timeInPast), ("13569465600000", .timeInFuture),
      ("\"2400-01-01T00:00:00Z\"", .timeInFuture), ("1773414566534", .timeInPast),
      ("1773501086536", .timeInFuture), ("\"yesterday\"", .badTime), ("true", .badTime), ("1e300", .badTime),
      ("[]", .badTime),
    ])
  func badTime(_ time: String, _ reason: PayloadProblem.Reason) {
    decoder.decode(topic, #"{"ts": \#(time), "level": 1.25}"#)
    #expect(decoder.summary == ["level 1.25"])
    #expect(decoder.readings.map(\.time) == [moment])
    #expect(decoder.readings.map(\.marks) == [.arrivalTime])
    #expect(decoder.reasons == [reason])
  }

  @Test("24 h behind and 2 min ahead are still believed", arguments: [1_773_414_566_535, 1_773_501_086_535])
  func edges(_ time: Int64) {
    decoder.decode(topic, #"{"ts": \#(time), "level": 1.25}"#)
    #expect(decoder.readings.map(\.time.milliseconds) == [time])
    #expect(decoder.problems.isEmpty)
  }

  @Test("The tolerance is the caller's")
  func tolerance() {
    let patient = PayloadDecoder(catalogue: smallCatalogue, tolerance: .unlimited)
    patient.decode(topic, #"{"ts": 0, "level": 1.25}"#)
    #expect(patient.readings.map(\.time.milliseconds) == [0])
    #expect(patient.problems.isEmpty)
  }

  @Test("A kept message belongs to history when its age is unknown or great")
  func retained() {
    decoder.decode(topic, #"{"level": 1}"#, isRetained: true)
    #expect(decoder.readings.map(\.marks) == [[.arrivalTime, .historical]])
    decoder.decode(topic, #"{"ts": 1773300000000, "level": 1}"#, isRetained: true)
    #expect(decoder.readings.map(\.marks) == [.historical])
    #expect(decoder.readings.map(\.time.milliseconds) == [1_773_300_000_000])
    decoder.decode(topic, #"{"ts": 1773500900000, "level": 1}"#, isRetained: true, isDuplicate: true)
    #expect(decoder.readings.map(\.marks) == [.duplicate])
    #expect(decoder.problems.isEmpty)
  }

  @Test(
    "A bad value is reported and its neighbour is read",
    arguments: [
      ("null", "level fault", PayloadProblem.Reason.fault), ("\"broken\"", "level fault", .fault),
      ("NaN", "level fault", .notANumber), ("-Infinity", "level fault", .numberTooLarge),
      ("1e400", "level fault", .numberTooLarge), ("-1e999999", "level fault", .numberTooLarge),
      ("31", "level 31 out-of-range", .outOfRange), ("-1.5", "level -1.5 out-of-range", .outOfRange),
      ("true", nil, .wrongShape), ("{}", nil, .wrongShape), ("[1]", nil, .wrongShape),
    ] as [(String, String?, PayloadProblem.Reason)])
  func badValue(_ value: String, _ expected: String?, _ reason: PayloadProblem.Reason) {
    decoder.decode(topic, #"{"ts": 1773500900000, "level": \#(value), "battery": 57}"#)
    #expect(decoder.summary == [expected, "battery 57"].compactMap(\.self))
    #expect(decoder.reasons == [reason])
    #expect(decoder.problems.first?.device == "luyuan/probe-w01")
    #expect(decoder.problems.first?.signal == Signal.named("level"))
  }

  @Test("The largest doubles and long whole numbers are numbers")
  func largeNumbers() {
    decoder.decode(topic, #"{"level": 1e308, "battery": 123456789012345678901234567890, "snr": NaN}"#)
    #expect(decoder.readings.map(\.quality) == [.outOfRange, .outOfRange, .fault])
    #expect(decoder.readings.prefix(2).map(\.value) == [1e308, 1.2345678901234568e29])
    #expect(decoder.reasons == [.outOfRange, .outOfRange, .notANumber])
  }

  @Test("An unknown signal is named, and its neighbour is read")
  func unknownSignal() {
    decoder.decode(topic, #"{"levle": 1, "battery": 57, "person": 1}"#)
    #expect(decoder.summary == ["battery 57"])
    #expect(decoder.reasons == [.unknownSignal, .wrongShape])
    #expect(decoder.problems.first?.detail == "'levle'")
  }

  @Test("States may be written as true and false")
  func states() {
    decoder.decode(topic, #"{"tamper": true, "position": false, "available": 1}"#)
    #expect(decoder.summary == ["tamper 1", "position 0", "available 1"])
  }

  @Test("A payload that is no reading is reported once", arguments: badPayloads)
  func badPayload(_ payload: String, _ reason: PayloadProblem.Reason) {
    decoder.decode(topic, payload)
    #expect(decoder.readings.isEmpty)
    #expect(decoder.reasons == [reason])
    // The next message is none the worse for it.
    decoder.decode(topic, #"{"level": 1}"#)
    #expect(decoder.summary == ["level 1"])
    #expect(decoder.problems.isEmpty)
  }

  @Test("Bytes that are not UTF-8 are reported")
  func badUTF8() {
    decoder.decode(
      topic: Array(topic.utf8), payload: Array(#"{"level": 1, "x": ""#.utf8) + [0xff, 0xfe, 34, 125])
    #expect(decoder.readings.isEmpty)
    #expect(decoder.reasons == [.notUTF8])
  }

  @Test("A topic that is not ours, not known or not UTF-8 is reported in print")
  func badTopic() {
    decoder.decode("estates/luyuan/probe-w99/reading", #"{"level": 1}"#)
    #expect(
      decoder.problems == [
        PayloadProblem(device: "luyuan/probe-w99", reason: .unknownDevice, detail: "not in the catalogue")
      ])
    for topic in ["estates/luyuan/probe-w01/readings", "estates/x", "other/topic", "estates/", "", "estates"]
    {
      decoder.decode(topic, #"{"level": 1}"#)
      #expect(decoder.reasons == [.unknownTopic], "\(topic)")
    }
    let open = PayloadDecoder(catalogue: smallCatalogue, unknownDevices: .register)
    for topic in ["estates/a/b/c/reading", "estates/a/reading", "estates//b/reading", "estates/a//reading"] {
      open.decode(topic, #"{"level": 1}"#)
      #expect(open.reasons == [.unknownTopic], "\(topic)")
    }
    decoder.decode(
      topic: Array("estates/luyuan/".utf8) + [0xc3, 0x28, 7] + Array("/reading".utf8),
      payload: Array("{}".utf8))
    #expect(decoder.reasons == [.badTopic])
    #expect(decoder.problems.first?.device == "luyuan/\u{FFFD}(?")
  }

  @Test("Unknown devices are taken in when asked to, each once")
  func register() {
    let open = PayloadDecoder(catalogue: smallCatalogue, unknownDevices: .register)
    open.decode("estates/x/new/reading", #"{"level": 1}"#)
    let first = open.readings.first?.device
    open.decode("estates/x/new/reading", #"{"level": 2}"#)
    #expect(open.readings.first?.device == first)
    #expect(first.map(open.name(of:)) == "x/new")
    #expect(open.problems.isEmpty)
  }

  @Test("Another root moves the topics")
  func root() {
    let other = PayloadDecoder(catalogue: smallCatalogue, root: "city/estates")
    other.decode("city/estates/luyuan/probe-w01/reading", #"{"level": 1}"#)
    #expect(other.summary == ["level 1"])
    #expect(other.topicFilters.first == "city/estates/+/+/reading")
  }

  @Test("Status is plain text; offline, a last will, is no sign of life")
  func status() {
    let topic = "estates/luyuan/probe-w02/status"
    decoder.decode(topic, "online", isRetained: true)
    #expect(decoder.statusChanges.map(\.device.raw) == [1])
    #expect(decoder.statusChanges.map(\.isOnline) == [true])
    #expect(decoder.sender == DeviceIndex(1))
    decoder.decode(topic, "offline")
    #expect(decoder.statusChanges.map(\.isOnline) == [false])
    #expect(decoder.sender == nil)
    decoder.decode(topic, "maybe")
    #expect(decoder.statusChanges.isEmpty)
    #expect(decoder.reasons == [.wrongShape])
  }
}
