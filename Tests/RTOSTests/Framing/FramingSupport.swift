import RTOS

/// Keeps the packets that an assembler finds, each in a block of `room` bytes.
struct CollectingSink: PacketSink, Equatable {
    var packets: [[UInt8]] = []
    var times: [UInt64] = []
    var discarded: [FrameFault] = []
    var room = 4096
    /// Blocks that there are; each is back as soon as its packet is delivered or discarded.
    var hasBlocks = true
    private var storage: Storage

    final class Storage: Equatable {
        let memory: UnsafeMutableRawBufferPointer

        init(_ size: Int) {
            memory = .allocate(byteCount: size, alignment: 8)
        }

        deinit {
            memory.deallocate()
        }

        static func == (left: Storage, right: Storage) -> Bool { true }
    }

    init(room: Int = 4096) {
        self.room = room
        storage = Storage(max(room, 1))
    }

    mutating func openPacket() -> UnsafeMutableRawBufferPointer? {
        hasBlocks ? UnsafeMutableRawBufferPointer(rebasing: storage.memory[..<room]) : nil
    }

    mutating func deliverPacket(count: Int, at time: UInt64) {
        packets.append(Array(storage.memory[..<count]))
        times.append(time)
    }

    mutating func discardPacket(_ fault: FrameFault) {
        discarded.append(fault)
    }
}

/// Blocks that bytes are read into before anybody knows what packet they belong to, as a receiver does.
private struct InPlaceSink: PacketSink {
    var collected = CollectingSink()
    let room: Int
    private var spare: CollectingSink.Storage?
    private var begun: CollectingSink.Storage?
    /// The present piece may lie in them, so they may not go before it has been looked at.
    var complete: [CollectingSink.Storage] = []

    init(room: Int) {
        self.room = room
    }

    private func area(_ block: CollectingSink.Storage) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: block.memory[..<room])
    }

    mutating func spareMemory() -> UnsafeMutableRawBufferPointer {
        let block = spare ?? CollectingSink.Storage(max(room, 1))
        spare = block
        return area(block)
    }

    mutating func openPacket() -> UnsafeMutableRawBufferPointer? {
        let block = spare ?? CollectingSink.Storage(max(room, 1))
        spare = nil
        begun = block
        return area(block)
    }

    mutating func deliverPacket(count: Int, at time: UInt64) {
        collected.packets.append(Array(begun!.memory[..<count]))
        collected.times.append(time)
        complete.append(begun!)
        begun = nil
    }

    mutating func discardPacket(_ fault: FrameFault) {
        collected.discarded.append(fault)
        spare = spare ?? begun
        begun = nil
    }
}

/// All that came of one input.
struct Assembled: Equatable {
    var packets: [[UInt8]]
    var times: [UInt64]
    var discarded: [FrameFault]
    var faults: FrameFaultCounts
}

/// What can come from a line.
enum LineEvent: Equatable {
    case byte(UInt8)
    case lineError
    case silence(UInt64)
}

func assemble(
    _ decoder: some FrameDecoder, _ pieces: [[UInt8]], times: [UInt64] = [], room: Int = 4096
) -> Assembled {
    var sink = CollectingSink(room: room)
    var assembler = PacketAssembler(decoder)
    for (index, piece) in pieces.enumerated() {
        piece.withUnsafeBytes { assembler.take($0, at: index < times.count ? times[index] : 0, into: &sink) }
    }
    return Assembled(
        packets: sink.packets, times: sink.times, discarded: sink.discarded, faults: assembler.faults)
}

/// The same, each piece read into the block that its packet is expected in, as far as it fits there.
func assembleInPlace(_ decoder: some FrameDecoder, _ pieces: [[UInt8]], room: Int) -> Assembled {
    var sink = InPlaceSink(room: room)
    var assembler = PacketAssembler(decoder)
    for piece in pieces {
        let places = assembler.rest ?? sink.spareMemory()
        guard piece.count <= places.count else {
            piece.withUnsafeBytes { assembler.take($0, into: &sink) }
            continue
        }
        places.copyBytes(from: piece)
        assembler.take(UnsafeRawBufferPointer(rebasing: places[..<piece.count]), into: &sink)
        sink.complete.removeAll()
    }
    return Assembled(
        packets: sink.collected.packets, times: sink.collected.times, discarded: sink.collected.discarded,
        faults: assembler.faults)
}

func assemble(_ decoder: some FrameDecoder, _ bytes: [UInt8], room: Int = 4096) -> Assembled {
    assemble(decoder, [bytes], room: room)
}

func bytewise(_ decoder: some FrameDecoder, _ bytes: [UInt8], room: Int = 4096) -> Assembled {
    assemble(decoder, bytes.map { [$0] }, room: room)
}

func encode(_ encoder: some FrameEncoder, _ packet: [UInt8]) -> [UInt8]? {
    encode(encoder, pieces: [packet])
}

func encode(_ encoder: some FrameEncoder, pieces: [[UInt8]]) -> [UInt8]? {
    var encoder = encoder
    let count = pieces.map(\.count).reduce(0, +)
    let size = encoder.largestSize(of: count)
    return withUnsafeTemporaryAllocation(byteCount: max(size, 1), alignment: 1) { memory in
        var output = FrameOutput(UnsafeMutableRawBufferPointer(rebasing: memory[..<size]))
        encoder.begin(count: count, into: &output)
        for piece in pieces { piece.withUnsafeBytes { encoder.append($0, into: &output) } }
        return encoder.end(into: &output) ? Array(memory[..<output.count]) : nil
    }
}
