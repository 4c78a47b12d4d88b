/// The stored form of a ticket event: one flat object, `kind` first, then the fields that this kind has.

extension TicketEvent: Codable {
  private enum Key: String, CodingKey {
    case ticket, sequence = "seq", kind, at, by, via, opening, alarm, revision, party, note
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(ticket, forKey: .ticket)
    try fields.encode(sequence, forKey: .sequence)
    try fields.encode(kind, forKey: .kind)
    try fields.encode(at, forKey: .at)
    try fields.encode(by, forKey: .by)
    try fields.encode(via, forKey: .via)
    try fields.encodeIfPresent(alarm, forKey: .alarm)
    if !note.isEmpty { try fields.encode(note, forKey: .note) }
    switch payload {
    case .opened(let opening, _): try fields.encode(opening, forKey: .opening)
    case .joined(_, let revision), .reopened(_, let revision, _):
      if !revision.isEmpty { try fields.encode(revision, forKey: .revision) }
    case .assigned(let party): try fields.encode(party, forKey: .party)
    case .cleared, .acknowledged, .commented, .resolved, .closed: break
    }
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    ticket = try fields.decode(String.self, forKey: .ticket)
    sequence = try fields.decode(Int.self, forKey: .sequence)
    at = try fields.decode(Int64.self, forKey: .at)
    by = try fields.decode(String.self, forKey: .by)
    via = try fields.decode(Source.self, forKey: .via)
    let note = try fields.decodeIfPresent(String.self, forKey: .note) ?? ""
    let revision = try fields.decodeIfPresent(Revision.self, forKey: .revision) ?? Revision()
    func alarm() throws -> AlarmFacts { try fields.decode(AlarmFacts.self, forKey: .alarm) }
    switch try fields.decode(Kind.self, forKey: .kind) {
    case .opened: payload = .opened(try fields.decode(Opening.self, forKey: .opening), by: try alarm())
    case .joined: payload = .joined(try alarm(), revision)
    case .cleared: payload = .cleared(try alarm())
    case .acknowledged: payload = .acknowledged(note: note)
    case .assigned: payload = .assigned(try fields.decode(TicketParty.self, forKey: .party))
    case .commented: payload = .commented(note: note)
    case .resolved: payload = .resolved(note: note)
    case .reopened:
      payload = .reopened(try fields.decodeIfPresent(AlarmFacts.self, forKey: .alarm), revision, note: note)
    case .closed: payload = .closed(note: note)
    }
  }
}
