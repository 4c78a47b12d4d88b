/// The lines of `gatehouse decode`.
import EstateModel
import Foundation
import Payloads
import Testing

@Suite struct DecodedLineTests {
  @Test("Readings, faults and events are one line each, numbers in their shortest form")
  func lines() throws {
    let decoder = openDecoder(try shippedProfiles())
    func decode(_ name: String) throws -> [String] {
      let example = try Example.named(name)
      decoder.decode(topic: Array(example.topic.utf8), payload: example.payload)
      return decoder.lines()
    }
    let tail = #""time":"2026-03-14T15:09:26.535Z","time_ms":1773500966535"#
    #expect(
      try decode("milesight-em500-swl-chirpstack") == [
        #"{"device":"24e124126c100001","signal":"level","value":0.02,"unit":"m",\#(tail),"quality":"good"}"#,
        #"{"device":"24e124126c100001","signal":"battery","value":100,"unit":"%",\#(tail),"quality":"good"}"#,
      ])
    #expect(
      try decode("milesight-ws302-chirpstack").first
        == #"{"device":"24e124743d012345","signal":"laeq","value":47.4,"unit":"dBA",\#(tail),"quality":"good"}"#
    )
    #expect(
      try decode("dragino-ldds75-no-sensor-ttn") == [
        #"{"device":"A84041000181C061","fault":true,"signal":"distance","reason":"No Sensor",\#(tail)}"#
      ])
    #expect(
      try decode("frigate-events-update") == [
        #"{"device":"front_door","event":"person","phase":"update","id":"1607123955.475377-mxklsc","#
          + #""zones":["yard","driveway"],"active":true,"start":"2020-12-04T23:19:15.475Z","#
          + #""time":"2020-12-04T23:19:22.082Z","time_ms":1607123962082,"quality":"good"}"#
      ])
  }

  @Test("History, arrival times and bad values are marked; status has a line of its own")
  func marks() {
    let decoder = PayloadDecoder(catalogue: smallCatalogue)
    decoder.decode("estates/luyuan/probe-w01/reading", #"{"level": 99}"#, isRetained: true)
    #expect(
      decoder.lines() == [
        #"{"device":"luyuan/probe-w01","signal":"level","value":99,"unit":"m","time":"2026-03-14T15:09:26.535Z","#
          + #""time_ms":1773500966535,"quality":"out-of-range","historical":true,"time_source":"arrival"}"#
      ])
    decoder.decode("estates/luyuan/probe-w01/status", "offline")
    #expect(decoder.lines() == [#"{"device":"luyuan/probe-w01","signal":"available","value":0,"unit":""}"#])
  }
}
