// swift-tools-version: 6.1
import PackageDescription
let package = Package(
  name: "gatehouse",
  dependencies: [.package(url: "https://github.com/jpsim/Yams", from: "6.2.2")],
  targets: [
    .target(name: "Configuration", dependencies: [.product(name: "Yams", package: "Yams")]),
    .target(name: "EstateModel", dependencies: ["Configuration"]),
  ],
  swiftLanguageModes: [.v6]
)
