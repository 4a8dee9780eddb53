// swift-tools-version: 6.2
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let benchmark = Target.Dependency.product(name: "Benchmark", package: "benchmark")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "hilbridge",
    products: [
        .executable(name: "hil", targets: ["hil"]),
        .library(name: "RTOS", targets: ["RTOS"]),
        .library(name: "PeripheralIO", targets: ["PeripheralIO"]),
        .library(name: "HardwareTest", targets: ["HardwareTest"]),
        .library(name: "VirtualHardware", targets: ["VirtualHardware"]),
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
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .target(name: "CLinux"),
        .systemLibrary(
            name: "CLibFTDI", pkgConfig: "libftdi1", providers: [.apt(["libftdi1-dev", "libusb-1.0-0-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLibUDev", pkgConfig: "libudev", providers: [.apt(["libudev-dev"])]),
        .target(
            name: "RTOS",
            dependencies: ["CLinux"],
            // A property that returns a span says whom the span may not outlive.
            swiftSettings: [.enableExperimentalFeature("Lifetimes")]
        ),
        .target(name: "VirtualHardware", dependencies: ["CLinux", "RTOS"]),
        .target(
            name: "PeripheralIO",
            dependencies: [
                "CLibFTDI", "CLibUDev", "CLibYAML", "CLinux", "RTOS", "VirtualHardware", logging, system,
            ],
            swiftSettings: [.enableExperimentalFeature("Lifetimes")]
        ),
        .target(name: "CFirmware"),
        .target(name: "Firmware", dependencies: ["CFirmware", "CLinux", "PeripheralIO", "RTOS", "VirtualHardware"]),
        .target(name: "CMeasuring", path: "Sources/Benchmarks/CMeasuring"),
        .target(name: "CTransferPeer", dependencies: ["CMeasuring"], path: "Sources/Benchmarks/CTransferPeer"),
        .target(name: "CRTOSPeer", dependencies: ["CMeasuring"], path: "Sources/Benchmarks/CRTOSPeer"),
        .target(
            name: "CFirmwareLoad", dependencies: ["CFirmware", "CMeasuring"], path: "Sources/Benchmarks/CFirmwareLoad"),
        .target(name: "BoostPeer", dependencies: ["CMeasuring"], path: "Sources/Benchmarks/BoostPeer"),
        .target(
            name: "PairedBenchmarks", dependencies: ["CMeasuring", benchmark],
            path: "Sources/Benchmarks/PairedBenchmarks"),
        .executableTarget(
            name: "TransferBenchmarks",
            dependencies: [
                "CMeasuring", "CTransferPeer", "PairedBenchmarks", "PeripheralIO", "RTOS", "VirtualHardware", benchmark,
            ],
            path: "Sources/Benchmarks/TransferBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        .executableTarget(
            name: "RTOSBenchmarks",
            dependencies: ["BoostPeer", "CMeasuring", "CRTOSPeer", "PairedBenchmarks", "RTOS", benchmark],
            path: "Sources/Benchmarks/RTOSBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        .executableTarget(
            name: "FirmwareBenchmarks",
            dependencies: [
                "CFirmwareLoad", "CMeasuring", "CRTOSPeer", "Firmware", "PairedBenchmarks", "RTOS", benchmark,
            ],
            path: "Sources/Benchmarks/FirmwareBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        .executableTarget(
            name: "TransferProbe",
            dependencies: ["PeripheralIO", "RTOS", "VirtualHardware"],
            path: "Sources/Benchmarks/Probes/TransferProbe"
        ),
        .executableTarget(
            name: "PrimitiveProbe", dependencies: ["RTOS"], path: "Sources/Benchmarks/Probes/PrimitiveProbe"),
        .executableTarget(
            name: "FTDIProbe", dependencies: ["PeripheralIO", "RTOS"], path: "Sources/Benchmarks/Probes/FTDIProbe"),
        .executableTarget(
            name: "SPIDevProbe", dependencies: ["PeripheralIO"], path: "Sources/Benchmarks/Probes/SPIDevProbe"),
        .executableTarget(
            name: "SerialProbe", dependencies: ["PeripheralIO", "RTOS"], path: "Sources/Benchmarks/Probes/SerialProbe"),
        .target(name: "HardwareTest", dependencies: ["PeripheralIO", "VirtualHardware", crypto, histogram]),
        .executableTarget(
            name: "hil",
            dependencies: ["CLinux", "HardwareTest", "VirtualHardware", argumentParser],
            // The Swift runtime and Foundation within the command: it starts in half the time, and runs where no
            // toolchain is. The libraries are those that a static Foundation stands on.
            linkerSettings: [
                .unsafeFlags(
                    ["-static-stdlib", "-lCoreFoundation", "-l_FoundationICU", "-l_FoundationCShims"]
                        + ["-l_FoundationCollections"],
                    .when(configuration: .release))
            ]
        ),
        .testTarget(name: "HardwareTestTests", dependencies: ["HardwareTest", "VirtualHardware"]),
        .systemLibrary(
            name: "CUMockdev", path: "Tests/Mock/CUMockdev", pkgConfig: "umockdev-1.0",
            providers: [.apt(["libumockdev-dev"])]),
        // Runs a command on a machine that is made up, with the virtual FT232H on its USB.
        .executableTarget(
            name: "FT232HMock", dependencies: ["CUMockdev", "RTOS", "VirtualHardware"], path: "Tests/Mock/FT232HMock"),
        .testTarget(
            name: "hilTests", dependencies: ["hil", "FT232HMock", "HardwareTest", "PeripheralIO", "VirtualHardware"],
            exclude: ["Fixtures"]),
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
    ],
    cxxLanguageStandard: .cxx17
)

for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)]
    target.cxxSettings = (target.cxxSettings ?? []) + [.treatAllWarnings(as: .error)]
}
