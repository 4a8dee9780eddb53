import PeripheralIO

/// One setting of a sweep: how the line is set up, and what is sent over it.
public struct LoopbackPoint: Sendable {
    /// The clock or baud rate to ask for; nil leaves the device's.
    public var rate: UInt32?
    /// The SPI mode, 0…3; nil leaves the device's.
    public var mode: Int?
    /// Bytes in a transfer; nil for as many as suit the line.
    public var transferSize: Int?
    public var pattern: Pattern

    public init(rate: UInt32? = nil, mode: Int? = nil, transferSize: Int? = nil, pattern: Pattern) {
        self.rate = rate
        self.mode = mode
        self.transferSize = transferSize
        self.pattern = pattern
    }

    /// All combinations. What is empty is left as it is.
    public static func sweep(
        rates: [UInt32], modes: [Int], transferSizes: [Int], patterns: [Pattern]
    ) -> [LoopbackPoint] {
        var points: [LoopbackPoint] = []
        for pattern in patterns {
            for mode in optional(modes) {
                for rate in optional(rates) {
                    for size in optional(transferSizes) {
                        points.append(LoopbackPoint(rate: rate, mode: mode, transferSize: size, pattern: pattern))
                    }
                }
            }
        }
        return points
    }

    private static func optional<Value>(_ values: [Value]) -> [Value?] { values.isEmpty ? [nil] : values }

    /// The device as this point wants it.
    func address(from address: DeviceAddress) throws(PeripheralError) -> DeviceAddress {
        var address = address
        try address.set([("mode", mode.map { String($0) })])
        if let rate { try address.set([(address.isSerialPort ? "baud" : "speed", String(rate))]) }
        return address
    }
}
