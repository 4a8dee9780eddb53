import FuzzDriver
import Glibc
import RTOS
import VirtualHardware

@testable import PeripheralIO

private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 3000, alignment: 64)
private let event = try! EventDescriptor()

/// Moves a segment on until the driver has sent it or fails; a driver that never does either hangs the fuzzer.
private func transfer(_ segment: Segment, _ driver: some Driver) {
    do {
        var rest = segment
        while rest.count > 0 {
            let taken = try driver.transmit(rest)
            rest = rest.dropFirst(taken)
            if taken == 0 { _ = try driver.wait(for: .room, until: .never, event: event) }
        }
        while case .busy(_, let nanoseconds) = try driver.wireState() {
            let end = driver.now.advanced(byNanoseconds: nanoseconds)
            _ = try driver.wait(for: .wire, until: end, event: event)
        }
    } catch {
        driver.abort()
    }
}

// What a device does with the transfers that the driver gives it: the first byte chooses the driver.
let result = fuzz { bytes, count in
    guard count > 1, let bytes else { return 0 }
    let script = Array(UnsafeBufferPointer(start: bytes + 1, count: count - 1))
    guard let usb = try? HostileUSB(script), let address = try? DeviceAddress("virtual://ft232h?baud=9600") else {
        return 0
    }
    if bytes[0] & 1 == 0 {
        guard let bus = try? MPSSEBus(usb),
            let driver = try? FTDISPIDriver(bus, firstAs: "hostile", settings: SPISettings())
        else { return 0 }
        let half = memory.baseAddress! + 1500
        transfer(Segment(transmit: memory.baseAddress, receive: half, count: 1500), driver)
        transfer(Segment(transmit: memory.baseAddress, receive: half, count: 900, turn: 3), driver)
        driver.close()
    } else {
        guard let driver = try? FTDIUARTDriver(usb, name: "hostile", settings: address.serial) else { return 0 }
        transfer(Segment(transmit: memory.baseAddress, receive: nil, count: 1500), driver)
        for _ in 0..<4 {
            _ = try? driver.wait(for: .data, until: driver.now.advanced(byNanoseconds: 5_000_000), event: event)
            _ = try? driver.receive(into: memory)
        }
        driver.close()
    }
    precondition(usb.pendingCount == 0, "memory that the device may still touch")
    return 0
}
exit(result)
