/// What the process holds of the system's memory beyond what it uses.
import CMemory

public enum ProcessMemory {
  /// Larger pieces go back to the system at once. Left to itself, glibc keeps them once they have been freed.
  private static let keptPiece: Int32 = 256 << 10

  /// One heap for all threads, so that one can use what another has freed. To be called before there are others.
  public static func share() { memory_share(keptPiece) }

  /// Gives back what only the start needed: the configuration's text and nodes.
  static func endStart() { memory_trim() }
}
