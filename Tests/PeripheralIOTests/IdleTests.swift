import Foundation
import Testing
import VirtualHardware

@testable import PeripheralIO

/// An open peripheral with nothing to do costs nothing: the kernel's own count of how often its thread gave up the
/// processor stands still.
@Suite("Idle peripheral")
struct IdleTests {
    @Test(
        "The completion thread makes no wake-ups", arguments: Device.allCases, ModeSelectionTests.receiveModes.map(\.0))
    func noWakeUps(device: Device, mode: ControlRequest) throws {
        let line = try #require(PtyPair())
        // A name that no other thread of this process has.
        let name = "\(device)\(line.path.suffix(4))\(mode.number)"
        let driver: any Driver =
            switch device {
            case .pty: try SerialDriver(path: line.path, name: name, settings: SerialSettings(), calls: KernelCalls())
            case .uart: try VirtualUARTDriver(name: name, uart: VirtualUART(baudRate: 115_200), clock: .wall)
            case .spi:
                VirtualSPIDriver(name: name, controller: VirtualSPIController(clock: 1_000_000), clock: .wall)
            }
        let port = try Peripheral(address: DeviceAddress("virtual://uart"), driver: driver)
        try port.control(mode)
        try sleeps(port, name)
        line.hangUp()
    }

    @Test("Nor does that of a spidev node", arguments: ModeSelectionTests.receiveModes.map(\.0))
    func noWakeUpsOfNodes(mode: ControlRequest) throws {
        let name = "node\(mode.number)"
        let driver = try FakeSPIController([ScriptedSPI(script: SPIScript())]).driver(name: name)
        let port = try Peripheral(address: DeviceAddress("/dev/spidev0.0"), driver: driver)
        try port.control(mode)
        try sleeps(port, name)
    }

    private func sleeps(_ port: Peripheral, _ name: String) throws {
        // It has been at work before.
        try port.control(.useZeroCopyTX)
        #expect(port.write(TransferBuffer(pattern(200))).wait().error == nil)

        // What is left from that ends soon; a thread that wakes up now and then is never found still.
        try eventually("“hil \(name)” sleeps for half a second") {
            // A thread gives itself its name, once it runs.
            guard let before = wakeUps(ofThread: "hil \(name)") else { return false }
            Thread.sleep(forTimeInterval: 0.5)
            return wakeUps(ofThread: "hil \(name)") == before
        }
        port.close()
    }

    /// How often this thread of the process has gone to sleep by itself; nil if there is none of that name.
    private func wakeUps(ofThread name: String) -> Int? {
        for task in entries(of: "/proc/self/task") {
            guard let status = try? String(contentsOfFile: "/proc/self/task/\(task)/status", encoding: .utf8) else {
                continue
            }
            let fields = status.split(separator: "\n").map { $0.split(separator: "\t", maxSplits: 1) }
            func field(_ key: String) -> Substring? { fields.first { $0.first == "\(key):" }?.last }
            guard field("Name").map(String.init) == String(name.prefix(15)) else { continue }
            return field("voluntary_ctxt_switches").flatMap { Int($0) }
        }
        return nil
    }
}
