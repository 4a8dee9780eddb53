import VirtualHardware

/// Which driver serves which device: one line each.
enum DriverTable {
    static func open(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> any Driver {
        switch address.device {
        case .serial(let path):
            try SerialDriver(
                path: path, name: address.shortName, settings: address.serial, calls: KernelCalls())
        case .virtualSPI:
            VirtualSPIDriver(
                name: address.name,
                controller: VirtualSPIController(clock: address.spi.speed, faults: address.faults),
                clock: clock, dummyByte: address.spi.dummyByte)
        case .virtualUART:
            try VirtualUARTDriver(
                name: address.name,
                uart: VirtualUART(
                    baudRate: address.serial.baudRate,
                    bitsPerCharacter: UInt32(address.serial.bitsPerCharacter), faults: address.faults),
                clock: clock)
        }
    }
}
