import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("FTDI as a serial port", .timeLimit(.minutes(30)))
struct FTDIUARTTests {
    private func open(
        _ settings: String = "baud=3M", peer: any SerialPeer = SerialLoopback(), faults: FaultPlan = .none,
        clock: HardwareClock = .virtual(VirtualClock())
    ) throws -> (port: Peripheral, driver: FTDIUARTDriver, usb: VirtualUSBInterface) {
        let address = try DeviceAddress("virtual://ft232h?" + settings)
        let usb = try VirtualUSBInterface(
            VirtualFT232H(peer: peer, faults: faults), name: "virtual://ft232h", clock: clock)
        let driver = try FTDIUARTDriver(usb, name: address.name, settings: address.serial)
        return (try Peripheral(address: address, driver: driver), driver, usb)
    }

    @Test("What goes out on TX comes in on RX", arguments: [1, 2, 62, 510, 511, 1024, 1025, 20_000])
    func loopback(count: Int) throws {
        let (port, _, _) = try open()
        try port.control(.useCircularBufferRX(length: 65536))
        let sent = pattern(count)
        #expect(try port.write(sent) == count)
        #expect(try port.read(count) == sent)
    }

    @Test("A write is over when the last stop bit is, and not before")
    func complete() throws {
        let (port, _, usb) = try open("baud=9600", peer: SerialFarEnd(rate: 9600))
        for count in [1, 10, 300] {
            let start = usb.clock.now
            #expect(try port.write([UInt8](repeating: 0x55, count: count)) == count)
            let wire = UInt64(count) * 10 * 1_000_000_000 / 9600
            #expect(usb.clock.now.nanoseconds(since: start) >= wire)
            let isEmpty = usb.withBus { bus, _ in bus.device.uart.isTransmitterEmpty }
            #expect(isEmpty)
        }
    }

    @Test(
        "The far end gets every byte in the format that was asked for",
        arguments: ["none", "odd", "even", "mark", "space"])
    func formats(parity: String) throws {
        let (port, _, usb) = try open(
            "baud=115200&databits=7&stopbits=2&parity=\(parity)", peer: SerialFarEnd(rate: 115_200))
        #expect(try port.write([1, 2, 3]) == 3)
        let peer = usb.withBus { bus, _ in bus.device.uart.peer as! SerialFarEnd }
        #expect(peer.received.map(\.character.byte) == [1, 2, 3])
        let format = try #require(peer.received.first?.character.format)
        #expect(format.dataBits == 7 && format.halfStopBits == 4)
        #expect("\(format.parity)" == parity)
        #expect(peer.dtr && peer.rts)
    }

    @Test("The rate in force is told, and what is more than 3 % off refused")
    func rates() throws {
        let (port, _, _) = try open("baud=921600")
        #expect(port.speed == 923_077)
        #expect(try port.control(.setSpeed(115_200)) == 115_246)
        #expect(throws: PeripheralError.self) { try port.control(.setSpeed(10_000_000)) }
        #expect(port.speed == 115_246)
    }

    @Test("Modem lines, line errors and breaks are told")
    func lines() throws {
        let (port, _, usb) = try open("baud=9600", peer: SerialFarEnd(rate: 9600, lines: [.cts, .dcd]))
        try port.control(.useCircularBufferRX(length: 100))
        usb.withBus { bus, now in
            bus.withDevice(at: now) { device in
                device.uart.withPeer(SerialFarEnd.self, at: now) { peer in
                    peer.send([0x41], at: now)
                    peer.format.parity = .even
                    peer.send([0x42], at: now)
                    peer.send([0], isBreak: true, at: now)
                }
            }
        }
        #expect(try port.read(1) == [0x41])
        _ = try port.read(2)
        let status = try port.lineStatus()
        #expect(status.lines == [.cts, .dcd])
        #expect(status.errors.breakSignal >= 1 && status.errors.framing >= 1)
        try port.setBreak(true)
        let isBreaking = usb.withBus { bus, _ in bus.device.uart.isBreaking }
        #expect(isBreaking)
        try port.setBreak(false)
        #expect(usb.withBus { bus, _ in bus.device.uart.isBreaking } == false)
    }

    @Test("DTR and RTS reach the far end, and a change of its lines ends a wait")
    func lineChange() throws {
        let (port, _, usb) = try open("baud=9600", clock: .wall)
        func farEndSees() -> VirtualHardware.ModemLines { usb.withBus { bus, _ in bus.device.uart.lines } }
        let known = try port.lineStatus()
        #expect(known.lines == [.cts, .dsr, .dcd], "both lines are asserted at the start, and wired back")
        #expect(try port.waitForLineChange(from: known, .milliseconds(20)) == nil)
        let waiting = Call { try port.waitForLineChange(from: known) }
        try eventually("it waits") { port.engine.state.withLock { $0.anyoneWaits(for: .line) } }
        try port.drive(.rts, false)
        #expect(try waiting.value()?.lines == [.dsr, .dcd])
        try port.drive([.dtr, .rts], false)
        #expect(try port.lineStatus().lines == [])
        try port.drive(.dtr, true)
        #expect(try port.lineStatus().lines == [.dsr, .dcd])
        #expect(throws: PeripheralError.self) { try port.drive(.cts, true) }
        #expect(farEndSees() == [.dsr, .dcd])
    }

    @Test("Whoever waits for a change of the lines ends with the device")
    func lineLost() throws {
        let (port, _, usb) = try open("baud=9600", clock: .wall)
        let known = try port.lineStatus()
        let waiting = Call { try port.waitForLineChange(from: known) }
        try eventually("it waits") { port.engine.state.withLock { $0.anyoneWaits(for: .line) } }
        usb.withBus { bus, now in bus.unplug(at: now) }
        #expect(throws: PeripheralError.deviceLost("virtual://ft232h")) { try waiting.value() }
        #expect(throws: PeripheralError.self) { try port.lineStatus() }
    }

    @Test("A wait for the lines leaves the data to those who read it")
    func linesBesideData() throws {
        let (port, _, _) = try open(clock: .wall)
        try port.control(.useCircularBufferRX(length: 65536))
        let known = try port.lineStatus()
        let waiting = Call { try port.waitForLineChange(from: known) }
        let sent = pattern(5000)
        #expect(try port.write(sent) == 5000)
        #expect(try port.read(5000) == sent)
        port.close()
        #expect(throws: PeripheralError.closed) { try waiting.value() }
    }

    @Test("Flow control holds a write for as long as the far end likes")
    func flow() throws {
        let (port, _, usb) = try open(
            "baud=115200&flow=hard", peer: SerialFarEnd(rate: 115_200, lines: []), clock: .wall)
        let writing = Call { try port.write([1, 2, 3]) }
        try eventually("the bytes are in the chip") { usb.withBus { bus, _ in bus.device.uart.space < 1024 } }
        #expect(!writing.isOver)
        usb.withBus { bus, now in
            bus.withDevice(at: now) { device in
                device.uart.withPeer(SerialFarEnd.self, at: now) { $0.lines = [.cts] }
            }
        }
        #expect(try writing.value() == 3)
    }

    @Test("Faults end what waits", arguments: [FTDIFaultTests.Fault.stall, .unplug, .halt, .silence, .detach])
    func faults(fault: FTDIFaultTests.Fault) throws {
        let (port, _, _) = try open(faults: fault.plan(after: 600))
        let error = try Call { try port.write(pattern(5000)) }.error()
        switch fault {
        case .unplug, .detach: #expect(error == .deviceLost("virtual://ft232h"))
        case .halt: #expect(error == USBError.stall(of: "virtual://ft232h: bulk transfer"))
        default: #expect(error == .timedOut)
        }
        _ = try Call { try port.write([1]) }.result()
        try Call { port.close() }.value()
    }

    @Test("Packets pass through it as through any serial port")
    func zeroCopy() throws {
        let (port, _, _) = try open()
        try port.control(.useZeroCopyTX)
        try port.control(.useCircularBufferRX(length: 100_000))
        let sent = pattern(50_000)
        let write = port.write(TransferBuffer(sent))
        #expect(try port.read(sent.count) == sent)
        #expect(write.wait().error == nil)
    }
}
