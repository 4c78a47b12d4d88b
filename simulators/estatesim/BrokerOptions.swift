/// Which broker to talk to.
import ArgumentParser
import EstateSimulator
import Foundation
import MQTTSession

struct BrokerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Broker, mqtt://user@host:port or mqtts://…; default: mqtt://127.0.0.1:1883.", valueName: "url"))
  var broker: String?

  @Option(help: ArgumentHelp("File with the broker's password in its first line.", valueName: "file"))
  var passwordFile: String?

  @Option(
    help: ArgumentHelp(
      "A gateway's data folder: broker/simulator.url or broker/url, and the password beside it, are read there.",
      valueName: "dir"))
  var data: String?

  func validate() throws {
    if broker != nil, data != nil { throw ValidationError("Give --broker or --data, not both.") }
    if let broker, MQTTOptions(url: broker) == nil {
      throw ValidationError("--broker: found '\(broker)', expected mqtt://user@host:port or mqtts://…")
    }
  }

  func link() throws -> BrokerLink {
    let options = try options()
    do {
      return try BrokerLink(options)
    } catch {
      throw Failure("\(error)")
    }
  }

  func options() throws -> MQTTOptions {
    var passwordFile = passwordFile
    var url = broker ?? "mqtt://127.0.0.1:1883"
    if let data {
      // A gateway with a simulated clock has an account for simulators, which reads nothing.
      let isSimulated = FileManager.default.fileExists(atPath: data + "/broker/simulator.url")
      url = try firstLine(of: data + (isSimulated ? "/broker/simulator.url" : "/broker/url"))
      let password = data + (isSimulated ? "/broker/simulator.password" : "/broker/password")
      if passwordFile == nil, FileManager.default.fileExists(atPath: password) { passwordFile = password }
    }
    guard var options = MQTTOptions(url: url) else {
      throw Failure("broker: found '\(url)', expected mqtt://user@host:port or mqtts://…")
    }
    if let passwordFile {
      options.password = try firstLine(of: passwordFile)
      if options.username == nil { options.username = "gatehouse" }
    }
    return options
  }

  private func firstLine(of path: String) throws -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw Failure("looked for \(path): no such file, or it can't be read")
    }
    guard let line = text.split(whereSeparator: \.isNewline).first else { throw Failure("\(path) is empty") }
    return String(line)
  }
}
