import RTOS

/// What can be wired to the pins of a virtual SPI controller. A new one is a type that conforms to this.
public protocol SPIModel: Sendable {
    /// Chip select is asserted.
    mutating func select()
    /// Eight clocks: `mosi` goes in, and what is answered comes out at the same time.
    mutating func shift(_ mosi: UInt8) -> UInt8
    /// Chip select is released.
    mutating func deselect()
    /// The time of the next call, told before it if `keepsTime` is true. Does nothing unless there is something to do.
    mutating func advance(to now: MonotonicTime)
    /// True if it has to be told the time.
    static var keepsTime: Bool { get }
}

extension SPIModel {
    public mutating func advance(to now: MonotonicTime) {}
    public static var keepsTime: Bool { false }
}

/// A device whose answer to a byte depends only on the bytes before, as that of every device does that is more than a
/// wire: it can be clocked bit by bit, since its answer is there before the first.
public protocol SPIByteDevice: SPIModel {
    /// What goes out during the next eight clocks; 0xFF if it drives nothing.
    var next: UInt8 { get }
    /// A byte has come in.
    mutating func take(_ mosi: UInt8)
    /// Chip select is released, in the middle of a byte or not.
    mutating func deselect(inMidByte: Bool)
}

extension SPIByteDevice {
    public mutating func shift(_ mosi: UInt8) -> UInt8 {
        let answer = next
        take(mosi)
        return answer
    }

    public mutating func deselect() { deselect(inMidByte: false) }
}

/// A wire from MOSI to MISO.
public struct SPILoopback: SPIModel {
    public init() {}
    public mutating func select() {}
    public mutating func shift(_ mosi: UInt8) -> UInt8 { mosi }
    public mutating func deselect() {}
}
