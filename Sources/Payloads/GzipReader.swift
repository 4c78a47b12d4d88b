/// gzip payloads (RFC 1952), for devices that pay for every byte.
import CZlib

/// Keeps its memory from message to message. What it hands out holds until the next call.
final class GzipReader {
  private let room: UnsafeMutableRawBufferPointer

  /// - Parameter limit: most bytes that a payload may have when expanded.
  init(limit: Int) { room = .allocate(byteCount: limit + 1, alignment: 1) }

  deinit { room.deallocate() }

  /// - Returns: nil when the bytes are no gzip, break off, or hold more than the limit.
  func expand(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard bytes.count >= 18, bytes.count <= room.count, let base = bytes.baseAddress else { return nil }
    var stream = z_stream()
    // 16: gzip and nothing else.
    guard
      inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { inflateEnd(&stream) }
    stream.next_in = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(bytes.count)
    stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(room.count)
    guard inflate(&stream, Z_FINISH) == Z_STREAM_END else { return nil }
    let count = room.count - Int(stream.avail_out)
    return count < room.count ? UnsafeRawBufferPointer(rebasing: room[..<count]) : nil
  }
}
