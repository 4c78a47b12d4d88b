/// Arrays of the profiles' plans: nobody counts references to them, which would cost a message a fifth of its time.

/// An array in a ``PathMemory``, and valid as long as that. Copied as a pointer and a number.
struct Kept<Element>: RandomAccessCollection {
  private let start: UnsafePointer<Element>?
  let count: Int

  init() { (start, count) = (nil, 0) }

  fileprivate init(_ buffer: UnsafeMutableBufferPointer<Element>) {
    (start, count) = (UnsafePointer(buffer.baseAddress), buffer.count)
  }

  var startIndex: Int { 0 }
  var endIndex: Int { count }

  var buffer: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: start, count: count) }

  @inline(__always) subscript(position: Int) -> Element {
    precondition(position >= 0 && position < count, "position outside the array")
    return start.unsafelyUnwrapped[position]
  }
}

/// What arrays of the plans lie in, until the plans go.
struct KeptArrays: ~Copyable {
  private var endings: [() -> Void] = []

  mutating func keep<Element>(_ elements: some Collection<Element>) -> Kept<Element> {
    if elements.isEmpty { return Kept() }
    let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = buffer.initialize(from: elements)
    endings.append {
      buffer.deinitialize()
      buffer.deallocate()
    }
    return Kept(buffer)
  }

  deinit { for end in endings { end() } }
}
