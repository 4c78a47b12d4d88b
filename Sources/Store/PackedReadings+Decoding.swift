/// Back from a blob to readings. Whatever the bytes are, the answer is readings or an error.
import EstateModel

extension PackedReadings {
  public static func decode(_ bytes: [UInt8]) throws(PackedReadingsError) -> [PackedReading] {
    var readings: [PackedReading] = []
    // A typed throw out of the buffer's closure.
    let result: Result<Void, PackedReadingsError> = bytes.withUnsafeBytes { buffer in
      do throws(PackedReadingsError) {
        return .success(try decode(buffer) { readings.append($0) })
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    return readings
  }

  /// Hands out the readings in the order in which they were packed. Nothing is handed out of a blob whose check
  /// sum is wrong.
  @inline(__always)
  public static func decode(_ bytes: UnsafeRawBufferPointer, _ body: (PackedReading) -> Void)
    throws(PackedReadingsError)
  {
    guard let version = bytes.first else { throw .truncated(at: 0) }
    guard version == Self.version else { throw .unknownVersion(version) }
    let end = bytes.count - checkSumSize
    guard end >= 2 else { throw .truncated(at: bytes.count) }
    var stored: UInt32 = 0
    for index in 0..<checkSumSize { stored |= UInt32(bytes[end + index]) << (8 * UInt32(index)) }
    guard stored == checkSum(UnsafeRawBufferPointer(rebasing: bytes[..<end])) else { throw .checksum }
    var reader = ByteReader(bytes: bytes, position: 1, end: end)
    let count = try reader.unsigned()
    // A reading takes three bytes or more.
    guard count <= UInt64(end / 3) else { throw .malformed("impossible count \(count)", at: 1) }
    var reading = PackedReading(
      device: 0, signal: 0, time: Timestamp(milliseconds: 0), arrival: Timestamp(milliseconds: 0), value: 0)
    for _ in 0..<count {
      try read(&reading, from: &reader)
      body(reading)
    }
    guard reader.position == end else { throw .malformed("unexpected bytes", at: reader.position) }
  }

  @inline(__always)
  private static func read(_ reading: inout PackedReading, from reader: inout ByteReader)
    throws(PackedReadingsError)
  {
    let head = try reader.byte()
    let form = head >> Head.formShift
    if head & Head.sameDevice == 0 { reading.device = try reader.narrow("device number") }
    if head & Head.sameSignal == 0 { reading.signal = try reader.narrow("signal number") }
    reading.time.milliseconds &+= try reader.signed()
    if head & Head.sameArrival == 0 {
      reading.arrival.milliseconds = reading.time.milliseconds &+ (try reader.signed())
    }
    (reading.quality, reading.marks, reading.event) = (.good, [], 0)
    if head & Head.hasMarks != 0 {
      let raw = try reader.byte()
      guard let quality = Quality(rawValue: raw) else {
        throw .malformed("unknown quality \(raw)", at: reader.position - 1)
      }
      reading.quality = quality
      reading.marks = ReadingMarks(rawValue: try reader.byte())
    }
    if head & Head.hasEvent != 0 { reading.event = try reader.fixed() }
    switch form {
    case Form.single: reading.value = Double(Float(bitPattern: try reader.fixed()))
    case Form.double: reading.value = Double(bitPattern: try reader.fixed())
    default: reading.value = Double(try reader.signed()) / Form.scales[Int(form)]
    }
  }
}
