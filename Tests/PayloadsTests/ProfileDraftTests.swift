/// `gatehouse profile new`: a draft that loads as it is, and asks for what it can't know.
import Configuration
import EstateModel
import Foundation
import Payloads
import Testing

@Suite struct ProfileDraftTests {
  private func draft(_ payload: String, topic: String? = nil) throws -> String? {
    ProfileDraft(profiles: try shippedProfiles()).text(
      payload: Array(payload.utf8), topic: topic, name: "my-model")
  }

  @Test("A message of a known network gives a model that loads and decodes it")
  func model() throws {
    let payload =
      #"{"deviceInfo": {"devEui": "24e1240000100001"}, "object": {"temp": 21.5, "Battery Voltage": 3.6, "co2": 600, "name.full": "x", "face": "y"}}"#
    let text = try #require(try draft(payload))
    #expect(text.contains("model: my-model"))
    #expect(text.contains("temperature: {from: temp, unit: degC}"))
    #expect(text.contains("# ?: {from: co2, unit: ?}    # 600"))
    #expect(!text.contains("face"))
    let diagnostics = Diagnostics()
    let network = try #require(
      Document(
        text: "network: n\ntopic: site/{device}/up\ndevice: '{device}'\ndecoded: object\n", file: "n.yaml",
        diagnostics: diagnostics))
    let document = try #require(Document(text: text, file: "draft.yaml", diagnostics: diagnostics))
    let profiles = Profile.read([network, document], diagnostics: diagnostics)
    try diagnostics.check()
    let decoder = openDecoder(profiles)
    decoder.decode("site/x/up", payload)
    #expect(decoder.summary.sorted() == ["battery.voltage 3.6", "temperature 21.5"])
  }

  @Test("A device that publishes by itself gets a profile with its topic")
  func profile() throws {
    let text = try #require(
      try draft(#"{"humidity": 41, "BME": {"temperature": 3}}"#, topic: "site/well-3/up"))
    #expect(text.contains(#"topic: "site/{device}/up""#))
    #expect(text.contains("temperature: {from: BME.temperature, unit: degC}"))
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: text, file: "draft.yaml", diagnostics: diagnostics))
    let decoder = openDecoder(Profile.read([document], diagnostics: diagnostics))
    try diagnostics.check()
    decoder.decode("site/well-3/up", #"{"humidity": 41, "BME": {"temperature": 3}}"#)
    #expect(decoder.summary == ["humidity 41", "temperature 3"])
  }

  @Test("Raw bytes give a codec to fill in; what is no JSON object gives nothing")
  func raw() throws {
    let text = try #require(try draft(#"{"deviceInfo": {}, "data": "AXVk"}"#))
    #expect(text.contains("codec: my-model") && text.contains("AXVk"))
    #expect(try draft("[1]") == nil)
    #expect(try draft("3,4") == nil)
  }
}
