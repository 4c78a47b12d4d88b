/// The k-th smallest of some numbers without sorting them all.

/// Hoare's selection with the middle of three as pivot. Afterwards the element stands at its place, smaller ones
/// before it. - Parameters:
///   - rank: from 0.
///   - start: what lies before is smaller already, and stays.
func select(_ rank: Int, in values: inout [Double], from start: Int) {
  var low = start
  var high = values.count - 1
  while low < high {
    let middle = (low + high) / 2
    if values[middle] < values[low] { values.swapAt(middle, low) }
    if values[high] < values[low] { values.swapAt(high, low) }
    if values[high] < values[middle] { values.swapAt(high, middle) }
    let pivot = values[middle]
    var left = low
    var right = high
    while left <= right {
      while values[left] < pivot { left += 1 }
      while pivot < values[right] { right -= 1 }
      if left <= right {
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
    }
    if rank <= right { high = right } else if rank >= left { low = left } else { break }
  }
}
