/// Wells and the pipes between them: how water stands and runs, second by second.

/// A diffusive-wave model small enough to check by hand. Each well stores water on a plan area; the pipe to the next
/// well passes `conveyance * depth² * slope / sqrt(slope)`, where the depth counts up to the bore and the slope is that
/// of the water's surface, 1 being the pipe's own. A blocked pipe passes less, so the wells above fill, one behind the
/// other as the water reaches their invert, and those below run dry. Rain comes into every well at once.
public struct SewerNetwork: Sendable {
  public struct Well: Sendable {
    /// Position of the next well along the flow; nil where the sewer ends.
    public var downstream: Int?
    /// Inner diameter of the pipe that leaves it, metres.
    public var bore: Double
    /// Level at which it overflows, metres above the invert.
    public var cover: Double
    /// Plan area on which its water stands, pipe ends included, square metres.
    public var area: Double

    public init(downstream: Int?, bore: Double = 0.3, cover: Double = 1.6, area: Double = 2.2) {
      (self.downstream, self.bore, self.cover, self.area) = (downstream, bore, cover, area)
    }
  }

  /// From invert to invert, metres: 27 m of pipe at 3 in 1000.
  public static let drop = 0.08
  public let wells: [Well]
  /// Metres of water above each well's invert.
  public private(set) var levels: [Double]
  private let conveyance: Double
  private var change: [Double]

  /// - Parameters:
  ///   - outflow: what the whole sewer carries on average, cubic metres a second.
  ///   - usualLevel: how high that stands in the last pipe, metres.
  public init(wells: [Well], outflow: Double, usualLevel: Double = 0.08) {
    self.wells = wells
    conveyance = outflow / (usualLevel * usualLevel)
    levels = Array(repeating: 0, count: wells.count)
    change = levels
  }

  /// Cubic metres a second that leave a well towards the next one; below zero where the water stands higher there and
  /// runs back.
  /// - Parameter open: share of the pipe that is not blocked, 0...1.
  public func flow(from well: Int, open: Double) -> Double {
    let bore = wells[well].bore
    guard let next = wells[well].downstream else {
      let depth = min(levels[well], bore)
      return conveyance * open * depth * depth
    }
    let slope = (levels[well] + Self.drop - levels[next]) / Self.drop
    let depth = min(slope > 0 ? levels[well] : max(0, levels[next] - Self.drop), bore)
    // Below 0.04 the root is replaced by a line, so that two pools at one height don't swing.
    let root = slope / max(abs(slope), 0.04).squareRoot()
    return conveyance * open * depth * depth * min(max(root, -2), 2)
  }

  /// One second passes.
  /// - Parameters:
  ///   - inflow: cubic metres a second into each well from its own houses and gullies.
  ///   - open: for the pipe that leaves each well, the share that is not blocked.
  public mutating func step(inflow: [Double], open: [Double]) {
    for well in wells.indices { change[well] = inflow[well] }
    for well in wells.indices {
      var flow = min(flow(from: well, open: open[well]), levels[well] * wells[well].area)
      if let next = wells[well].downstream {
        flow = max(flow, -levels[next] * wells[next].area)
        change[next] += flow
      }
      change[well] -= flow
    }
    for well in wells.indices {
      // What rises above the cover runs off over the ground.
      levels[well] = min(max(0, levels[well] + change[well] / wells[well].area), wells[well].cover)
    }
  }
}
