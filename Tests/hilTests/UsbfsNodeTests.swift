import Glibc
import RTOS
import Testing

@testable import FT232HMock
@testable import VirtualHardware

@Suite("What the mock's usbfs knows of a device")
struct UsbfsNodeTests {
    private static let fresh = UsbfsNode(interfaceCount: 1, driver: "ftdi_sio")

    private func ending(_ number: UInt64) -> URBCompletion {
        URBCompletion(
            id: number, endpoint: 0x81, status: .completed, count: 0, time: MonotonicTime(nanoseconds: 0))
    }

    @Test("An interface is the kernel's until it is taken from its driver, then one file's until that is closed")
    func claims() throws {
        var node = Self.fresh
        let (first, second) = (node.open(), node.open())
        #expect(throws: UsbfsRefusal(EBUSY)) { try node.claim(0, by: first) }
        try node.disconnectAndClaim(0, from: "usbfs", isExcepted: true, by: first)
        #expect(try node.driverName(of: 0) == "usbfs")
        #expect(throws: UsbfsRefusal(EBUSY)) {
            try node.disconnectAndClaim(0, from: "usbfs", isExcepted: true, by: second)
        }
        #expect(throws: UsbfsRefusal(EINVAL)) { try node.release(0, by: second) }
        let urbs = node.close(first)
        #expect(urbs == [])
        #expect(throws: UsbfsRefusal(ENODATA)) { try node.driverName(of: 0) }
        try node.connect(0)
        #expect(try node.holder(of: 0) == .driver("ftdi_sio"))
        #expect(throws: UsbfsRefusal(ENOENT)) { try node.claim(1, by: second) }
    }

    @Test("URBs are reaped once each, by the file that submitted them, in the order of their ends")
    func reaping() throws {
        var node = Self.fresh
        let (first, second) = (node.open(), node.open())
        // A URB that claims an interface needs it free; one for endpoint 0 needs none.
        #expect(throws: UsbfsRefusal(EBUSY)) { try node.submit(at: 0x1000, interface: 0, by: first) }
        let early = try node.submit(at: 0x1000, interface: nil, by: first)
        let late = try node.submit(at: 0x2000, interface: nil, by: first)
        #expect(try node.underWay(at: 0x2000, of: first) == late)
        #expect(throws: UsbfsRefusal(EINVAL)) { try node.underWay(at: 0x2000, of: second) }
        #expect(!node.hasEnded)
        let areKept = [node.end(ending(late), of: first), node.end(ending(early), of: first)]
        #expect(areKept == [true, true])
        #expect(throws: UsbfsRefusal(EINVAL)) { try node.underWay(at: 0x2000, of: first) }
        #expect(node.hasEnded)
        let reaped = [node.reap(second), node.reap(first), node.reap(first), node.reap(first)].map { $0?.id }
        #expect(reaped == [nil, late, early, nil])
        #expect(!node.hasEnded)
    }

    @Test("A closed file's URBs are to be taken back, and their ends interest nobody")
    func closing() throws {
        var node = Self.fresh
        let file = node.open()
        try node.disconnect(0)
        let number = try node.submit(at: 0x1000, interface: 0, by: file)
        #expect(try node.holder(of: 0) == .file(file))
        let urbs = node.close(file)
        #expect(urbs == [number])
        let isKept = node.end(ending(number), of: file)
        #expect(!isKept)
        #expect(try node.holder(of: 0) == nil && !node.hasEnded)
    }
}
