import RTOS
import VirtualHardware

/// A serial port without a wire: a pseudoterminal pair made for the occasion, whose far end sends back what it gets.
///
/// Every byte passes through the kernel's own tty layer, both ways.
enum EchoingTTY {
    static func open(_ address: DeviceAddress) throws(PeripheralError) -> any Driver {
        guard let pair = PtyPair() else { throw .missing("\(address.name): the machine has no pseudoterminal left") }
        let driver = try SerialDriver(
            path: pair.path, name: address.name, settings: address.serial, calls: KernelCalls(), attachment: pair)
        // It ends when the port is closed, which makes its read fail.
        RTOSThread.start(name: "hil far end") {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 64)
            defer { buffer.deallocate() }
            while let count = pair.readSome(into: buffer) {
                guard pair.write(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
            }
        }
        return driver
    }
}
