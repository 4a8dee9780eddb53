import RTOS
import VirtualHardware

/// One interface of a USB device, claimed: all that the FTDI drivers need of USB, and the seam at which the virtual chip
/// takes the place of a real one.
///
/// Transfers go in slots, allocated once and used again. Starting and taking back may be done by any thread, each slot by
/// one at a time; `reap` by one thread at a time.
protocol USBInterface: AnyObject, Sendable {
    /// What people call it.
    var name: String { get }
    var chip: FTDIChip { get }
    /// Counted from 1.
    var number: Int { get }
    /// Bytes of the largest bulk packet: 512 at high speed, 64 at full speed.
    var packetSize: Int { get }
    /// The time that it lives in.
    var clock: HardwareClock { get }
    /// What it is found by when it was lost and is there again; nil if it cannot be.
    var identity: DeviceIdentity? { get }

    /// Starts a transfer. Its memory belongs to the device until `reap` has told its end.
    ///
    /// - Throws: `deviceLost` if the device is gone; the transfer is not under way then.
    func submit(_ transfer: USBTransfer, slot: Int) throws(PeripheralError)

    /// Takes a transfer back, if it is under way; its end is still told by `reap`.
    func cancel(slot: Int)

    /// Sleeps until a transfer has ended, `deadline`, or a signal on one of the events, which it leaves signalled; then
    /// tells of the transfers that have ended, in their order. May return early with nothing.
    ///
    /// - Returns: true if `event` was signalled.
    func reap(
        until deadline: MonotonicTime, event: EventDescriptor, or other: EventDescriptor, _ ended: (USBEnd) -> Void
    ) throws(PeripheralError) -> Bool

    /// Sleeps until the device is gone, `deadline`, or a signal on `event`. Transfers that end meanwhile wake nobody.
    ///
    /// - Returns: true if `event` was signalled.
    /// - Throws: `deviceLost`
    func watch(until deadline: MonotonicTime, event: EventDescriptor) throws(PeripheralError) -> Bool

    /// Whole pages for the caller that the kernel hands to the controller as they are; nil if it has none.
    func mapMemory(byteCount: Int) -> UnsafeMutableRawBufferPointer?

    /// Ends the halt of both endpoints, for when one of them has stalled. Blocks for as long as two requests take.
    func clearHalts() throws(PeripheralError)

    /// Gives the interface back. No transfer is under way.
    func close()
}

extension USBInterface {
    var identity: DeviceIdentity? { nil }

    func mapMemory(byteCount: Int) -> UnsafeMutableRawBufferPointer? { nil }
}

/// What a slot can carry.
enum USBTransfer: @unchecked Sendable {
    /// The answer, if there is one, goes to the memory: as many bytes as it says.
    case control(FTDIRequest, UnsafeMutableRawPointer)
    /// Sent straight from the memory.
    case out(UnsafeRawBufferPointer)
    /// A multiple of the packet size.
    case `in`(UnsafeMutableRawBufferPointer)
}

/// How a transfer ended.
struct USBEnd: Hashable, Sendable {
    enum Status: Hashable, Sendable {
        case completed
        case stalled
        case cancelled
        case lost
        /// The device sent more than there was room for, or the controller gave up.
        case failed
    }

    var slot: Int
    var status: Status
    /// Bytes that crossed the bus.
    var count: Int
}

/// The slots of an interface: so many of each kind.
enum USBSlots {
    static let control = 0
    /// A serial line's packets end a transfer each once a millisecond: enough for when nobody looks for some time. A bus,
    /// whose bytes come when they are asked for, uses a few of them.
    static let `in` = 1..<65
    /// Enough for two 64 KiB pieces with their opcodes, and for short transfers one behind another.
    static let out = 65..<89
    static let count = 89
}
