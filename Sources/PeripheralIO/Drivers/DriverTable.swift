import VirtualHardware

/// Which driver serves which device: one line each.
enum DriverTable {
    static func open(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> any Driver {
        switch address.device {
        case .serial(let path): try openSerialPort(address, path)
        case .spidev(let path): try SPIDevOpening.open(address, path)
        case .virtualTTY: try EchoingTTY.open(address)
        case .virtualSPI: try VirtualSPIDriver.open(address, clock: clock)
        case .virtualUART: try VirtualUARTDriver.open(address, clock: clock)
        case .replay(let path): try ReplayDriver.open(address, path, clock: clock)
        case .ftdi(let place): try FTDIOpening.open(address, at: place)
        case .virtualFT232H, .virtualFlash: try FTDIOpening.openVirtual(address, clock: clock)
        }
    }

    private static func openSerialPort(
        _ address: DeviceAddress, _ path: String
    ) throws(PeripheralError) -> any Driver {
        try SerialDriver(path: path, name: address.shortName, settings: address.serial, calls: KernelCalls())
    }
}
