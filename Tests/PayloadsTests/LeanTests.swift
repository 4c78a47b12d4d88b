/// A tilt sensor's angles, and how far the wall leans by them.
import Configuration
import EstateModel
import Payloads
import Testing

@Suite("Tilt from the angles of several axes") struct LeanTests {
  private func decoder(_ catalogue: Catalogue) throws -> PayloadDecoder {
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: angles, file: "p.yaml", diagnostics: diagnostics))
    let profiles = Profile.read([document], diagnostics: diagnostics)
    try diagnostics.check()
    return PayloadDecoder(catalogue: catalogue, profiles: profiles, tolerance: .unlimited)
  }

  @Test(
    "How far a sensor has turned since commissioning, however it is mounted",
    arguments: [
      // Lying flat: by 0.3 and 0.4 deg to two sides.
      ([0, 0, 90], [0.3, 0.4, 89.5], 0.5),
      // On the face of a wall, x upward: it leans outward, and inward.
      ([90, 0, 0], [89.6, 0, 0.4], 0.4), ([90, 0, 0], [89.6, 0, -0.4], 0.4),
      // Askew, turned about one axis.
      ([30, 0, 60], [31, 0, 59], 1), ([-35, 0, 55], [-35, 0, 55], 0),
      // Upside down, and the other way round.
      ([0, 0, -90], [0, 0.2, -89.8], 0.2), ([0, 0, -90], [0, 0, 90], 180),
      // Without the third angle at commissioning: the other two tell it.
      ([2, -1], [2, -1, 87.76], 0),
    ] as [([Double], [Double], Double)])
  func lean(_ before: [Double], _ now: [Double], _ expected: Double) throws {
    let decoder = try decoder(wall(before))
    decoder.decode("site/w1/up", #"{"x": \#(now[0]), "y": \#(now[1]), "z": \#(now[2])}"#)
    let tilt = try #require(decoder.readings.first { $0.signal == Signal.named("tilt") })
    #expect(abs(tilt.value - expected) < 0.005, "\(tilt.value)")
    #expect(decoder.problems.isEmpty)
  }

  @Test("Of two axes: as far as both tell; without an orientation in the catalogue the sensor lies flat")
  func leanOfTwo() throws {
    let decoder = try decoder(wall(nil, baseline: 0.1))
    decoder.decode("site/w1/up", #"{"x": 0.3, "y": -0.4}"#)
    let tilt = try #require(decoder.readings.first { $0.signal == Signal.named("tilt") })
    #expect(abs(tilt.value - 0.5) < 1e-4)
    decoder.decode("site/w1/up", #"{"x": 0.3}"#)
    #expect(decoder.summary == ["tilt.x 0.3"])
    decoder.decode("site/w1/up", #"{"x": 0.3, "y": "no value"}"#)
    #expect(decoder.summary == ["tilt.x 0.3", "tilt.y fault", "tilt fault"])
  }

  @Test(
    "Nothing is computed while the catalogue doesn't say how the wall stood; angles of no direction are a fault"
  )
  func noLean() throws {
    let unknown = try decoder(wall(nil))
    unknown.decode("site/w1/up", #"{"x": 0.3, "y": 0.4, "z": 89.5}"#)
    #expect(unknown.summary == ["tilt.x 0.3", "tilt.y 0.4", "tilt.z 89.5"])
    #expect(unknown.problems.isEmpty)
    let known = try decoder(wall([0, 0, 90]))
    known.decode("site/w1/up", #"{"x": 0.3, "y": 0.4, "z": 0.5}"#)
    #expect(known.summary.last == "tilt fault")
    #expect(known.reasons == [.fault])
  }

  private let angles = """
    profile: p
    topic: site/{device}/up
    device: "{device}"
    signals:
      tilt.x: {from: x, unit: deg}
      tilt.y: {from: y, unit: deg}
      tilt.z: {from: z, unit: deg}
      tilt:
        - compute: lean(tilt.x, tilt.y, tilt.z)
        - compute: lean(tilt.x, tilt.y)
    """

  private func wall(_ angles: [Double]?, baseline: Double? = nil) -> Catalogue {
    var sensor = device("tilt-1", .wallTiltSensor, address: "w1")
    for (axis, angle) in zip(["x", "y", "z"], angles ?? []) {
      sensor.attributes["baseline-\(axis)"] = Quantity(angle, .degree)
    }
    sensor.attributes["baseline"] = baseline.map { Quantity($0, .degree) }
    return Catalogue(devices: [sensor])
  }
}
