/// Time passes: delays end, windows empty, silence grows.
import EstateModel

extension RuleEngine {
  /// Moves the clock. Never back.
  public mutating func advance(to now: Timestamp) {
    guard now > clock, now.milliseconds < Self.sensibleTimes.upperBound else { return }
    // Point by point for all, so that an alarm is there in time for the rules that it inhibits.
    var point = max(clock.milliseconds, now.milliseconds - Self.day)
    while nextWake <= now.milliseconds {
      point = max(Self.gridPoint(notBefore: nextWake), Self.gridPoint(notBefore: point + 1))
      guard point <= now.milliseconds else { break }
      runAll(through: point)
    }
    if nextWake <= now.milliseconds { runAll(through: now.milliseconds) }
    clock = now
  }

  /// Moves the clock over a time in which nothing could be heard: it counts as no data, not as silence. Delays whose
  /// gap it outlasts are broken off; nothing else is judged inside it.
  public mutating func resume(at now: Timestamp) {
    guard now > clock else { return }
    let time = now.milliseconds
    for device in devices.indices { devices[device].lastSeen = max(devices[device].lastSeen, time) }
    for island in islands.indices {
      islands[island].done = max(islands[island].done, time - Self.gridStep)
      wake(island)
    }
    advance(to: now)
  }

  /// Works out when calendar hours end next, so that no reading has to wait for it. To be called between batches.
  public mutating func lookAhead() {
    guard Self.sensibleTimes.contains(clock.milliseconds) else { return }
    for number in hours.indices { hours[number].lookAhead(from: clock.milliseconds) }
  }

  private mutating func runAll(through time: Int64) {
    nextWake = .max
    for island in islands.indices {
      if islands[island].wakesAt <= time { run(island, through: time) }
      nextWake = min(nextWake, islands[island].wakesAt)
    }
  }

  /// Takes an island to just before a reading's time. - Returns: the time at which the reading is judged.
  mutating func reach(_ time: Int64, _ index: Int) -> Int64 {
    var island = islands[index]
    if island.wakesAt >= time, clock.milliseconds < time {
      // Nothing demands a look, as nearly always.
      island.done = max(island.done, time - 1)
    } else {
      run(index, through: time - 1)
      island = islands[index]
    }
    island.now = max(island.now, time)
    islands[index] = island
    return island.now
  }

  /// Works through an island's grid points and deadlines up to and with a time.
  mutating func run(_ index: Int, through time: Int64) {
    settle(index)
    guard islands[index].done < time else { return }
    if time - islands[index].done > Self.longestJump { islands[index].done = time - Self.day }
    while islands[index].wakesAt <= time { look(around: index) }
    pass(index, to: time)
  }

  /// While nothing demands a look, the clock passes islands by; this is where they catch up with it.
  mutating func settle(_ index: Int) {
    if islands[index].done < clock.milliseconds { pass(index, to: clock.milliseconds) }
  }

  /// Where an island stands once it has caught up with the clock.
  func standing(of island: Island) -> Island {
    var island = island
    if island.done < clock.milliseconds { island.pass(to: clock.milliseconds) }
    return island
  }

  private mutating func pass(_ index: Int, to time: Int64) { islands[index].pass(to: time) }

  /// Goes to the next point at which an instance demands it, and looks at all that do.
  private mutating func look(around index: Int) {
    let island = islands[index]
    let point = max(island.wakesAt, island.done)
    let isGrid = point > island.done && point.modulo(Self.gridStep) == 0
    if isGrid { islands[index].now = max(island.now, point) }
    let next = Self.gridPoint(notBefore: point + 1)
    var wakesAt = Int64.max
    // Set by what is looked at here: but then it has been taken into account below.
    islands[index].wakesAt = .max
    for number in Int(island.firstInstance)..<Int(island.endInstance) {
      let course = self[course: number]
      let isDue = course.due <= point
      if isDue || isGrid && instances[number].quietUntil <= point, course.evaluatedAt < point {
        if isDue { islands[index].now = max(islands[index].now, point) }
        observed = point
        evaluate(number, at: point, byReading: false)
      }
      if instances[number].course >= 0 {
        // A deadline that passed without a decision is left to the grid.
        if self[course: number].due <= point { self[course: number].due = .max }
        wakesAt = min(wakesAt, self[course: number].due)
      }
      let quietUntil = instances[number].quietUntil
      if quietUntil <= next {
        wakesAt = min(wakesAt, next)
      } else if quietUntil < wakesAt {
        wakesAt = min(wakesAt, Self.gridPoint(notBefore: quietUntil))
      }
    }
    islands[index].done = point
    islands[index].wakesAt = wakesAt
    nextWake = min(nextWake, wakesAt)
  }

  /// Sets or lifts the end of a running delay.
  mutating func setDue(_ instance: Int, _ due: Int64) {
    guard self[course: instance].due != due else { return }
    self[course: instance].due = due
    wake(island(of: instance), at: due)
  }

  /// Until when an instance needs no look unless a reading comes; then at the grid's next point.
  @inline(__always) mutating func rest(_ instance: Int, until quiet: Int64) {
    instances[instance].quietUntil = quiet
    if quiet == .max { return }
    let island = island(of: instance)
    if quiet < islands[island].wakesAt { wake(island, notBefore: quiet) }
  }

  private mutating func wake(_ island: Int, notBefore quiet: Int64) {
    wake(island, at: Self.gridPoint(notBefore: max(quiet, max(islands[island].done, clock.milliseconds) + 1)))
  }

  private mutating func wake(_ island: Int, at time: Int64) {
    guard time < islands[island].wakesAt else { return }
    islands[island].wakesAt = time
    nextWake = min(nextWake, time)
  }

  /// All instances that time can move look at the grid's next point: something has changed that is no reading.
  mutating func wake(_ island: Int) {
    guard island >= 0 else { return }
    for number in Int(islands[island].firstInstance)..<Int(islands[island].endInstance) { disturb(number) }
  }

  /// Whatever was found before may be different now.
  mutating func disturb(_ instance: Int) {
    let isBusy = !isIdle(instance)
    for position in Int(firstEntries[instance])..<Int(firstEntries[instance + 1]) {
      dependents[Int(entries[position])].isBusy = isBusy
    }
    instances[instance].looked = Leaf.all
    let isWatched = isBusy || programs[Int(instances[instance].rule)].dependsOnTime
    rest(instance, until: isWatched ? Instance.never : .max)
  }

  /// The first point of the grid at or after a time.
  static func gridPoint(notBefore time: Int64) -> Int64 {
    guard time < Int64.max - gridStep else { return .max }
    let remainder = time.modulo(gridStep)
    return remainder == 0 ? time : time - remainder + gridStep
  }
}

extension Island {
  /// Nothing happens until a time.
  mutating func pass(to time: Int64) {
    done = time
    now = max(now, time - time.modulo(RuleEngine.gridStep))
  }
}

extension Int64 {
  /// The remainder that is never negative.
  func modulo(_ divisor: Int64) -> Int64 {
    let remainder = self % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }
}
