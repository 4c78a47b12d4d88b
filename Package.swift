// swift-tools-version: 6.1
import PackageDescription

// Targets are floors: each imports only those below it. docs/architecture.md says what lives where.
let package = Package(
  name: "gatehouse",
  products: [
  ],
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // Floor 0: C libraries and configuration documents.
    .systemLibrary(
      name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
    .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
    .target(name: "Configuration", dependencies: [.product(name: "Yams", package: "Yams")]),

    // Floor 1: the vocabulary, and rings that know nothing of it.
    .target(name: "EstateModel", dependencies: ["Configuration"]),
    .target(name: "Payloads", dependencies: ["CSimdjson", "Configuration", "EstateModel"]),
    .target(name: "Tickets", dependencies: ["Configuration", "EstateModel"]),

    // Floor 3: edges.
    .target(
      name: "MQTTSession",
      dependencies: ["CMosquitto", "EstateModel", .product(name: "Logging", package: "swift-log")]),
    .target(
      name: "Store",
      dependencies: ["EstateModel", "Tickets", .product(name: "GRDB", package: "GRDB.swift")]),

    // Floor 4: the pipeline, wired.
    .target(
      name: "EstateSimulator", dependencies: ["Configuration", "EstateModel", "MQTTSession"],
      path: "simulators/EstateSimulator"),
    .testTarget(name: "EstateModelTests", dependencies: ["EstateModel"]),
    .testTarget(name: "PayloadsTests", dependencies: ["Payloads"]),
    .testTarget(name: "EstateSimulatorTests", dependencies: ["EstateSimulator"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
