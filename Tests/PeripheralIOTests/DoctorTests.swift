import Glibc
import Testing

@testable import PeripheralIO

@Suite("Doctor")
struct DoctorTests {
    /// A machine on which all is well.
    private var facts: DoctorFacts {
        DoctorFacts(nil, isWell: true)
    }

    private func kinds(_ change: (inout DoctorFacts) -> Void) -> [Finding.Kind] {
        var facts = facts
        change(&facts)
        return Doctor.findings(in: facts).map(\.kind)
    }

    @Test("finds nothing where all is well")
    func well() {
        #expect(kinds { _ in } == [])
        #expect(kinds { $0.devices = [DoctorFacts.Device(url: "/dev/ttyUSB0", latencyTimer: (1, "/sys/x"))] } == [])
        #expect(kinds { $0.bufferSize = 65536 } == [])
    }

    @Test("finds each thing that can be wrong with the machine")
    func machine() {
        #expect(kinds { $0.udevIsRunning = false } == [.udevIsNotRunning])
        #expect(kinds { $0.hasRules = false } == [.noRules])
        #expect(kinds { $0.bufferSize = 4096 } == [.smallBuffer])
        #expect(kinds { $0.hasRealTime = false } == [.noRealTime])
        #expect(kinds { $0.unboundSPI = ["spi0.0"] } == [.spidevIsNotBound])
        #expect(kinds { $0.asked = "/dev/nonesuch" } == [.noSuchDevice])
        #expect(
            kinds {
                $0.asked = "/dev/spidev0.0"
                $0.unboundSPI = ["spi0.0"]
            } == [.spidevIsNotBound])
    }

    @Test("finds each thing that can be wrong with a device, and says the line that mends it")
    func device() throws {
        var device = DoctorFacts.Device(url: "ftdi://ftdi:232h:X/1", node: "/dev/bus/usb/001/002")
        device.isPermitted = false
        device.permissionCure = "join its group"
        device.holder = DeviceHolder(process: 42, name: "tio")
        device.ftdiDriver = "ftdi_sio"
        device.usbPath = "1-1:1.0"
        device.latencyTimer = (16, "/sys/bus/usb-serial/devices/ttyUSB0/latency_timer")
        var facts = facts
        facts.devices = [device]
        let findings = Doctor.findings(in: facts)
        #expect(findings.map(\.kind) == [.noPermission, .heldByDriver, .heldByProcess, .latencyTimer])
        #expect(findings.allSatisfy { $0.device == device.url })
        #expect(
            findings.map(\.cure) == [
                "join its group", "echo 1-1:1.0 | sudo tee /sys/bus/usb/drivers/ftdi_sio/unbind", "kill 42",
                "echo 1 | sudo tee /sys/bus/usb-serial/devices/ttyUSB0/latency_timer",
            ])
        #expect(findings[2].problem == "in use by tio (process 42)")
    }
}

extension DoctorFacts {
    /// Nothing is wrong unless it is said.
    fileprivate init(_ asked: String?, isWell: Bool) {
        self.init(
            asked: asked, devices: [], unboundSPI: [], udevIsRunning: isWell, hasRules: isWell, bufferSize: nil,
            hasRealTime: isWell)
    }
}
