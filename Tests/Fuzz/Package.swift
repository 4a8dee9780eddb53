// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, which need the fuzzer's own main: `scripts/fuzz` builds and runs them.
let virtualHardware = Target.Dependency.product(name: "VirtualHardware", package: "hilbridge")

let package = Package(
    name: "Fuzz",
    dependencies: [.package(name: "hilbridge", path: "../..")],
    targets: [
        .target(name: "FuzzDriver", path: "FuzzDriver"),
        .executableTarget(
            name: "MPSSEFuzz",
            dependencies: ["FuzzDriver", virtualHardware, .product(name: "RTOS", package: "hilbridge")],
            path: "MPSSEFuzz"),
        .executableTarget(
            name: "FTDIDeviceFuzz",
            dependencies: [
                "FuzzDriver", virtualHardware, .product(name: "PeripheralIO", package: "hilbridge"),
                .product(name: "RTOS", package: "hilbridge"),
            ],
            path: "FTDIDeviceFuzz"),
        .executableTarget(name: "USBIPFuzz", dependencies: ["FuzzDriver", virtualHardware], path: "USBIPFuzz"),
    ]
)
