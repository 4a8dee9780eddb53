import RTOS

/// A device, opened and configured: all that the transfer engine needs of it.
///
/// A driver knows nothing of transfer modes, mutexes or firmware. Its calls do not wait, `wait` excepted, and allocate
/// nothing. `transmit`, `wireState` and `abort` are called by one thread at a time, `receive` by one thread at a time
/// (perhaps another), `wait` by any; `close` when nobody is inside.
///
/// To add one, make a folder for it under `Drivers/` and put a line into `DriverTable`. A call that is added here, with an
/// answer for drivers that have nothing of the kind, has to be passed on by `TracingDriver`.
protocol Driver: AnyObject, Sendable {
    var facts: DriverFacts { get }

    /// Bits per second in force. Any thread.
    var speed: UInt32 { get }

    /// Offers the device bytes to send, to receive, or both. Answers how many it took from the start of the segment,
    /// 0 if it has no room now. A device may take more before what it has is off the wire; a bus sends each segment
    /// under a chip select of its own. From then until it says that the wire is idle, or until `abort` has returned, it may
    /// touch the memory of the segment, unless its facts say that it keeps none.
    func transmit(_ segment: Segment) throws(PeripheralError) -> Int

    /// Whether all that was taken is off the wire.
    func wireState() throws(PeripheralError) -> WireState

    /// Makes the device let go of the memory it was given, throwing away what has not left. Safe on a lost device.
    func abort()

    /// Moves bytes that have come in by themselves (a UART's), and answers how many; 0 if there are none now.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int

    /// The same, and tells the places in the buffer, ascending, whose bytes the line damaged (parity, framing, break).
    /// What a device cannot tell, it does not.
    func receive(
        into buffer: UnsafeMutableRawBufferPointer, damaged: (Int) -> Void
    ) throws(PeripheralError) -> Int

    /// Begins or ends to tell damaged bytes, where the device has to be asked for that. Nobody receives meanwhile.
    func markLineErrors(_ marks: Bool) throws(PeripheralError)

    /// What the device told of its line last: modem lines and errors. It tells when somebody waits for `line`. Any thread.
    func lineReport() throws(PeripheralError) -> LineReport

    /// Throws away bytes that have come in and were not received.
    func discardReceived() throws(PeripheralError)

    /// Changes a setting, and answers the value in force.
    @discardableResult
    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32

    /// Whole pages, mapped for the caller, that the device sends from and receives into without the kernel copying them;
    /// nil where there is nothing of that kind. They outlive the device, and belong to whoever asked.
    func mapMemory(byteCount: Int) -> UnsafeMutableRawBufferPointer?

    /// Carries out a transaction of many segments under one chip select, and returns when all is off the wire. It blocks,
    /// and looks meanwhile, as often as it can, whether it `isOver`; `event` is signalled when that begins.
    func transact(_ segments: [SPISegment], isOver: () -> Bool, event: EventDescriptor) throws(PeripheralError)

    /// The present time on the device's clock, which is that of all its times.
    var now: MonotonicTime { get }

    /// Sleeps until one of `interests`, the loss of the device, the deadline, or a signal on `event`, which it leaves
    /// signalled. It may return early with nothing. No interests and no deadline means no wake-ups.
    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness

    func close()
}

extension Driver {
    var now: MonotonicTime { .now }

    func markLineErrors(_ marks: Bool) throws(PeripheralError) {}

    func mapMemory(byteCount: Int) -> UnsafeMutableRawBufferPointer? { nil }

    func lineReport() throws(PeripheralError) -> LineReport {
        throw .notSupported("\(facts.name): tells nothing of modem lines and line errors")
    }

    func receive(
        into buffer: UnsafeMutableRawBufferPointer, damaged: (Int) -> Void
    ) throws(PeripheralError) -> Int {
        try receive(into: buffer)
    }

    func transact(_ segments: [SPISegment], isOver: () -> Bool, event: EventDescriptor) throws(PeripheralError) {
        throw .notSupported("\(facts.name): transactions of many segments are for spidev nodes and FTDI adapters")
    }
}

/// What never changes about an open device.
struct DriverFacts: Sendable {
    enum Kind: Sendable {
        /// Bytes come in by themselves.
        case uart
        /// Bytes come in only while bytes go out.
        case spi
    }

    var kind: Kind
    /// What people call it: the name in messages and of the completion thread.
    var name: String
    /// False where "off the wire" means no more than handed over: a pty.
    var hasWire: Bool
    /// Bits on the wire for each byte: eight on a bus, with start, parity and stop bits on a line.
    var bitsPerByte: Int
    /// False where `transmit` has copied what it took; true where the device may read a segment's memory until the wire
    /// is idle.
    var keepsMemory = false
    /// Bytes that come in are kept until they are fetched, for as long as 2 KiB take on the line.
    var keepsReceived = false
    /// False where starting a transfer can block, so that the completion thread has to do it.
    var startsInCaller = true
    /// The clock that the device's times are on.
    var hasWallTime = true
    /// The kernel whose virtual time the device lives in, if that is its time: its completion thread is one of that
    /// kernel's interrupts.
    var kernel: Kernel?
    /// What it is found by when it was lost and is there again; nil for what has nothing behind it but its name.
    var identity: DeviceIdentity?
}

/// The memory of one transfer. It is the caller's own, and nothing here copies it.
struct Segment: @unchecked Sendable {
    /// What is sent; nil sends dummy bytes (SPI).
    var transmit: UnsafeRawPointer?
    /// Where what comes in at the same time goes; nil drops it (SPI).
    var receive: UnsafeMutableRawPointer?
    var count: Int
    /// Half duplex: so many bytes are sent first, and dropped what comes in; then the others are received, under the same
    /// chip select. `receive` is where the first of those goes. nil sends and receives at the same time.
    var turn: Int?
    /// Zero copy: sent from where it lies, however short it is.
    var isInPlace = false

    /// The first `bytes` of it.
    func prefix(_ bytes: Int) -> Segment {
        var part = self
        part.count = bytes
        if let turn, turn >= bytes { (part.turn, part.receive) = (nil, nil) }
        return part
    }

    /// The part that is left when the device has taken `bytes` of it.
    func dropFirst(_ bytes: Int) -> Segment {
        var rest = self
        rest.count -= bytes
        rest.transmit = transmit.map { $0 + bytes }
        guard let turn else {
            rest.receive = receive.map { $0 + bytes }
            return rest
        }
        rest.turn = turn - min(turn, bytes)
        rest.receive = receive.map { $0 + max(0, bytes - turn) }
        // From here on there is nothing to send.
        if bytes >= turn { (rest.turn, rest.transmit) = (nil, nil) }
        return rest
    }

    /// What is sent at a place of it; nil for a dummy byte.
    func sent(at place: Int) -> UInt8? {
        if let turn, place >= turn { return nil }
        return transmit?.load(fromByteOffset: place, as: UInt8.self)
    }

    /// Puts away what came in at a place of it.
    func received(_ byte: UInt8, at place: Int) {
        let place = place - (turn ?? 0)
        if place >= 0 { receive?.storeBytes(of: byte, toByteOffset: place, as: UInt8.self) }
    }
}

enum WireState: Hashable, Sendable {
    /// Everything has left; the time it did, where the device knows.
    case idle(since: MonotonicTime?)
    /// Of the bytes that were taken these many, the last ones, are still to leave, which takes about this long.
    case busy(bytes: Int, nanoseconds: UInt64)
}

/// What a device is ready for.
struct Readiness: OptionSet, Sendable {
    let rawValue: UInt8

    /// It takes more bytes to send.
    static let room = Readiness(rawValue: 1)
    /// Bytes have come in.
    static let data = Readiness(rawValue: 2)
    /// The event descriptor was signalled.
    static let event = Readiness(rawValue: 4)
    /// The wire has become idle, where the device tells.
    static let wire = Readiness(rawValue: 8)
    /// The device has told something of its line.
    static let line = Readiness(rawValue: 16)
}

/// What can be changed on an open device.
enum LineSetting: Hashable, Sendable {
    /// Bits per second.
    case speed(UInt32)
    case spiDataBits(Int)
    case spiClockPhase(SPIClockPhase)
    case spiClockPolarity(SPIClockPolarity)
    case holdChipSelect(Bool)
    case modemLines(ModemLines, Bool)
    case breakSignal(Bool)
}
