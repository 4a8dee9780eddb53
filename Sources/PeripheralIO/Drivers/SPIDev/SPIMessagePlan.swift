import CLinux

/// What a spidev node takes in one `SPI_IOC_MESSAGE`.
struct SPIMessageLimits: Hashable, Sendable {
    /// The request's size has 14 bits, and a transfer 32 bytes.
    static let mostTransfers = 511

    /// Each transfer counts as a multiple of this (`ARCH_KMALLOC_MINALIGN` of the kernel): a power of two.
    let alignment: Int
    /// The longest transfer that fits; and that many bytes fit besides each other, sent and received counted apart.
    let longestTransfer: Int

    /// - Parameter bufferSize: spidev's parameter `bufsiz`.
    init(bufferSize: Int, alignment: Int = SPIMessageLimits.kernelAlignment) {
        self.alignment = alignment
        longestTransfer = bufferSize & ~(alignment - 1)
    }

    /// What a transfer of so many bytes counts as.
    @inline(__always)
    func counted(_ bytes: Int) -> Int { (bytes &+ alignment &- 1) & ~(alignment &- 1) }

    #if arch(x86_64) || arch(i386)
        static let kernelAlignment = 8
    #else
        static let kernelAlignment = 128
    #endif
}

/// What holds for every segment of a transaction that does not say otherwise.
struct SPITransferDefaults: Hashable, Sendable {
    var speed: UInt32
    /// No segment is faster.
    var fastest = UInt32.max
    var bitsPerWord: Int
    var sendLanes = 1
    var receiveLanes = 1
    /// One wire for both directions: nothing is sent while bytes come in.
    var isThreeWire = false
    /// Microseconds from chip select to the first bit, and from the last bit to its release, at least.
    var setupTime: UInt16 = 0
    var holdTime: UInt16 = 0
    var wordDelay: UInt8 = 0

    /// Bytes are bytes, and may go both ways at once: a segment that says nothing else can be taken as it is.
    var isUsual: Bool { bitsPerWord == 8 && receiveLanes == 1 && !isThreeWire }

    /// And nothing is to be done but the transfer itself.
    var isSimple: Bool { isUsual && setupTime == 0 && holdTime == 0 }

    /// A segment that says nothing else as the kernel takes it, but for bytes and delay.
    var template: spi_ioc_transfer {
        var transfer = spi_ioc_transfer()
        transfer.speed_hz = min(speed, fastest)
        transfer.bits_per_word = UInt8(bitsPerWord)
        transfer.word_delay_usecs = wordDelay
        transfer.tx_nbits = UInt8(sendLanes)
        transfer.rx_nbits = UInt8(receiveLanes)
        return transfer
    }
}

/// Divides a transaction into messages that the kernel takes, with chip select kept between them: a plain value that
/// goes from one message to the next.
///
/// `cs_change` of a transfer that is not a message's last releases chip select for a moment; of the last one, it keeps
/// chip select (include/linux/spi/spi.h).
///
/// Most transactions are one short message, and what is done here is most of what is done beside the kernel: segments
/// are read where they are, and looked at once.
struct SPIMessagePlan {
    let limits: SPIMessageLimits
    let defaults: SPITransferDefaults
    private let template: spi_ioc_transfer
    /// Chip select is released behind the last segment.
    let releasesAtEnd: Bool
    /// Chip select has not been asserted yet.
    private var isAtStart: Bool
    private let segments: UnsafeBufferPointer<SPISegment>
    private var segment = 0
    private var offset = 0

    /// - Parameters:
    ///   - template: of these defaults.
    ///   - segments: has to stay where it is.
    @inline(__always)
    init(
        _ limits: SPIMessageLimits, _ defaults: SPITransferDefaults, template: spi_ioc_transfer,
        _ segments: UnsafeBufferPointer<SPISegment>, isSelected: Bool, releasesAtEnd: Bool
    ) {
        self.limits = limits
        self.defaults = defaults
        self.template = template
        self.segments = segments
        self.releasesAtEnd = releasesAtEnd
        isAtStart = !isSelected
        skipEmpty()
    }

    /// A message: so many transfers, which move so many bytes.
    struct Message: Hashable {
        var transfers = 0
        var bytes = 0
        /// Chip select stays asserted behind it.
        var keepsChipSelect = false
    }

    /// All has been planned.
    @inline(__always)
    var isComplete: Bool { segment == segments.count }

    /// The next message. There must be one.
    ///
    /// - Parameters:
    ///   - transfers: room for `SPIMessageLimits.mostTransfers`.
    ///   - dummies: as many bytes as a message can have.
    @inline(__always)
    mutating func next(
        dummies: UnsafeRawPointer, into transfers: UnsafeMutablePointer<spi_ioc_transfer>
    ) -> Message {
        var message = Message()
        var (sentRoom, receivedRoom) = (limits.longestTransfer, limits.longestTransfer)
        if isAtStart, defaults.setupTime > 0 {
            // It moves nothing, but chip select is asserted, and the time passes.
            fill(transfers, from: segments.baseAddress! + segment)
            (transfers[0].delay_usecs, transfers[0].word_delay_usecs) = (defaults.setupTime, 0)
            message.transfers = 1
        }
        isAtStart = false
        var pulses = false
        while !isComplete, message.transfers < SPIMessageLimits.mostTransfers {
            let present = segments.baseAddress! + segment
            let sends = present.pointee.sent != nil || !isOneWay(present)
            let receives = present.pointee.received != nil
            let room = min(sends ? sentRoom : limits.longestTransfer, receives ? receivedRoom : limits.longestTransfer)
            let count = min(present.pointee.count &- offset, room)
            if count == 0 { break }
            let next = transfers + message.transfers
            fill(next, from: present)
            next.pointee.len = UInt32(truncatingIfNeeded: count)
            if sends {
                next.pointee.tx_buf = address(of: present.pointee.sent.map { $0 + offset } ?? dummies)
                sentRoom &-= limits.counted(count)
            }
            if let received = present.pointee.received {
                next.pointee.rx_buf = address(of: received + offset)
                receivedRoom &-= limits.counted(count)
            }
            offset &+= count
            message.bytes &+= count
            message.transfers &+= 1
            guard offset == present.pointee.count else { continue }
            pulses = present.pointee.pulsesChipSelect
            (segment, offset) = (segment &+ 1, 0)
            skipEmpty()
            next.pointee.delay_usecs =
                isComplete ? max(present.pointee.delay, defaults.holdTime) : present.pointee.delay
            next.pointee.cs_change = pulses ? 1 : 0
        }
        message.keepsChipSelect = isComplete ? !releasesAtEnd : offset > 0 || !pulses
        transfers[message.transfers &- 1].cs_change = message.keepsChipSelect ? 1 : 0
        return message
    }

    /// Makes a message the next one, if that is the same but for the place of its bytes: in the middle of a long segment all
    /// are.
    @inline(__always)
    mutating func repeats(_ message: Message, in transfers: UnsafeMutablePointer<spi_ioc_transfer>) -> Bool {
        guard message.transfers == 1, message.bytes == limits.longestTransfer, offset > 0 else { return false }
        let present = segments.baseAddress! + segment
        guard present.pointee.count &- offset > message.bytes else { return false }
        if present.pointee.sent != nil { transfers.pointee.tx_buf &+= UInt64(message.bytes) }
        if present.pointee.received != nil { transfers.pointee.rx_buf &+= UInt64(message.bytes) }
        offset &+= message.bytes
        return true
    }

    @inline(__always)
    private mutating func skipEmpty() {
        while segment < segments.count, (segments.baseAddress! + segment).pointee.count == 0 { segment &+= 1 }
    }

    /// With several lanes, or a single wire for both directions, nothing is sent while bytes come in.
    @inline(__always)
    private func isOneWay(_ segment: UnsafePointer<SPISegment>) -> Bool {
        segment.pointee.received != nil
            && (defaults.isThreeWire || segment.pointee.receiveLanes ?? defaults.receiveLanes > 1)
    }

    /// What a transfer has from its segment but for bytes and delay.
    @inline(__always)
    private func fill(_ transfer: UnsafeMutablePointer<spi_ioc_transfer>, from segment: UnsafePointer<SPISegment>) {
        transfer.pointee = template
        if !segment.pointee.isPlain { Self.adapt(transfer, to: segment, fastest: defaults.fastest) }
    }

    /// Takes what it needs one by one: a method would have its caller lay the whole plan out on the stack.
    @inline(never)
    private static func adapt(
        _ transfer: UnsafeMutablePointer<spi_ioc_transfer>, to segment: UnsafePointer<SPISegment>, fastest: UInt32
    ) {
        let segment = segment.pointee
        if let speed = segment.speed { transfer.pointee.speed_hz = min(speed, fastest) }
        if let bits = segment.bitsPerWord { transfer.pointee.bits_per_word = UInt8(bits) }
        transfer.pointee.word_delay_usecs = max(segment.wordDelay, transfer.pointee.word_delay_usecs)
        if let lanes = segment.sendLanes { transfer.pointee.tx_nbits = UInt8(lanes) }
        if let lanes = segment.receiveLanes { transfer.pointee.rx_nbits = UInt8(lanes) }
    }

    @inline(__always)
    private func address(of place: UnsafeRawPointer) -> UInt64 { UInt64(UInt(bitPattern: place)) }
}

extension SPISegment {
    /// Says nothing of rate, words and lanes.
    @inline(__always)
    var isPlain: Bool {
        speed == nil && bitsPerWord == nil && wordDelay == 0 && sendLanes == nil && receiveLanes == nil
    }
}
