/// Everything that the console answers, asked for without a name.
import Console
import Foundation
import Testing

@Suite("A stranger at the console")
struct StrangerTests {
  /// Nothing of the estate is in these.
  private static let open: Set<String> = [
    // Language and colours of the sign-in page itself.
    "/choose/{what}/{value}",
    "/sign-in", "/static/{version}/{file}", "/healthz", "/readyz", "/api/v1/openapi.json",
    // From this machine: MetricsTests asks from elsewhere.
    "/metrics",
  ]

  @Test("Nothing is shown and nothing is done without a name")
  func stranger() async throws {
    let console = try RunningConsole()
    try await console.start()
    var asked = 0
    for route in try ConsoleRoutes.all(console.configuration) {
      let parts = route.split(separator: " ").map(String.init)
      let (method, pattern) = (parts[0], parts[1])
      if Self.open.contains(pattern) { continue }
      let path = pattern.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }.joined(
        separator: "/")
      let answer = try await console.send(method, "/" + path, ["Host": "gate.example"])
      asked += 1
      let leads = answer.status == 303 && answer.header("Location")?.hasPrefix("/sign-in") == true
      #expect([401, 403].contains(answer.status) || leads, "\(route): \(answer.status)")
    }
    #expect(asked > 30)
    try await console.stop()
  }
}
