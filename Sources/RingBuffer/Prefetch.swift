/// Memory that will soon be needed, asked for beforehand: it comes while something else is computed. Nothing is read, so
/// that addresses may lie anywhere.
import CMemory

/// Asks for all lines of memory that some bytes lie in.
@inlinable @inline(__always) func prefetchLines(at address: Int, bytes: Int) {
  var line = address
  while line < address + bytes {
    memory_prefetch(line)
    line += 64
  }
  memory_prefetch(address + bytes - 1)
}

extension Array {
  /// Where an element lies. Before the first one stands what is read at each access: who shares them, how many they are.
  @inlinable @inline(__always) func address(_ position: Int) -> Int {
    withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) } + position * MemoryLayout<Element>.stride
  }

  /// Asks for elements.
  @inlinable @inline(__always) public func prefetch(_ first: Int, count: Int = 1) {
    prefetchLines(at: address(first), bytes: count * MemoryLayout<Element>.stride)
  }
}

/// Bytes of an array's owners and count, before its elements. Where Swift lays them out otherwise, only time is lost.
let arrayHead = 24
