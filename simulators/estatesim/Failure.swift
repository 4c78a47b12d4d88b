/// What goes wrong after the command line was understood: told in one line, exit status 1.
import Foundation

struct Failure: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

func printError(_ message: String) {
  FileHandle.standardError.write(Data((message + "\n").utf8))
}
