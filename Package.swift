// swift-tools-version: 6.1
import PackageDescription

// What waits for a person or a network is compiled for size: less of it lies in memory.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

// Targets are floors: each imports only those below it. docs/architecture.md says what lives where.
let package = Package(
  name: "gatehouse",
  products: [
    .executable(name: "gatehouse", targets: ["gatehouse"]),
    .executable(name: "estatesim", targets: ["estatesim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
  ],
  targets: [
    // Floor 0: C libraries and configuration documents.
    .systemLibrary(
      name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
    .systemLibrary(name: "CCbor", pkgConfig: "libcbor", providers: [.apt(["libcbor-dev"])]),
    .target(name: "CMemory"),
    .target(name: "CCurl"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CIcal"),
    .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
    .target(
      name: "Configuration", dependencies: [.product(name: "Yams", package: "Yams")], swiftSettings: small),

    // Floor 1: the vocabulary, and rings that know nothing of it.
    .target(name: "EstateModel", dependencies: ["Configuration"]),
    .target(name: "RingBuffer", dependencies: ["CMemory"]),

    // Calendars of RFC 5545.
    .target(name: "Calendars", dependencies: ["CIcal", "Configuration", "EstateModel"]),

    // Floor 2: decisions. No I/O, no clock.
    .target(name: "Payloads", dependencies: ["CCbor", "CSimdjson", "CZlib", "Configuration", "EstateModel"]),
    .target(name: "Rules", dependencies: ["Configuration", "EstateModel", "RingBuffer"]),
    .target(name: "Tickets", dependencies: ["Configuration", "EstateModel"]),

    // Floor 3: edges.
    .target(
      name: "MQTTSession",
      dependencies: ["CMosquitto", "EstateModel", .product(name: "Logging", package: "swift-log")]),
    .target(
      name: "Store",
      dependencies: ["EstateModel", "Tickets", .product(name: "GRDB", package: "GRDB.swift")]),

    // Also floor 3, on top of the MQTT session.
    .target(
      name: "Notifications",
      dependencies: [
        "CCurl", "Configuration", "EstateModel", "Tickets", "MQTTSession",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Mustache", package: "swift-mustache"),
      ], swiftSettings: small),

    // Floor 4: the pipeline, wired.
    .target(
      name: "Gateway",
      dependencies: [
        "CMemory", "Calendars", "Configuration", "EstateModel", "RingBuffer", "Payloads", "Rules", "Tickets",
        "MQTTSession",
        "Store", "Notifications",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),

    // Floor 5: tools around the rules: their tests, what they would have said, how good their alarms are.
    .target(
      name: "RuleTools",
      dependencies: [
        "Configuration", "EstateModel", "EstateSimulator", "Payloads", "Rules", "Store", "Tickets",
      ]),

    // Floor 5: reviews of a week, for people.
    .target(
      name: "Reports",
      dependencies: [
        "EstateModel", "RuleTools", "Store", "Tickets", .product(name: "Mustache", package: "swift-mustache"),
      ],
      resources: [.copy("Resources")], swiftSettings: small),

    // Floor 5: what people look at in a browser.
    .target(
      name: "Console",
      dependencies: [
        "Configuration", "EstateModel", "Rules", "Tickets", "Store", "Gateway", "RuleTools", "Reports",
        .product(
          name: "Hummingbird", package: "hummingbird", moduleAliases: ["Configuration": "SwiftConfiguration"]),
        .product(
          name: "HummingbirdCore", package: "hummingbird",
          moduleAliases: ["Configuration": "SwiftConfiguration"]),
        .product(
          name: "HummingbirdTLS", package: "hummingbird",
          moduleAliases: ["Configuration": "SwiftConfiguration"]),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "_CryptoExtras", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      resources: [.copy("Resources")], swiftSettings: small),

    // Floor 6: the command line.
    .executableTarget(
      name: "gatehouse",
      dependencies: [
        "Gateway", "RuleTools", "Reports", "Console",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: small,
      // What runs lies together, relocations are packed, and no symbol is there for others to link with: the system
      // keeps whole neighbourhoods of code in memory. scripts/function-order.sh makes the list.
      linkerSettings: [
        .unsafeFlags(
          [
            "-use-ld=lld", "-Xlinker",
            "--symbol-ordering-file=\(Context.packageDirectory)/scripts/function-order.txt", "-Xlinker",
            "--no-warn-symbol-ordering", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker",
            "--no-export-dynamic", "-Xlinker", "--exclude-libs=ALL", "-Xlinker",
            "--script=\(Context.packageDirectory)/scripts/nameless.ld",
          ], .when(configuration: .release))
      ]),

    // Simulators: what judges must not know what is judged, so no Rules, Tickets or Store here.
    .target(
      name: "EstateSimulator",
      dependencies: [
        "Configuration", "EstateModel", "MQTTSession", .product(name: "Logging", package: "swift-log"),
      ],
      path: "simulators/EstateSimulator"),
    .executableTarget(
      name: "estatesim",
      dependencies: [
        "EstateSimulator", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "simulators/estatesim"),

    // Figures: what docs and README state is measured here.
    .target(name: "CAllocationCount", path: "benchmarks/CAllocationCount"),
    .executableTarget(
      name: "gatehouse-bench",
      dependencies: [
        "CAllocationCount", "CMosquitto", "Configuration", "EstateModel", "EstateSimulator", "Gateway",
        "MQTTSession", "Payloads", "Rules", "Store", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "benchmarks/gatehouse-bench"),

    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration"]),
    .testTarget(name: "CalendarsTests", dependencies: ["Calendars"]),
    .testTarget(name: "EstateModelTests", dependencies: ["EstateModel"]),
    .testTarget(name: "RingBufferTests", dependencies: ["RingBuffer"]),
    .testTarget(
      name: "PayloadsTests", dependencies: ["EstateSimulator", "PayloadFuzz", "Payloads"],
      exclude: ["Examples"]),

    // Damaged messages by seed: a part of the tests, and a command that makes many.
    .target(
      name: "PayloadFuzz", dependencies: ["Configuration", "EstateModel", "Payloads"],
      path: "Tests/PayloadFuzz"),
    .executableTarget(name: "payloadsoak", dependencies: ["PayloadFuzz"], path: "Tests/payloadsoak"),
    .testTarget(name: "RulesTests", dependencies: ["Rules"]),
    .testTarget(name: "TicketsTests", dependencies: ["Tickets"]),
    .testTarget(name: "MQTTSessionTests", dependencies: ["MQTTSession", "Gateway", "TestSupport"]),
    .testTarget(
      name: "StoreTests", dependencies: ["Store", .product(name: "GRDB", package: "GRDB.swift")]),
    .testTarget(
      name: "EstateSimulatorTests",
      dependencies: ["EstateSimulator", "TestSupport", .product(name: "Logging", package: "swift-log")]),
    .testTarget(
      name: "NotificationsTests", dependencies: ["Notifications", "MQTTSession", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "GatewayTests", dependencies: ["Gateway", "PipelineSimulation"]),

    // The pipeline in a world of faults, by seed: a part of the tests, and a command that plays many.
    .target(
      name: "PipelineSimulation",
      dependencies: [
        "Configuration", "EstateModel", "Gateway", "MQTTSession", "Notifications", "Rules", "Store",
        "Tickets",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/PipelineSimulation"),
    .executableTarget(
      name: "pipelinesoak", dependencies: ["PipelineSimulation"], path: "Tests/pipelinesoak"),

    // The crash test must find this one's flaw.
    .executableTarget(
      name: "HastyGateway",
      dependencies: [
        "Configuration", "Gateway", "MQTTSession", .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/HastyGateway"),
    .testTarget(
      name: "ConsoleTests",
      dependencies: [
        "Console", .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    .testTarget(name: "ReportsTests", dependencies: ["Reports", "Configuration"]),
    .testTarget(name: "RuleToolsTests", dependencies: ["RuleTools"], exclude: ["Fixtures"]),
    .testTarget(
      name: "EndToEnd", dependencies: ["EstateModel", "HastyGateway", "TestSupport"], exclude: ["Fixtures"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
