import RTOS

/// A 25-series SPI NOR flash: a plain value that is told the time and the bytes. On the pins of a virtual chip it goes
/// in `SPIPins`; on a virtual SPI controller as it is.
///
/// Reads (03, 0B, 5A), page program with wrap inside its page (02), erases of 4, 32 and 64 KiB and of all (20, 52, D8,
/// 60, C7), write enable and disable (06, 50, 04), three status registers (05/35/15, 01/31/11) whose protection bits
/// protect, JEDEC ID (9F), device ID (90, AB), unique ID (4B), deep power-down and release (B9, AB), reset (66, 99).
/// While it is busy it answers the status reads and ignores the rest.
public struct NORFlash: SPIByteDevice, Sendable {
    /// Bytes that one program command can reach.
    public static let pageSize = 256
    /// The smallest erase.
    public static let sectorSize = 4096
    public static var keepsTime: Bool { true }

    public let identity: FlashIdentity
    public var timing: FlashTiming
    /// What it holds: `identity.capacity` bytes.
    public private(set) var contents: [UInt8]
    /// How many commands have changed the contents.
    public private(set) var changeCount: UInt64 = 0
    /// True between deep power-down and release.
    public private(set) var isPoweredDown = false

    private(set) var status = FlashStatus()
    private let parameters: [UInt8]
    private var now = MonotonicTime(nanoseconds: 0)
    private var busyUntil = MonotonicTime(nanoseconds: 0)
    /// A reset is taken only right after its enable command.
    private var isResetEnabled = false

    // The command under way.
    private var opcode: UInt8?
    /// Bytes that came behind the opcode.
    private var count = 0
    private var address = 0
    private var page: [UInt8] = []
    private var statusBytes: (UInt8, UInt8) = (0, 0)
    public private(set) var next: UInt8 = Self.floating

    /// What the pull-up reads where it drives nothing.
    private static let floating: UInt8 = 0xFF

    /// - Parameter contents: what it holds from the first address on; cut off at its capacity, erased behind.
    public init(
        _ identity: FlashIdentity = .w25q16, contents: [UInt8] = [], timing: FlashTiming = .typical
    ) {
        self.identity = identity
        self.timing = timing
        // One piece of memory, touched once: megabytes take a millisecond to fill.
        self.contents = [UInt8](repeating: 0xFF, count: identity.capacity)
        let count = min(contents.count, identity.capacity)
        self.contents.replaceSubrange(..<count, with: contents[..<count])
        parameters = FlashParameters.table(capacity: identity.capacity)
    }

    /// True while it programs, erases or writes its status.
    public var isBusy: Bool { now < busyUntil }

    public mutating func advance(to now: MonotonicTime) {
        self.now = max(self.now, now)
    }

    public mutating func select() {
        opcode = nil
        next = Self.floating
    }

    // MARK: Bytes

    public mutating func take(_ mosi: UInt8) {
        guard let opcode else { return begin(mosi) }
        // Only reads go on without end.
        if count < Int.max { count += 1 }
        switch opcode {
        case 0x03: read(mosi, addressBytes: 3, dummies: 0)
        case 0x0B, 0x5A: read(mosi, addressBytes: 3, dummies: 1)
        case 0x02: program(mosi)
        case 0x20, 0x52, 0xD8: if count <= 3 { address = address << 8 | Int(mosi) }
        case 0x01: if count == 1 { statusBytes.0 = mosi } else if count == 2 { statusBytes.1 = mosi }
        case 0x31, 0x11: if count == 1 { statusBytes.0 = mosi }
        case 0x05, 0x35, 0x15: next = statusByte(opcode)
        case 0x9F:
            next = [identity.manufacturer, identity.memoryType, identity.capacityCode][count % 3]
        case 0x90:
            if count == 3 { address = Int(mosi & 1) }
            if count >= 3 {
                next = (count - 3 + address) % 2 == 0 ? identity.manufacturer : identity.deviceID
            }
        case 0xAB: if count >= 3 { next = identity.deviceID }
        case 0x4B: next = (4..<12).contains(count) ? UInt8(0xA0 + count - 4) : Self.floating
        default: break
        }
    }

    private mutating func begin(_ mosi: UInt8) {
        let isStatus = mosi == 0x05 || mosi == 0x35 || mosi == 0x15
        if isPoweredDown, mosi != 0xAB { return ignore() }
        if isBusy, !isStatus { return ignore() }
        (opcode, count, address) = (mosi, 0, 0)
        page.removeAll(keepingCapacity: true)
        switch mosi {
        case 0x05, 0x35, 0x15: next = statusByte(mosi)
        case 0x9F: next = identity.manufacturer
        default: break
        }
    }

    /// The rest of the command falls on deaf ears. No command has this opcode.
    private mutating func ignore() {
        opcode = 0x00
    }

    private func statusByte(_ opcode: UInt8) -> UInt8 {
        switch opcode {
        case 0x35: status.second
        case 0x15: status.third
        default: status.first | (isBusy ? FlashStatus.busy : 0)
        }
    }

    private mutating func read(_ mosi: UInt8, addressBytes: Int, dummies: Int) {
        if count <= addressBytes { address = address << 8 | Int(mosi) }
        guard count >= addressBytes + dummies else { return }
        if opcode == 0x5A {
            next = address < parameters.count ? parameters[address] : Self.floating
        } else {
            next = contents[address & (contents.count - 1)]
        }
        address += 1
    }

    private mutating func program(_ mosi: UInt8) {
        guard count > 3 else {
            address = address << 8 | Int(mosi)
            return
        }
        if page.isEmpty { page.append(contentsOf: repeatElement(0xFF, count: Self.pageSize)) }
        // What goes beyond the end of the page comes in at its beginning, over what was there.
        page[(address + count - 4) % Self.pageSize] = mosi
    }

    // MARK: The end of a command

    public mutating func deselect(inMidByte: Bool) {
        defer {
            opcode = nil
            next = Self.floating
        }
        // A command that is not whole is not carried out.
        guard let opcode, !inMidByte else { return }
        let wasResetEnabled = isResetEnabled
        isResetEnabled = opcode == 0x66
        switch opcode {
        case 0x06, 0x50: status.isWriteEnabled = true
        case 0x04: status.isWriteEnabled = false
        case 0x02: finishProgram()
        case 0x20: erase(Self.sectorSize, timing.eraseSector)
        case 0x52: erase(32768, timing.eraseHalfBlock)
        case 0xD8: erase(65536, timing.eraseBlock)
        case 0x60, 0xC7: eraseAll()
        case 0x01, 0x31, 0x11: writeStatus(opcode)
        case 0xB9: isPoweredDown = true
        case 0xAB:
            if isPoweredDown { busyUntil = now.advanced(byNanoseconds: timing.release) }
            isPoweredDown = false
        case 0x99: if wasResetEnabled { status.isWriteEnabled = false }
        default: break
        }
    }

    /// True once for each write enable.
    private mutating func mayWrite(_ range: Range<Int>) -> Bool {
        guard status.isWriteEnabled else { return false }
        status.isWriteEnabled = false
        return !range.overlaps(status.protected(capacity: contents.count))
    }

    private mutating func finishProgram() {
        guard count > 3 else { return }
        let base = address & (contents.count - 1) & ~(Self.pageSize - 1)
        guard mayWrite(base..<base + Self.pageSize) else { return }
        // Programming makes zeros of ones, and never the other way round.
        for place in 0..<Self.pageSize { contents[base + place] &= page[place] }
        changed(busyFor: timing.pageProgram)
    }

    private mutating func erase(_ size: Int, _ duration: UInt64) {
        guard count == 3 else { return }
        let base = address & (contents.count - 1) & ~(size - 1)
        guard mayWrite(base..<base + size) else { return }
        for place in base..<base + size { contents[place] = 0xFF }
        changed(busyFor: duration)
    }

    private mutating func eraseAll() {
        guard count == 0, mayWrite(0..<contents.count) else { return }
        for place in contents.indices { contents[place] = 0xFF }
        changed(busyFor: timing.eraseChip)
    }

    private mutating func changed(busyFor duration: UInt64) {
        changeCount += 1
        busyUntil = now.advanced(byNanoseconds: duration)
    }

    private mutating func writeStatus(_ opcode: UInt8) {
        guard count > 0, status.isWriteEnabled else { return }
        status.isWriteEnabled = false
        let writable = FlashStatus.writable
        switch opcode {
        case 0x01:
            status.first = statusBytes.0 & writable.first
            if count > 1 { status.second = statusBytes.1 & writable.second }
        case 0x31: status.second = statusBytes.0 & writable.second
        default: status.third = statusBytes.0 & writable.third
        }
        busyUntil = now.advanced(byNanoseconds: timing.writeStatus)
    }
}
