/// Mistakes in profiles are found when they load, with their place.
import Configuration
import EstateModel
import Payloads
import Testing

private let start = """
  profile: p
  topic: site/{device}/up
  device: "{device}"

  """

private let signals = start + "signals: {level: {from: depth, unit: cm}}\n"

private let mistakes: [(yaml: String, line: Int, message: String)] = [
  ("modle: x\n", 1, "a profile begins with"),
  (signals + "signls: {}\n", 5, "unknown key 'signls'; did you mean 'signals'?"),
  (start + "signals: {levle: depth}\n", 4, "unknown signal 'levle'; did you mean 'level'?"),
  (start + "signals: {person: depth}\n", 4, "unknown signal 'person'"),
  (start + "signals: {level: {from: depth}}\n", 4, "'unit' is missing"),
  (start + "signals: {level: {from: depth, unit: kPa}}\n", 4, "found unit 'kPa', but 'level' is kept in m"),
  (start + "signals: {laeq: {from: l, unit: dB}}\n", 4, "found unit 'dB', but 'laeq' is kept in dBA"),
  (start + "signals: {temperature: {from: t, unit: K}}\n", 4, "offset: -273.15"),
  (start + "signals: {level: {from: depth, unit: cmm}}\n", 4, "unknown unit 'cmm'; did you mean 'cm'?"),
  (start + "signals: {level: {from: 'a[b]', unit: m}}\n", 4, "expected a path such as"),
  (start + "signals: {level: {from: depth, unit: m, scale: 0}}\n", 4, "a scale of 0"),
  (start + "signals: {level: {from: after.sub_label, unit: m}}\n", 4, "'sub_label' holds private data"),
  (start + "private: [owner]\nsignals: {level: owner}\n", 5, "'owner' holds private data"),
  (start + "signals: {position: {from: p, states: {tilt: 2}}}\n", 4, "found 2, expected 0 to 1"),
  (start, 1, "nothing is read"),
  (start + "event: {kind: persn, phase: {from: t, map: {a: begin}}, id: i}\n", 4, "did you mean 'person'?"),
  (
    start + "event: {kind: person, phase: {from: t, map: {a: start}}, id: i}\n", 4,
    "expected one of begin, update, end"
  ),
  (start + "event: {kind: person, id: i}\n", 4, "'phase' is missing"),
  (signals + "time: {at: t, form: epoch}\n", 5, "found 'epoch', expected one of rfc3339"),
  ("profile: p\ntopic: a/#\ndevice: d\nsignals: {level: d}\n", 2, "'#' is not supported"),
  ("profile: p\ntopic: a/{b}\ndevice: '{c}'\nsignals: {level: d}\n", 3, "has no level {c}"),
  ("model: m\nhas: depth\nnetworks: chirpstak\nsignals: {level: depth}\n", 3, "unknown network 'chirpstak'"),
  ("model: m\nhas: depth\nlink: rssi\nsignals: {level: depth}\n", 3, "no network has a link value 'rssi'"),
  ("model: m\nhas: depth\nsignals: {level: depth}\ncounter: {at: x}\n", 4, "unknown key 'counter'"),
  (start + "status: {up: on}\n", 4, "found 'on', expected online or offline"),
  (signals + "counter: {session: x}\n", 5, "'at' is missing"),
  ("model: m\nsignals: {level: depth}\n", 1, "a model needs 'has' or 'has-any'"),
]

@Suite struct ProfileErrorTests {
  private func problems(_ texts: String...) -> [ConfigurationProblem] {
    let diagnostics = Diagnostics()
    let documents = texts.enumerated().compactMap {
      Document(text: $1, file: "p\($0).yaml", diagnostics: diagnostics)
    }
    _ = Profile.read(documents, diagnostics: diagnostics)
    return diagnostics.sorted()
  }

  @Test("A mistake is named with its line", arguments: mistakes)
  func mistake(_ yaml: String, _ line: Int, _ message: String) throws {
    let problems = problems(yaml)
    let found = try #require(problems.first { $0.message.contains(message) }, "\(problems)")
    #expect(found.location.line == line)
    #expect(found.location.file == "p0.yaml")
    #expect(found.severity == .error)
  }

  @Test("All mistakes come in one round")
  func all() {
    let problems = problems(
      start + "signals: {levle: depth, laeq: {from: l, unit: m}}\n",
      "model: m\nhas: depth\nsignals: {tlit: x}\n")
    #expect(problems.count >= 3)
    #expect(Set(problems.map(\.location.file)) == ["p0.yaml", "p1.yaml"])
  }

  @Test("Models that nothing tells apart are refused")
  func alike() {
    let one = "model: one\nhas: [a, b]\nsignals: {level: a}\n"
    let two = "model: two\nhas: [b, a]\nsignals: {level: b}\n"
    #expect(problems(one, two).map(\.message).first?.contains("recognized by the same keys as 'one'") == true)
    #expect(problems(one, two + "in-envelope: {profile: two}\n").isEmpty)
  }

  @Test("Two profiles of one name are refused")
  func twice() {
    #expect(problems(signals, signals).map(\.message) == ["profile 'p' is already described in p0.yaml:1:1"])
  }
}
