/// Writing a batch: one transaction.
import EstateModel
import Foundation
import GRDB
import Tickets

extension Store {
  /// Stores all of a batch, durably, or nothing of it. Steps of alarms and tickets that are stored already stay
  /// as they are, so that a batch may come again after a crash.
  /// - Throws: ``StoreError``; where it is ``StoreError/isTransient`` the same batch may be tried again.
  public func commit(_ batch: Batch) throws {
    guard !batch.isEmpty else { return }
    let packed = try pack(batch.readings)
    let nothing = try pack([])
    try speaking(of: path) {
      try queue.write { database in
        if let begun = batch.begun {
          try database.insert(nothing, of: Batch(now: begun))
        }
        try database.insert(packed, of: batch)
        for transition in batch.transitions { try database.insert(transition) }
        for ticket in batch.tickets { try database.update(ticket) }
        for event in batch.ticketEvents { try database.insert(event) }
        for event in batch.events { try database.insert(event) }
        for problem in batch.problems { try database.add(problem) }
        for state in batch.deviceStates { try database.update(state) }
        for entry in batch.outbox { try database.insert(entry) }
        for mark in batch.outboxMarks { try database.update(mark) }
        for (key, value) in batch.facts.sorted(by: { $0.key < $1.key }) {
          try database.cachedStatement(
            sql:
              "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
          ).execute(arguments: [key, value])
        }
      }
    }
  }

  private func pack(_ readings: ContiguousArray<Reading>) throws -> PackedBatch {
    var writer = PackedReadingsWriter(count: readings.count)
    var devices: [UInt32] = []
    for reading in readings {
      let device = Int(reading.device.raw)
      let signal = Int(reading.signal.raw)
      guard device < numbering.deviceNumbers.count, signal < numbering.signalNumbers.count else {
        throw StoreError.unknownSeries(device: reading.device.raw, signal: reading.signal.raw)
      }
      let number = numbering.deviceNumbers[device]
      // A device's readings come together: most repetitions end here.
      if devices.last != number { devices.append(number) }
      writer.append(
        PackedReading(
          device: number, signal: numbering.signalNumbers[signal],
          time: reading.time,
          arrival: reading.arrival, value: reading.value, quality: reading.quality, marks: reading.marks,
          event: reading.event))
    }
    return PackedBatch(readings: writer.finished(), devices: DeviceSet.encode(devices))
  }
}

private struct PackedBatch {
  var readings: [UInt8]
  var devices: [UInt8]
}

extension Database {
  /// A batch without readings is a row as well: a replay must see each turn of the clock.
  fileprivate func insert(_ packed: PackedBatch, of batch: Batch) throws {
    var span = (min: batch.readings.first?.time ?? batch.now, max: batch.readings.first?.time ?? batch.now)
    for reading in batch.readings { span = (min(span.min, reading.time), max(span.max, reading.time)) }
    try cachedStatement(
      sql: "INSERT INTO batches (now, min_time, max_time, count, readings) VALUES (?, ?, ?, ?, ?)"
    ).execute(arguments: [
      batch.now.milliseconds, span.min.milliseconds, span.max.milliseconds, batch.readings.count,
      Data(packed.readings),
    ])
    guard !batch.readings.isEmpty else { return }
    try cachedStatement(
      sql: "INSERT INTO batch_index (batch, min_time, max_time, devices) VALUES (?, ?, ?, ?)"
    ).execute(arguments: [
      lastInsertedRowID, span.min.milliseconds, span.max.milliseconds, Data(packed.devices),
    ])
  }

  func insert(_ transition: AlarmTransition) throws {
    let json = try StoredJSON.text(transition)
    try cachedStatement(
      sql: """
        INSERT INTO alarms (id, rule, estate, device, place, towards, category, priority, onset, raised, state,
          json)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'active', ?) ON CONFLICT DO NOTHING
        """
    ).execute(arguments: [
      transition.alarm, transition.rule, transition.estate, transition.device, transition.place,
      transition.towards, transition.category, transition.priority.rawValue, transition.onset, transition.at,
      json,
    ])
    if transition.kind == .cleared {
      try cachedStatement(
        sql: "UPDATE alarms SET cleared = ?, state = 'cleared' WHERE id = ? AND cleared IS NULL"
      ).execute(arguments: [transition.at, transition.alarm])
    }
    try cachedStatement(
      sql: "INSERT INTO alarm_transitions (alarm, kind, at, json) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    ).execute(arguments: [transition.alarm, transition.kind.rawValue, transition.at, json])
  }

  func insert(_ event: TicketEvent) throws {
    try cachedStatement(
      sql: """
        INSERT INTO ticket_events (ticket, number, kind, at, by, via, json) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """
    ).execute(arguments: [
      event.ticket, event.sequence, event.kind.rawValue, event.at, event.by, event.via.rawValue,
      try StoredJSON.text(event),
    ])
  }

  fileprivate func insert(_ event: EventDetail) throws {
    try cachedStatement(
      sql: """
        INSERT INTO events (device, event, kind, phase, at, json) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """
    ).execute(arguments: [
      event.device, event.id, event.kind, event.phase.rawValue, event.timeMilliseconds,
      try StoredJSON.text(event),
    ])
  }

  fileprivate func add(_ problem: DeviceProblem) throws {
    try cachedStatement(
      sql: """
        INSERT INTO problems (device, reason, count, first, last, detail) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (device, reason) DO UPDATE SET count = count + excluded.count,
          first = min(first, excluded.first), last = max(last, excluded.last), detail = excluded.detail
        """
    ).execute(arguments: [
      problem.device, problem.reason, problem.count, problem.first, problem.last, problem.detail,
    ])
  }

  fileprivate func update(_ state: DeviceState) throws {
    try cachedStatement(
      sql:
        "INSERT INTO device_states (device, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json"
    ).execute(arguments: [state.device, try StoredJSON.text(state)])
  }
}
