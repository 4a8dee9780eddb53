import CLinux
import Glibc

/// Sets a spidev node up, and says what its controller lacks. What is set outlives the descriptor, so it is put back.
struct SPINodeSetup {
    let calls: any SPIDevCalls
    let descriptor: Int32
    let path: String

    func read() throws(PeripheralError) -> hil_spi_setup {
        var setup = hil_spi_setup()
        switch calls.get(descriptor, &setup) {
        case 0: return setup
        case ENOTTY: throw .badAddress(path, reason: "not a spidev node")
        case let number: throw failure("SPI_IOC_RD_MODE32", number)
        }
    }

    /// Sets the mode. The kernel refuses some of what a controller lacks, and drops some of it in silence.
    func apply(_ mode: SPIMode) throws(PeripheralError) {
        switch calls.setMode(descriptor, mode.rawValue) {
        case 0: break
        case EINVAL: throw .notSupported("\(path): the controller lacks one of: \(mode.names)")
        case let number: throw failure("SPI_IOC_WR_MODE32", number)
        }
        let missing = mode.subtracting(SPIMode(rawValue: try read().mode))
        if !missing.isEmpty { throw .notSupported("\(path): the controller has no \(missing.names)") }
    }

    func apply(bits: Int) throws(PeripheralError) {
        switch calls.setBits(descriptor, UInt8(bits)) {
        case 0: break
        case EINVAL: throw .notSupported("\(path): the controller has no words of \(bits) bits")
        case let number: throw failure("SPI_IOC_WR_BITS_PER_WORD", number)
        }
    }

    /// The rate is the descriptor's own and is left.
    func restore(_ setup: hil_spi_setup) {
        _ = calls.setMode(descriptor, setup.mode)
        _ = calls.setBits(descriptor, setup.bits_per_word)
    }

    private func failure(_ call: String, _ number: Int32) -> PeripheralError {
        switch number {
        case ESHUTDOWN, ENODEV, ENXIO, EBADF: .deviceLost(path)
        default: .system(call: "\(call) \(path)", errno: number)
        }
    }
}
