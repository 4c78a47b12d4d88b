/// The pages of a database file, read without SQLite: also where its first page is gone.
///
/// Source for all of the format: https://www.sqlite.org/fileformat2.html
import Foundation

/// A database file with its write-ahead log on top.
final class PageFile {
  let pageSize: Int
  let pageCount: Int
  /// Bytes 0 to 99 of the file are such as SQLite writes them.
  let hasHeader: Bool
  private let descriptor: Int32
  private var log: WriteAheadLog?

  /// - Throws: ``StoreError/noDatabase(_:)``
  init(path: String) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError.noDatabase(path) }
    let header = Self.read(descriptor, at: 0, count: 100) ?? []
    let size = header.count == 100 ? Int(header[16]) << 8 | Int(header[17]) : 0
    let headerSize = size == 1 ? 65_536 : size
    let isPlausible = (512...65_536).contains(headerSize) && headerSize & (headerSize - 1) == 0
    hasHeader = header.starts(with: Array("SQLite format 3\0".utf8)) && isPlausible
    log = WriteAheadLog(path: path + "-wal")
    // Without a header: the log's, or SQLite's default.
    pageSize = hasHeader ? headerSize : log?.pageSize ?? 4096
    if log?.pageSize != pageSize { log = nil }
    let length = Int(lseek(descriptor, 0, SEEK_END))
    pageCount = max((length + pageSize - 1) / pageSize, log?.pageCount ?? 0)
  }

  deinit { close(descriptor) }

  /// - Parameter number: from 1.
  /// - Returns: nil where there is no such page, or where the disk can't read it.
  func page(_ number: Int) -> [UInt8]? {
    guard number >= 1, number <= pageCount else { return nil }
    if let page = log?.page(number) { return page }
    return Self.read(descriptor, at: (number - 1) * pageSize, count: pageSize)
  }

  fileprivate static func read(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = pread(descriptor, &bytes, count, off_t(offset))
    return got == count ? bytes : nil
  }
}

/// The newest committed form of the pages that aren't in the database file yet.
private final class WriteAheadLog {
  let pageSize: Int
  /// Of the database at the last commit.
  private(set) var pageCount = 0
  private let descriptor: Int32
  /// Where each page's newest committed form begins.
  private var offsets: [Int: Int] = [:]

  /// - Returns: nil when there is none, or nothing committed in it.
  init?(path: String) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0, let header = PageFile.read(descriptor, at: 0, count: 32) else {
      pageSize = 0
      return nil
    }
    let magic = Self.word(header, 0)
    pageSize = Int(Self.word(header, 8))
    guard magic & ~1 == 0x377f_0682, (512...65_536).contains(pageSize) else { return nil }
    readFrames(header, isBigEndian: magic & 1 == 1)
    if offsets.isEmpty { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func page(_ number: Int) -> [UInt8]? {
    offsets[number].flatMap { PageFile.read(descriptor, at: $0, count: pageSize) }
  }

  private func readFrames(_ header: [UInt8], isBigEndian: Bool) {
    var sum = Self.checkSum(header[..<24], isBigEndian, (0, 0))
    guard sum == (Self.word(header, 24), Self.word(header, 28)) else { return }
    var uncommitted: [Int: Int] = [:]
    var offset = 32
    // The log ends with the first frame that isn't of this log or isn't whole.
    while let frame = PageFile.read(descriptor, at: offset, count: 24 + pageSize) {
      guard frame[8..<16] == header[16..<24] else { return }
      sum = Self.checkSum(frame[..<8], isBigEndian, sum)
      sum = Self.checkSum(frame[24...], isBigEndian, sum)
      guard sum == (Self.word(frame, 16), Self.word(frame, 20)) else { return }
      uncommitted[Int(Self.word(frame, 0))] = offset + 24
      let size = Self.word(frame, 4)
      if size > 0 {
        offsets.merge(uncommitted) { $1 }
        uncommitted = [:]
        pageCount = Int(size)
      }
      offset += 24 + pageSize
    }
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func checkSum(_ bytes: ArraySlice<UInt8>, _ isBigEndian: Bool, _ start: (UInt32, UInt32))
    -> (UInt32, UInt32)
  {
    var (a, b) = start
    bytes.withUnsafeBytes { buffer in
      for offset in stride(from: 0, to: buffer.count / 8 * 8, by: 8) {
        let first = buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let second = buffer.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        a = a &+ (isBigEndian ? UInt32(bigEndian: first) : UInt32(littleEndian: first)) &+ b
        b = b &+ (isBigEndian ? UInt32(bigEndian: second) : UInt32(littleEndian: second)) &+ a
      }
    }
    return (a, b)
  }
}
