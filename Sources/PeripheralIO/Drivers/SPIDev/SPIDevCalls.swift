import CLinux

/// The requests to a spidev node: the one place where this driver meets the kernel. Tests put a kernel of their own
/// here. Each call is made once.
protocol SPIDevCalls: Sendable {
    /// `SPI_IOC_MESSAGE`, which blocks until the bytes are off the wire: the count, or a negative errno.
    func message(_ descriptor: Int32, _ transfers: UnsafeBufferPointer<spi_ioc_transfer>) -> Int
    /// The mode, word length and rate in force: a positive errno if that fails.
    func get(_ descriptor: Int32, _ setup: inout hil_spi_setup) -> Int32
    func setMode(_ descriptor: Int32, _ mode: UInt32) -> Int32
    func setBits(_ descriptor: Int32, _ bits: UInt8) -> Int32
    func setSpeed(_ descriptor: Int32, _ speed: UInt32) -> Int32
}

/// The kernel itself.
struct SPIDevKernel: SPIDevCalls {
    @inline(__always)
    func message(_ descriptor: Int32, _ transfers: UnsafeBufferPointer<spi_ioc_transfer>) -> Int {
        hil_spi_message(descriptor, transfers.baseAddress!, UInt32(transfers.count))
    }

    func get(_ descriptor: Int32, _ setup: inout hil_spi_setup) -> Int32 { hil_spi_get(descriptor, &setup) }
    func setMode(_ descriptor: Int32, _ mode: UInt32) -> Int32 { hil_spi_set_mode(descriptor, mode) }
    func setBits(_ descriptor: Int32, _ bits: UInt8) -> Int32 { hil_spi_set_bits(descriptor, bits) }
    func setSpeed(_ descriptor: Int32, _ speed: UInt32) -> Int32 { hil_spi_set_speed(descriptor, speed) }
}
