/// Where received packets go: whoever has the blocks.
public protocol PacketSink: ~Copyable {
    /// A block for a packet that begins; nil if there is none, and the packet is skipped. Must not block.
    mutating func openPacket() -> UnsafeMutableRawBufferPointer?
    /// The first `count` bytes of the block are a complete packet, whose last byte came at `time`.
    mutating func deliverPacket(count: Int, at time: UInt64)
    /// The block that was opened holds nothing of worth.
    mutating func discardPacket(_ fault: FrameFault)
}

/// Fills blocks with what a decoder finds: the middle of a receive interrupt.
///
/// It takes bytes one at a time or many at once, with the same result. A packet is delivered whole or not at all: one
/// that does not fit, that the line damaged or for which there is no block is counted and skipped, and the next one is
/// received as if nothing had been.
///
/// The bytes may lie in the very block that they are for, at or behind the place that they go to: what is at its place
/// already is not copied.
public struct PacketAssembler<Decoder: FrameDecoder> {
    public private(set) var decoder: Decoder
    /// Packets delivered.
    public private(set) var packets: UInt64 = 0
    /// Packets and other things thrown away, for each reason.
    public private(set) var faults = FrameFaultCounts()

    /// Packets of which not one byte was copied.
    public private(set) var uncopied: UInt64 = 0

    private var block: UnsafeMutableRawBufferPointer?
    private var count = 0
    private var isCopied = false
    /// When the last byte came: a packet that a gap ends was complete then.
    private var lastTime: UInt64 = 0

    public init(_ decoder: Decoder) {
        self.decoder = decoder
    }

    /// Takes bytes that came at `time`, in nanoseconds on any clock that does not run back.
    public mutating func take<Sink: PacketSink & ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, at time: UInt64 = 0, into sink: inout Sink
    ) {
        var rest = bytes
        while let byte = rest.first {
            let run = decoder.run(rest, at: time)
            if run > 0 {
                append(UnsafeRawBufferPointer(rebasing: rest[..<run]), &sink)
                rest = UnsafeRawBufferPointer(rebasing: rest[run...])
            } else {
                handle(decoder.decode(byte, at: time), time, from: rest.baseAddress, &sink)
                rest = UnsafeRawBufferPointer(rebasing: rest[1...])
            }
        }
        if !bytes.isEmpty { lastTime = time }
    }

    /// A byte came that the line damaged.
    public mutating func takeLineError<Sink: PacketSink & ~Copyable>(at time: UInt64 = 0, into sink: inout Sink) {
        handle(decoder.decodeLineError(at: time), time, &sink)
        lastTime = time
    }

    /// No byte has come until now.
    public mutating func takeSilence<Sink: PacketSink & ~Copyable>(until time: UInt64, into sink: inout Sink) {
        handle(decoder.decodeSilence(until: time), lastTime, &sink)
    }

    /// Where the next bytes of the packet that has begun go; nil if none has.
    public var rest: UnsafeMutableRawBufferPointer? {
        block.map { UnsafeMutableRawBufferPointer(rebasing: $0[count...]) }
    }

    /// When silence will mean something, on the clock of the times that were told; nil if it will not.
    public var silenceDeadline: UInt64? {
        decoder.meaningfulSilence.map { lastTime.addingReportingOverflow($0) }.map { $0.overflow ? .max : $0.partialValue }
    }

    /// A packet was lost before it came here.
    public mutating func countLoss(_ fault: FrameFault) {
        faults[fault] += 1
    }

    /// - Parameter source: where the byte lies that the signal is about.
    private mutating func handle<Sink: PacketSink & ~Copyable>(
        _ signal: FrameSignal, _ time: UInt64, from source: UnsafeRawPointer? = nil, _ sink: inout Sink
    ) {
        switch signal {
        case .none:
            break
        case .begin(let byte):
            begin(byte, from: source, &sink)
        case .data(let byte):
            append(byte, from: source, &sink)
        case .end(let byte):
            if let byte { append(byte, from: source, &sink) }
            end(time, &sink)
        case .beginAndEnd(let byte):
            begin(byte, from: source, &sink)
            end(time, &sink)
        case .endAndBegin(let byte):
            end(lastTime, &sink)
            begin(byte, from: source, &sink)
        case .endAndFault(let fault):
            end(lastTime, &sink)
            fail(fault, &sink)
        case .fault(let fault):
            fail(fault, &sink)
        case .faultAndBegin(let fault, let byte):
            fail(fault, &sink)
            begin(byte, from: source, &sink)
        }
    }

    private mutating func begin<Sink: PacketSink & ~Copyable>(
        _ byte: UInt8?, from source: UnsafeRawPointer?, _ sink: inout Sink
    ) {
        block = sink.openPacket()
        count = 0
        isCopied = false
        if block == nil { faults[.noBlock] += 1 }
        if let byte { append(byte, from: source, &sink) }
    }

    private mutating func append<Sink: PacketSink & ~Copyable>(
        _ byte: UInt8, from source: UnsafeRawPointer?, _ sink: inout Sink
    ) {
        guard let block else { return }
        guard count < block.count else { return fail(.overlong, &sink) }
        if block.baseAddress.map({ UnsafeRawPointer($0 + count) }) != source {
            isCopied = true
            block[count] = byte
        }
        count &+= 1
    }

    private mutating func append<Sink: PacketSink & ~Copyable>(_ bytes: UnsafeRawBufferPointer, _ sink: inout Sink) {
        guard let block else { return }
        guard bytes.count <= block.count - count else { return fail(.overlong, &sink) }
        let target = block.baseAddress! + count
        if UnsafeRawPointer(target) != bytes.baseAddress {
            isCopied = true
            target.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        }
        count &+= bytes.count
    }

    private mutating func end<Sink: PacketSink & ~Copyable>(_ time: UInt64, _ sink: inout Sink) {
        guard block != nil else { return }
        block = nil
        packets += 1
        if !isCopied { uncopied += 1 }
        sink.deliverPacket(count: count, at: time)
    }

    private mutating func fail<Sink: PacketSink & ~Copyable>(_ fault: FrameFault, _ sink: inout Sink) {
        faults[fault] += 1
        guard block != nil else { return }
        block = nil
        sink.discardPacket(fault)
    }
}

/// How many packets were thrown away, for each reason.
public struct FrameFaultCounts: Hashable, Sendable {
    private var overlong: UInt64 = 0
    private var badEscape: UInt64 = 0
    private var truncated: UInt64 = 0
    private var lineError: UInt64 = 0
    private var noBlock: UInt64 = 0

    public init() {}

    public var total: UInt64 { overlong + badEscape + truncated + lineError + noBlock }

    public internal(set) subscript(fault: FrameFault) -> UInt64 {
        get {
            switch fault {
            case .overlong: overlong
            case .badEscape: badEscape
            case .truncated: truncated
            case .lineError: lineError
            case .noBlock: noBlock
            }
        }
        set {
            switch fault {
            case .overlong: overlong = newValue
            case .badEscape: badEscape = newValue
            case .truncated: truncated = newValue
            case .lineError: lineError = newValue
            case .noBlock: noBlock = newValue
            }
        }
    }
}
