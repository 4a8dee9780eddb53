import VirtualHardware

/// Which driver serves which device: one line each.
enum DriverTable {
    static func open(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> any Driver {
        switch address.device {
        case .serial(let path):
            return try SerialDriver(
                path: path, name: address.shortName, settings: address.serial, calls: KernelCalls())
        case .virtualTTY:
            return try EchoingTTY.open(address)
        case .virtualSPI:
            let driver = VirtualSPIDriver(
                name: address.name,
                controller: VirtualSPIController(clock: address.spi.speed, faults: address.faults),
                clock: clock, dummyByte: address.spi.dummyByte)
            // A rate that a later request would be refused is refused here.
            _ = try driver.apply(.speed(address.spi.speed))
            return driver
        case .virtualUART:
            let driver = VirtualUARTDriver(
                name: address.name,
                uart: VirtualUART(
                    baudRate: address.serial.baudRate,
                    bitsPerCharacter: UInt32(address.serial.bitsPerCharacter), faults: address.faults),
                clock: clock)
            _ = try driver.apply(.speed(address.serial.baudRate))
            return driver
        }
    }
}
