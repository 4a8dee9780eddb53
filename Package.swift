// swift-tools-version: 6.2
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let benchmark = Target.Dependency.product(name: "Benchmark", package: "benchmark")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "hilbridge",
    products: [
        .executable(name: "hil", targets: ["hil"]),
        .library(name: "RTOS", targets: ["RTOS"]),
        .library(name: "PeripheralIO", targets: ["PeripheralIO"]),
        .library(name: "HardwareTest", targets: ["HardwareTest"]),
        // For firmware in C: shared, and an archive of all that it needs but the Swift runtime.
        .library(name: "hilbridge", type: .dynamic, targets: ["Firmware"]),
        .library(name: "hilbridge-static", type: .static, targets: ["Firmware"]),
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
        .target(
            name: "RTOS",
            dependencies: ["CLinux"],
            // A property that returns a span says whom the span may not outlive.
            swiftSettings: [.enableExperimentalFeature("Lifetimes")]
        ),
        .target(name: "VirtualHardware", dependencies: ["CLinux", "RTOS"]),
        .target(
            name: "PeripheralIO",
            dependencies: ["CLinux", "RTOS", "VirtualHardware", logging, system, yams],
            swiftSettings: [.enableExperimentalFeature("Lifetimes")]
        ),
        .target(name: "CFirmware"),
        .target(name: "Firmware", dependencies: ["CFirmware", "CLinux", "PeripheralIO", "RTOS", "VirtualHardware"]),
        .target(name: "CTransferPeer", path: "Sources/Benchmarks/CTransferPeer"),
        .executableTarget(
            name: "TransferBenchmarks",
            dependencies: ["CTransferPeer", "PeripheralIO", "RTOS", "VirtualHardware", benchmark],
            path: "Sources/Benchmarks/TransferBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        .executableTarget(
            name: "TransferProbe",
            dependencies: ["PeripheralIO", "RTOS", "VirtualHardware"],
            path: "Sources/Benchmarks/Probes/TransferProbe"
        ),
        .target(name: "HardwareTest", dependencies: ["PeripheralIO", "VirtualHardware", crypto, histogram]),
        .executableTarget(name: "hil", dependencies: ["HardwareTest", argumentParser]),
        .testTarget(name: "HardwareTestTests", dependencies: ["HardwareTest"]),
        .testTarget(name: "hilTests", dependencies: ["hil", "HardwareTest", "VirtualHardware"]),
        .testTarget(name: "RTOSTests", dependencies: ["RTOS", "VirtualHardware"]),
        .testTarget(name: "VirtualHardwareTests", dependencies: ["RTOS", "VirtualHardware"]),
        // Compiles C programs and runs them with the library `hilbridge`; links none of it, or the other tests' kernel
        // would be firmware's.
        .testTarget(name: "FirmwareTests", exclude: ["Programs"]),
        .target(name: "ThreadSanitizerSupport", path: "Tests/ThreadSanitizerSupport"),
        .testTarget(
            name: "PeripheralIOTests",
            dependencies: ["PeripheralIO", "VirtualHardware", "ThreadSanitizerSupport"],
            // Compiled by a test, and most of them must not compile.
            exclude: ["Fixtures"]
        ),
    ]
)

for target in package.targets {
    target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)]
}
