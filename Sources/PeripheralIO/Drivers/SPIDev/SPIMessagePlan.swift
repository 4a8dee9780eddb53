import CLinux

/// What a spidev node takes in one `SPI_IOC_MESSAGE`.
struct SPIMessageLimits: Hashable, Sendable {
    /// The request's size has 14 bits, and a transfer 32 bytes.
    static let mostTransfers = 511

    /// Bytes sent, and bytes received, counted apart: spidev's parameter `bufsiz`.
    var bufferSize: Int
    /// Each transfer counts as a multiple of this (`ARCH_KMALLOC_MINALIGN` of the kernel).
    var alignment: Int = SPIMessageLimits.kernelAlignment

    /// The longest transfer that fits.
    var longestTransfer: Int { bufferSize / alignment * alignment }

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
}

/// Divides a transaction into messages that the kernel takes, with chip select kept between them: a plain value that
/// goes from one message to the next.
///
/// `cs_change` of a transfer that is not a message's last releases chip select for a moment; of the last one, it keeps
/// chip select (include/linux/spi/spi.h).
struct SPIMessagePlan {
    let limits: SPIMessageLimits
    let defaults: SPITransferDefaults
    /// Chip select is released behind the last segment.
    let releasesAtEnd: Bool
    /// Chip select has not been asserted yet.
    private var isAtStart: Bool
    private var segment = 0
    private var offset = 0

    init(_ limits: SPIMessageLimits, _ defaults: SPITransferDefaults, isSelected: Bool, releasesAtEnd: Bool) {
        self.limits = limits
        self.defaults = defaults
        self.releasesAtEnd = releasesAtEnd
        isAtStart = !isSelected
    }

    /// A message: so many transfers, which move so many bytes.
    struct Message: Hashable {
        var transfers = 0
        var bytes = 0
        /// Chip select stays asserted behind it.
        var keepsChipSelect = false
    }

    /// All has been planned.
    func isComplete(of segments: UnsafeBufferPointer<SPISegment>) -> Bool {
        !segments[min(segment, segments.count)...].contains { $0.count > 0 }
    }

    /// The next message. There must be one.
    ///
    /// - Parameters:
    ///   - transfers: room for `SPIMessageLimits.mostTransfers`.
    ///   - dummies: as many bytes as a message can have.
    mutating func next(
        of segments: UnsafeBufferPointer<SPISegment>, dummies: UnsafeRawPointer,
        into transfers: UnsafeMutableBufferPointer<spi_ioc_transfer>
    ) -> Message {
        skipEmpty(segments)
        var message = Message()
        var (sentRoom, receivedRoom) = (limits.longestTransfer, limits.longestTransfer)
        if isAtStart, defaults.setupTime > 0 {
            // It moves nothing, but chip select is asserted, and the time passes.
            var wait = transfer(of: segments[segment])
            (wait.delay_usecs, wait.word_delay_usecs) = (defaults.setupTime, 0)
            transfers[0] = wait
            message.transfers = 1
        }
        isAtStart = false
        while segment < segments.count, message.transfers < SPIMessageLimits.mostTransfers {
            let present = segments[segment]
            var next = transfer(of: present)
            let sends = present.sent != nil || !isOneWay(present)
            let room = min(sends ? sentRoom : .max, present.received != nil ? receivedRoom : .max)
            let count = min(present.count - offset, min(room, limits.longestTransfer))
            if count == 0 { break }
            next.len = UInt32(count)
            if sends { next.tx_buf = UInt64(UInt(bitPattern: present.sent.map { $0 + offset } ?? dummies)) }
            if let received = present.received { next.rx_buf = UInt64(UInt(bitPattern: received + offset)) }
            let counted = (count + limits.alignment - 1) / limits.alignment * limits.alignment
            if sends { sentRoom -= counted }
            if present.received != nil { receivedRoom -= counted }
            offset += count
            message.bytes += count
            let isSegmentsEnd = offset == present.count
            if isSegmentsEnd {
                next.delay_usecs = present.delay
                next.cs_change = present.pulsesChipSelect ? 1 : 0
                (segment, offset) = (segment + 1, 0)
                skipEmpty(segments)
                if segment == segments.count { next.delay_usecs = max(present.delay, defaults.holdTime) }
            }
            transfers[message.transfers] = next
            message.transfers += 1
        }
        let isEnd = segment == segments.count
        let pulses = transfers[message.transfers - 1].cs_change == 1
        message.keepsChipSelect = isEnd ? !releasesAtEnd : !pulses
        transfers[message.transfers - 1].cs_change = message.keepsChipSelect ? 1 : 0
        return message
    }

    private mutating func skipEmpty(_ segments: UnsafeBufferPointer<SPISegment>) {
        while segment < segments.count, segments[segment].count == 0 { segment += 1 }
    }

    /// With several lanes, or a single wire for both directions, nothing is sent while bytes come in.
    private func isOneWay(_ segment: SPISegment) -> Bool {
        segment.received != nil && (defaults.isThreeWire || segment.receiveLanes ?? defaults.receiveLanes > 1)
    }

    private func transfer(of segment: SPISegment) -> spi_ioc_transfer {
        var transfer = spi_ioc_transfer()
        transfer.speed_hz = min(segment.speed ?? defaults.speed, defaults.fastest)
        transfer.bits_per_word = UInt8(segment.bitsPerWord ?? defaults.bitsPerWord)
        transfer.word_delay_usecs = max(segment.wordDelay, defaults.wordDelay)
        transfer.tx_nbits = UInt8(segment.sendLanes ?? defaults.sendLanes)
        transfer.rx_nbits = UInt8(segment.receiveLanes ?? defaults.receiveLanes)
        return transfer
    }
}
