/// What profiles can say, on profiles made for the purpose.
import Configuration
import EstateModel
import Payloads
import Testing

@Suite struct ProfileTests {
  private func decoder(_ texts: String..., tolerance: ClockTolerance = .unlimited) throws -> PayloadDecoder {
    let diagnostics = Diagnostics()
    let documents = texts.compactMap { Document(text: $0, file: "p.yaml", diagnostics: diagnostics) }
    let profiles = Profile.read(documents, diagnostics: diagnostics)
    try diagnostics.check()
    return PayloadDecoder(
      catalogue: smallCatalogue, profiles: profiles, unknownDevices: .register, tolerance: tolerance)
  }

  private let site = "topic: site/{device}/up\ndevice: '{device}'\n"

  @Test(
    "Numbers become the signal's unit without a rounding tail",
    arguments: [
      ("level: {from: v, unit: cm}", "2", 0.02), ("level: {from: v, unit: mm}", "2799", 2.799),
      ("level: {from: v, unit: cm, scale: 0.1}", "35", 0.035), ("level: {from: v, unit: m}", "0.1", 0.1),
      ("level: {from: v, unit: km, scale: 0.001}", "1.5", 1.5),
      ("battery: {from: v, unit: '%', scale: 0.1}", "474", 47.4),
      ("temperature: {from: v, unit: degC, offset: -273.15}", "273.15", 0),
      ("temperature: {from: v, unit: degC, scale: 0.1, offset: -40}", "650", 25),
      ("pressure: {from: v, unit: bar}", "0.5", 50), ("loop.current: {from: v, unit: mA}", "4", 0.004),
      ("battery.voltage: {from: v, unit: mV}", "3387", 3.387), ("laeq: v", "47.4", 47.4),
    ])
  func conversion(_ signal: String, _ value: String, _ expected: Double) throws {
    let decoder = try decoder("profile: p\n\(site)signals: {\(signal)}\n")
    decoder.decode("site/x/up", #"{"v": \#(value)}"#)
    #expect(decoder.readings.map(\.value) == [expected])
  }

  @Test("The model that asks for most is taken; conditions choose between like ones")
  func models() throws {
    let decoder = try decoder(
      "network: n\n\(site)decoded: data\n",
      "model: plain\nhas: laeq\nsignals: {sound: {from: laeq, unit: dB}}\n",
      "model: a\nhas: laeq\nwhen: {freq_weight: A}\nsignals: {laeq: laeq}\n",
      "model: z\nhas: laeq\nwhen: {freq_weight: Z}\nsignals: {lzeq: laeq}\n")
    for (weight, expected) in [("A", "laeq 47"), ("Z", "lzeq 47"), ("?", "sound 47")] {
      decoder.decode("site/x/up", #"{"data": {"laeq": 47, "freq_weight": "\#(weight)"}}"#)
      #expect(decoder.summary == [expected])
    }
  }

  @Test("The envelope can tell models apart")
  func envelope() throws {
    let decoder = try decoder(
      "network: n\n\(site)decoded: data\n", "model: m\nhas: d\nsignals: {level: d}\n",
      "model: cm\nhas: d\nin-envelope: {info.profile: centi}\nsignals: {level: {from: d, unit: cm}}\n")
    decoder.decode("site/x/up", #"{"data": {"d": 2}}"#)
    #expect(decoder.summary == ["level 2"])
    decoder.decode("site/x/up", #"{"info": {"profile": "centi"}, "data": {"d": 2}}"#)
    #expect(decoder.summary == ["level 0.02"])
  }

  @Test("A list of decoded objects is read item by item")
  func list() throws {
    let decoder = try decoder(
      "network: n\n\(site)decoded: data[]\n", "model: m\nhas: d\nsignals: {level: d}\n")
    decoder.decode("site/x/up", #"{"data": [{"d": 1}, {"other": 2}, {"d": 3}, 4]}"#)
    #expect(decoder.summary == ["level 1", "level 3"])
    #expect(decoder.reasons == [.unknownModel, .wrongShape])
  }

  @Test(
    "Times are read in their form; a wrong one gives way to the arrival",
    arguments: [
      ("rfc3339", #""2026-03-14T15:09:26.535897932Z""#, 1_773_500_966_535 as Int64?),
      ("rfc3339", #""2026-03-14 23:09:26.535+08:00""#, 1_773_500_966_535),
      ("epoch-ms", "1773500966535", 1_773_500_966_535),
      ("epoch-s", "1773500966", 1_773_500_966_000), ("epoch-s", "1773500966.25", 1_773_500_966_250),
      ("rfc3339", "1773500966", nil), ("epoch-s", #""soon""#, nil), ("epoch-s", "1e300", nil),
    ])
  func times(_ form: String, _ value: String, _ expected: Int64?) throws {
    let decoder = try decoder(
      "profile: p\n\(site)time: [{at: a, form: epoch-s}, {at: t, form: \(form)}]\nsignals: {level: v}\n")
    let arrival = Timestamp(milliseconds: 1_773_500_999_000)
    decoder.decode("site/x/up", #"{"a": null, "t": \#(value), "v": 1}"#, now: arrival)
    #expect(decoder.readings.map(\.time.milliseconds) == [expected ?? arrival.milliseconds])
    #expect(decoder.reasons == (expected == nil ? [.badTime] : []))
  }

  @Test("A literal topic level goes before a free one")
  func topics() throws {
    let decoder = try decoder(
      "profile: free\ntopic: site/{device}/up\ndevice: '{device}'\nsignals: {level: v}\n",
      "profile: fixed\ntopic: ['site/special/up', other/+/x]\ndevice: id\nsignals: {fill: {from: v, unit: '%'}}\n"
    )
    decoder.decode("site/any/up", #"{"v": 1}"#)
    #expect(decoder.summary == ["level 1"])
    decoder.decode("site/special/up", #"{"v": 1, "id": "a"}"#)
    #expect(decoder.summary == ["fill 1"])
    decoder.decode("other/thing/x", #"{"v": 2, "id": 868508064807350}"#)
    #expect(decoder.summary == ["fill 2"])
    #expect(decoder.readings.first.map { decoder.name(of: $0.device) } == "868508064807350")
    for topic in ["site/up", "site/a/b/up", "site", "other//y", String(repeating: "a/", count: 40)] {
      decoder.decode(topic, #"{"v": 1}"#)
      #expect(decoder.reasons == [.unknownTopic], "\(topic)")
    }
    #expect(decoder.topicFilters.suffix(3) == ["other/+/x", "site/+/up", "site/special/up"])
  }

  @Test("Bad values of a profile are reported, their neighbours read")
  func badValues() throws {
    let decoder = try decoder(
      "profile: p\n\(site)signals: {level: v, battery: b, position: {from: p, states: {normal: 0, tilt: 1}}}\n"
    )
    for (value, reason, count) in [
      ("true", PayloadProblem.Reason.wrongShape, 0), ("[]", .wrongShape, 0), ("{}", .wrongShape, 0),
      ("null", .fault, 1), (#""dry""#, .fault, 1), ("99", .outOfRange, 1), ("1e999", .numberTooLarge, 1),
      (#""3 parsec""#, .fault, 1), (#""3 kPa""#, .wrongUnit, 1),
    ] {
      decoder.decode("site/x/up", #"{"v": \#(value), "b": 57, "p": "tilt"}"#)
      #expect(decoder.summary.suffix(2) == ["battery 57", "position 1"], "\(value)")
      #expect(decoder.reasons == [reason], "\(value)")
      #expect(decoder.readings.count == 2 + count, "\(value)")
    }
  }
}
