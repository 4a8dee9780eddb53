// swift-tools-version: 6.2
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "hilbridge",
    products: [
        .library(name: "RTOS", targets: ["RTOS"]),
        .library(name: "PeripheralIO", targets: ["PeripheralIO"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .target(name: "CLinux"),
        .target(name: "RTOS", dependencies: ["CLinux"]),
        .target(name: "VirtualHardware", dependencies: ["CLinux", "RTOS"]),
        .target(
            name: "PeripheralIO",
            dependencies: ["CLinux", "RTOS", "VirtualHardware", logging, system, yams],
            // A property that returns a span says whom the span may not outlive.
            swiftSettings: [.enableExperimentalFeature("Lifetimes")]
        ),
        .target(name: "ThreadSanitizerSupport", path: "Tests/ThreadSanitizerSupport"),
        .testTarget(name: "RTOSTests", dependencies: ["RTOS"]),
        .testTarget(
            name: "PeripheralIOTests",
            dependencies: ["PeripheralIO", "VirtualHardware", "ThreadSanitizerSupport"],
            // Compiled by a test, and most of them must not compile.
            exclude: ["Fixtures"]
        ),
    ]
)
