/// What can be wired to the pins of a virtual SPI controller. A new one is a type that conforms to this.
public protocol SPIModel: Sendable {
    /// Chip select is asserted.
    mutating func select()
    /// Eight clocks: `mosi` goes in, and what is answered comes out at the same time.
    mutating func shift(_ mosi: UInt8) -> UInt8
    /// Chip select is released.
    mutating func deselect()
}

/// A wire from MOSI to MISO.
public struct SPILoopback: SPIModel {
    public init() {}
    public mutating func select() {}
    public mutating func shift(_ mosi: UInt8) -> UInt8 { mosi }
    public mutating func deselect() {}
}
