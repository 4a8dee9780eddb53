/// What a 25-series flash says of itself: its JEDEC ID and its capacity.
public struct FlashIdentity: Hashable, Sendable {
    /// The three bytes that answer 0x9F: manufacturer, memory type, capacity as a power of two.
    public var manufacturer: UInt8
    public var memoryType: UInt8
    /// 0x10 (64 KiB) to 0x18 (16 MiB): what three address bytes reach.
    public private(set) var capacityCode: UInt8
    /// What answers 0x90 and 0xAB.
    public var deviceID: UInt8

    /// nil if `capacityCode` is beyond three address bytes, or below one 64 KiB block.
    public init?(manufacturer: UInt8, memoryType: UInt8, capacityCode: UInt8, deviceID: UInt8? = nil) {
        guard (0x10...0x18).contains(capacityCode) else { return nil }
        self.manufacturer = manufacturer
        self.memoryType = memoryType
        self.capacityCode = capacityCode
        // As Winbond, Macronix and others number them: 0x14 for 2 MiB.
        self.deviceID = deviceID ?? capacityCode - 1
    }

    private init(winbondQ capacityCode: UInt8) {
        (manufacturer, memoryType, self.capacityCode, deviceID) = (0xEF, 0x40, capacityCode, capacityCode - 1)
    }

    /// Winbond W25Q16JV, 2 MiB: EF 40 15.
    public static let w25q16 = FlashIdentity(winbondQ: 0x15)
    /// Winbond W25Q64JV, 8 MiB: EF 40 17.
    public static let w25q64 = FlashIdentity(winbondQ: 0x17)
    /// Winbond W25Q128JV, 16 MiB: EF 40 18.
    public static let w25q128 = FlashIdentity(winbondQ: 0x18)

    /// Bytes that it holds.
    public var capacity: Int { 1 << Int(capacityCode) }
}

/// How long a flash is busy with what it cannot do at once, in nanoseconds.
public struct FlashTiming: Hashable, Sendable {
    public var pageProgram: UInt64
    public var eraseSector: UInt64
    public var eraseHalfBlock: UInt64
    public var eraseBlock: UInt64
    public var eraseChip: UInt64
    public var writeStatus: UInt64
    /// From power-down to standby (tRES1).
    public var release: UInt64

    /// Winbond W25Q16JV data sheet, section 9.6, typical values.
    public static let typical = FlashTiming(
        pageProgram: 400_000, eraseSector: 45_000_000, eraseHalfBlock: 120_000_000, eraseBlock: 150_000_000,
        eraseChip: 5_000_000_000, writeStatus: 10_000_000, release: 3_000)
    /// Never busy: for tests that are not about waiting.
    public static let instant = FlashTiming(
        pageProgram: 0, eraseSector: 0, eraseHalfBlock: 0, eraseBlock: 0, eraseChip: 0, writeStatus: 0, release: 0)
}
