import Testing

@testable import PeripheralIO

@Suite("Device identity")
struct DeviceIdentityTests {
    private func identity(
        _ serialNumber: String?, at place: String = "/sys/1-1:1.0", interface: String = "00",
        product: String = "0403:6010"
    ) -> DeviceIdentity {
        DeviceIdentity(product: product, serialNumber: serialNumber, interface: interface, place: place)
    }

    @Test("With a serial number a device is the same wherever it is plugged in")
    func serialNumber() {
        #expect(identity("A").isSame(as: identity("A", at: "/sys/2-4:1.0")))
        #expect(!identity("A").isSame(as: identity("B")))
        #expect(!identity("A").isSame(as: identity("A", interface: "01")))
        #expect(!identity("A").isSame(as: identity("A", product: "0403:6014")))
        #expect(!identity("A").isSame(as: identity(nil)))
    }

    @Test("Without one, its place decides")
    func place() {
        #expect(identity(nil).isSame(as: identity(nil)))
        #expect(!identity(nil).isSame(as: identity(nil, at: "/sys/1-2:1.0")))
    }

    @Test("A virtual device and a pty have none, and are found by their names")
    func none() throws {
        #expect(try Peripheral("virtual://uart").identity == nil)
        let address = try DeviceAddress("virtual://uart")
        #expect(address.following(nil) == address)
    }
}
