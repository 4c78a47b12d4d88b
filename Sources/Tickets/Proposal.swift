/// Work that the owners pay for: what it costs whom, and who agreed. Money is whole cents, areas are whole cm².
import EstateModel

/// When an agreement holds. Fractions are exact.
public struct ConsentRule: Hashable, Sendable, Codable {
  public enum Kind: String, CaseIterable, Sendable, Codable {
    case unanimous
    /// Ordinary matters: two thirds by heads and by area take part, and over half of those agree, by both.
    case civilCode278 = "civil-code-278"
    /// Matters of article 278 (6) to (8), such as rebuilding: at least three quarters of those who take part.
    case civilCode278Special = "civil-code-278-special"
    case custom
  }

  public struct Fraction: Hashable, Sendable, Codable, CustomStringConvertible {
    public var numerator: Int64
    public var denominator: Int64

    /// - Returns: nil unless 0 ≤ numerator ≤ denominator ≤ 1000 and the denominator is above 0.
    public init?(_ numerator: Int64, _ denominator: Int64) {
      guard 1...1000 ~= denominator, 0...denominator ~= numerator else { return nil }
      (self.numerator, self.denominator) = (numerator, denominator)
    }

    fileprivate init(of numerator: Int64, _ denominator: Int64) {
      (self.numerator, self.denominator) = (numerator, denominator)
    }

    public var description: String { "\(numerator)/\(denominator)" }

    func isReached(by part: Int64, of whole: Int64) -> Bool { part * denominator >= whole * numerator }
    func isExceeded(by part: Int64, of whole: Int64) -> Bool { part * denominator > whole * numerator }
  }

  public var kind: Kind
  /// Of all, by heads and by area: so many must take part.
  public var quorum: Fraction
  /// Of those who take part, by heads and by area: so many must agree.
  public var majority: Fraction
  /// More than the majority's fraction, not just that.
  public var isStrict: Bool

  public static let unanimous = ConsentRule(
    kind: .unanimous, quorum: Fraction(of: 1, 1), majority: Fraction(of: 1, 1), isStrict: false)
  /// Source: Civil Code of the People's Republic of China, articles 278 and 1259 ("以上" includes the number).
  public static let civilCode278 = ConsentRule(
    kind: .civilCode278, quorum: Fraction(of: 2, 3), majority: Fraction(of: 1, 2), isStrict: true)
  public static let civilCode278Special = ConsentRule(
    kind: .civilCode278Special, quorum: Fraction(of: 2, 3), majority: Fraction(of: 3, 4), isStrict: false)

  public static func custom(quorum: Fraction, majority: Fraction, isStrict: Bool = false) -> ConsentRule {
    ConsentRule(kind: .custom, quorum: quorum, majority: majority, isStrict: isStrict)
  }
}

public struct Proposal: Hashable, Sendable, Codable {
  public struct Household: Hashable, Sendable, Codable {
    public var id: String
    /// cm²; 0 where only heads count.
    public var area: Int64
    /// Cents.
    public var share: Int64

    public init(_ id: String, area: Int64 = 0, share: Int64 = 0) {
      (self.id, self.area, self.share) = (id, area, share)
    }
  }

  /// How the amount is divided.
  public enum Division: String, CaseIterable, Sendable, Codable { case equal, byArea = "by-area", given }

  public enum Vote: String, CaseIterable, Sendable, Codable { case agree, object, abstain }

  public enum Outcome: String, CaseIterable, Sendable, Codable { case accepted, rejected }

  public struct Consent: Hashable, Sendable, Codable {
    /// Number of the proposal on its ticket.
    public var proposal: Int
    public var household: String
    public var vote: Vote
    /// Milliseconds since 1970: when the household said so.
    public var on: Int64

    public init(proposal: Int, household: String, vote: Vote, on: Timestamp) {
      (self.proposal, self.household, self.vote, self.on) = (proposal, household, vote, on.milliseconds)
    }
  }

  public struct Decision: Hashable, Sendable, Codable {
    public var proposal: Int
    public var outcome: Outcome
    public var tally: Tally
  }

  /// By heads and by area, of all and of those who took part.
  public struct Tally: Hashable, Sendable, Codable {
    public var heads: Int64 = 0
    public var area: Int64 = 0
    public var votingHeads: Int64 = 0
    public var votingArea: Int64 = 0
    public var agreeingHeads: Int64 = 0
    public var agreeingArea: Int64 = 0
  }

  /// 1 for a ticket's first.
  public internal(set) var number: Int = 0
  public var text: String
  /// Cents.
  public var amount: Int64
  public var rule: ConsentRule
  public internal(set) var households: [Household]
  /// Milliseconds since 1970: whoever has not voted by then takes no part; nil: waits for everybody.
  public var deadline: Int64?
  @Listed public internal(set) var consents: [Consent]
  public internal(set) var decision: Decision?
}

extension Proposal {
  /// - Parameter division: `.given` takes the households' shares as they are.
  /// - Throws: ``ProposalError``: no households, one twice, an amount that isn't positive, shares that don't sum up.
  public init(
    _ text: String, amount: Int64, division: Division, households: [Household], rule: ConsentRule,
    deadline: Timestamp? = nil
  ) throws(ProposalError) {
    guard amount > 0, amount <= 1_000_000_000_000 else { throw .amount(amount) }
    guard !households.isEmpty else { throw .noHouseholds }
    var seen: Set<String> = []
    for household in households {
      guard seen.insert(household.id).inserted else { throw .householdTwice(household.id) }
      guard 0...1_000_000_000 ~= household.area else { throw .area(household.id, household.area) }
    }
    self.init(
      text: text, amount: amount, rule: rule,
      households: try Self.divided(amount, division, households), deadline: deadline?.milliseconds)
  }

  /// Largest remainder: each share is rounded down, and the cents that are left go to the largest remainders, the
  /// first of equals first. The shares always sum up to the amount.
  private static func divided(_ amount: Int64, _ division: Division, _ households: [Household])
    throws(ProposalError) -> [Household]
  {
    if division == .given {
      let sum = households.reduce(Int64(0)) { $0 &+ $1.share }
      guard sum == amount, households.allSatisfy({ 0...amount ~= $0.share }) else {
        throw .shares(sum: sum, amount: amount)
      }
      return households
    }
    let weights = households.map { division == .equal ? 1 : $0.area }
    let whole = weights.reduce(0, +)
    guard whole > 0 else { throw .noArea }
    var shares: [Int64] = []
    var remainders: [(rest: Int64, index: Int)] = []
    for (index, weight) in weights.enumerated() {
      let (high, low) = amount.multipliedFullWidth(by: weight)
      let (quotient, rest) = whole.dividingFullWidth((high, low))
      shares.append(quotient)
      remainders.append((rest, index))
    }
    let left = Int(amount - shares.reduce(0, +))
    for (_, index) in remainders.sorted(by: { ($1.rest, $0.index) < ($0.rest, $1.index) }).prefix(left) {
      shares[index] += 1
    }
    return zip(households, shares).map { Household($0.id, area: $0.area, share: $1) }
  }

  /// Each household's last word.
  public var votes: [String: Vote] {
    Dictionary(consents.map { ($0.household, $0.vote) }, uniquingKeysWith: { $1 })
  }

  public var tally: Tally {
    let votes = votes
    var tally = Tally()
    for household in households {
      tally.heads += 1
      tally.area += household.area
      guard let vote = votes[household.id] else { continue }
      tally.votingHeads += 1
      tally.votingArea += household.area
      guard vote == .agree else { continue }
      tally.agreeingHeads += 1
      tally.agreeingArea += household.area
    }
    return tally
  }

  /// What the votes make of it.
  /// - Parameter isOver: nobody votes any more.
  /// - Returns: nil while votes that are still out can count.
  func outcome(isOver: Bool) -> Outcome? {
    let tally = tally
    if rule.kind == .unanimous, votes.values.contains(where: { $0 != .agree }) { return .rejected }
    guard isOver || tally.votingHeads == tally.heads else { return nil }
    func agrees(_ part: Int64, _ whole: Int64) -> Bool {
      rule.isStrict
        ? rule.majority.isExceeded(by: part, of: whole) : rule.majority.isReached(by: part, of: whole)
    }
    let quorum =
      rule.quorum.isReached(by: tally.votingHeads, of: tally.heads)
      && rule.quorum.isReached(by: tally.votingArea, of: tally.area)
    let majority =
      agrees(tally.agreeingHeads, tally.votingHeads)
      && (tally.votingArea == 0 || agrees(tally.agreeingArea, tally.votingArea))
    return quorum && majority && tally.votingHeads > 0 ? .accepted : .rejected
  }
}

public enum ProposalError: Error, Hashable, Sendable, CustomStringConvertible {
  case amount(Int64)
  case noHouseholds
  case householdTwice(String)
  case area(String, Int64)
  case noArea
  case shares(sum: Int64, amount: Int64)

  public var description: String {
    switch self {
    case .amount(let cents): "found an amount of \(cents) cents, expected more than 0"
    case .noHouseholds: "the proposal names no household"
    case .householdTwice(let id): "household '\(id)' stands twice in the proposal"
    case .area(let id, let area): "household '\(id)': found an area of \(area) cm², expected 0 to 100,000 m²"
    case .noArea: "shares by area need the households' areas"
    case .shares(let sum, let amount): "the shares sum up to \(sum) cents, expected \(amount)"
    }
  }
}
