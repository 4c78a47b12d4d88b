/// Life of Zigbee devices: what Zigbee2MQTT says of their joining and leaving.
import EstateModel
import Payloads
import Testing

@Suite("Zigbee2MQTT's events of the network") final class ZigbeeTests {
  private let decoder: PayloadDecoder

  init() throws {
    decoder = PayloadDecoder(
      catalogue: Catalogue(devices: [
        device("tilt-1", .wallTiltSensor, address: "east wall"),
        device("tilt-2", .wallTiltSensor, address: "0x90FD9FFFFE6494FC"),
      ]), profiles: try shippedProfiles())
  }

  private func event(_ type: String, _ name: String, _ more: String = "") {
    decoder.decode(
      "zigbee2mqtt/bridge/event",
      #"{"type": "\#(type)", "data": {"friendly_name": "\#(name)", "ieee_address": "0x90fd9ffffe6494fc"\#(more)}}"#
    )
  }

  @Test("A device that joins has joined, one that announces itself is alive; by its name or its address")
  func joins() {
    for (name, index) in [("east wall", 0), ("0x90fd9ffffe6494fc", 1), ("any", 1)] as [(String, UInt32)] {
      event("device_joined", name)
      #expect(decoder.hasJoined)
      #expect(decoder.sender == DeviceIndex(index))
      #expect(decoder.statusChanges.map(\.isOnline) == [true])
      event("device_announce", name)
      #expect(!decoder.hasJoined)
      #expect(decoder.sender == DeviceIndex(index))
      #expect(decoder.statusChanges.map(\.isOnline) == [true])
      event("device_interview", name, #", "status": "started""#)
      #expect(!decoder.hasJoined)
      #expect(decoder.problems.isEmpty && decoder.statusChanges.isEmpty && decoder.readings.isEmpty)
    }
  }

  @Test("One that leaves is offline, which is no sign of life")
  func leaves() {
    event("device_leave", "east wall")
    #expect(decoder.statusChanges.map(\.isOnline) == [false])
    #expect(decoder.statusChanges.map(\.device) == [DeviceIndex(0)])
    #expect(decoder.sender == nil)
    #expect(decoder.problems.isEmpty)
  }

  @Test("A stranger that joins is told once; the list of all devices says nothing")
  func strangers() {
    decoder.decode(
      "zigbee2mqtt/bridge/event",
      #"{"type": "device_joined", "data": {"friendly_name": "0x00158d00018255df", "ieee_address": "0x00158d00018255df"}}"#
    )
    #expect(decoder.reasons == [.unknownDevice])
    #expect(decoder.problems.map(\.device) == ["0x00158d00018255df"])
    decoder.decode(
      "zigbee2mqtt/bridge/devices",
      #"[{"ieee_address": "0x90fd9ffffe6494fc", "friendly_name": "east wall"}]"#,
      isRetained: true)
    #expect(decoder.sender == nil && decoder.problems.isEmpty)
  }
}
