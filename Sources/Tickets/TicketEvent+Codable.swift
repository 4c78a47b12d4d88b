/// The stored form of a ticket event: one flat object, `kind` first, then the fields that this kind has.
import EstateModel

extension TicketEvent: Codable {
  private enum Key: String, CodingKey {
    case ticket, sequence = "seq", kind, at, by, via, opening, alarm, revision, party, parties, note, terms
    case into, priority
    /// The kind's own value: a pause, a visit, a vote.
    case detail
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(ticket, forKey: .ticket)
    try fields.encode(sequence, forKey: .sequence)
    try fields.encode(kind, forKey: .kind)
    try fields.encode(at, forKey: .at)
    try fields.encode(by, forKey: .by)
    try fields.encode(via, forKey: .via)
    try fields.encodeIfPresent(terms, forKey: .terms)
    try fields.encodeIfPresent(alarm, forKey: .alarm)
    switch payload {
    case .resolved, .contacted, .visited, .council, .inspected: break  // The note is in the detail.
    default: if !note.isEmpty { try fields.encode(note, forKey: .note) }
    }
    switch payload {
    case .opened(let opening, _): try fields.encode(opening, forKey: .opening)
    case .joined(_, let revision), .reopened(_, let revision, _):
      if !revision.isEmpty { try fields.encode(revision, forKey: .revision) }
    case .assigned(let party): try fields.encode(party, forKey: .party)
    case .informed(let parties, _): try fields.encode(parties, forKey: .parties)
    case .paused(let pause, _): try fields.encode(pause, forKey: .detail)
    case .resolved(let resolution): try fields.encode(resolution, forKey: .detail)
    case .verified(let proof, _): try fields.encodeIfPresent(proof, forKey: .detail)
    case .merged(let into, _): try fields.encode(into, forKey: .into)
    case .absorbed(let absorption): try fields.encode(absorption, forKey: .detail)
    case .reminded(let reminder): try fields.encode(reminder, forKey: .detail)
    case .escalated(let escalation): try fields.encode(escalation, forKey: .detail)
    case .prioritised(let priority, let informed, _):
      try fields.encode(priority, forKey: .priority)
      if !informed.isEmpty { try fields.encode(informed, forKey: .parties) }
    case .recurred(let occurrence): try fields.encode(occurrence, forKey: .detail)
    case .contacted(let contact): try fields.encode(contact, forKey: .detail)
    case .visited(let visit): try fields.encode(visit, forKey: .detail)
    case .council(let council): try fields.encode(council, forKey: .detail)
    case .proposed(let proposal): try fields.encode(proposal, forKey: .detail)
    case .consented(let consent): try fields.encode(consent, forKey: .detail)
    case .decided(let decision): try fields.encode(decision, forKey: .detail)
    case .inspected(let inspection): try fields.encode(inspection, forKey: .detail)
    case .cleared, .acknowledged, .arrived, .commented, .resumed, .closed, .cancelled, .scheduled, .watched:
      break
    }
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    ticket = try fields.decode(String.self, forKey: .ticket)
    sequence = try fields.decode(Int.self, forKey: .sequence)
    at = try fields.decode(Int64.self, forKey: .at)
    by = try fields.decode(String.self, forKey: .by)
    via = try fields.decode(Source.self, forKey: .via)
    terms = try fields.decodeIfPresent(Terms.self, forKey: .terms)
    payload = try Self.payload(fields)
  }

  private static func payload(_ fields: KeyedDecodingContainer<Key>) throws -> Payload {
    let note = try fields.decodeIfPresent(String.self, forKey: .note) ?? ""
    let revision = try fields.decodeIfPresent(Revision.self, forKey: .revision) ?? Revision()
    func alarm() throws -> AlarmFacts { try fields.decode(AlarmFacts.self, forKey: .alarm) }
    func alarmIfAny() throws -> AlarmFacts? { try fields.decodeIfPresent(AlarmFacts.self, forKey: .alarm) }
    func parties() throws -> [TicketParty] {
      try fields.decodeIfPresent([TicketParty].self, forKey: .parties) ?? []
    }
    func detail<Value: Decodable>() throws -> Value { try fields.decode(Value.self, forKey: .detail) }
    switch try fields.decode(Kind.self, forKey: .kind) {
    case .opened: return .opened(try fields.decode(Opening.self, forKey: .opening), by: try alarmIfAny())
    case .joined: return .joined(try alarm(), revision)
    case .cleared: return .cleared(try alarm())
    case .acknowledged: return .acknowledged(note: note)
    case .arrived: return .arrived(note: note)
    case .assigned: return .assigned(try fields.decode(TicketParty.self, forKey: .party))
    case .informed: return .informed(try parties(), note: note)
    case .commented: return .commented(note: note)
    case .paused: return .paused(try detail(), note: note)
    case .resumed: return .resumed(note: note)
    case .resolved:
      // Events of the first release have a note and nothing else.
      return .resolved(
        try fields.decodeIfPresent(Resolution.self, forKey: .detail) ?? Resolution(note))
    case .verified: return .verified(try fields.decodeIfPresent(Proof.self, forKey: .detail), note: note)
    case .reopened: return .reopened(try alarmIfAny(), revision, note: note)
    case .closed: return .closed(note: note)
    case .merged: return .merged(into: try fields.decode(String.self, forKey: .into), note: note)
    case .absorbed: return .absorbed(try detail())
    case .cancelled: return .cancelled(note: note)
    case .scheduled: return .scheduled
    case .reminded: return .reminded(try detail())
    case .escalated: return .escalated(try detail())
    case .prioritised:
      return .prioritised(
        try fields.decode(Priority.self, forKey: .priority), informed: try parties(), note: note)
    case .watched: return .watched
    case .recurred: return .recurred(try detail())
    case .contacted: return .contacted(try detail())
    case .visited: return .visited(try detail())
    case .council: return .council(try detail())
    case .proposed: return .proposed(try detail())
    case .consented: return .consented(try detail())
    case .decided: return .decided(try detail())
    case .inspected: return .inspected(try detail())
    }
  }
}
