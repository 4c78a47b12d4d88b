/// Damaged messages: whatever arrives, the decoder neither stops nor makes up a number.
import Foundation
import PayloadFuzz
import Testing

@Suite struct MutationTests {
  private static let rounds = 20_000

  private static let fuzz = Result { try PayloadFuzz(root: folderOfPackage) }

  @Test(
    "Damaged messages: no crash, and no reading without a finite value unless it is a fault",
    arguments: try Self.fuzz.get().formats)
  func mutations(_ format: String) throws {
    let outcome = try Self.fuzz.get().run(format, rounds: Self.rounds)
    #expect(outcome.flaws.isEmpty, "\(outcome.flaws)")
    // The damage must reach the ways through the decoder, or the test says nothing.
    #expect(outcome.readings + outcome.others > Self.rounds / 20)
    #expect(outcome.problems > Self.rounds / 20)
  }
}
