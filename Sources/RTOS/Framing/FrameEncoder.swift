/// Where an encoder writes: a piece of memory and how much of it is used. Running out of it is remembered.
public struct FrameOutput: @unchecked Sendable {
    public let memory: UnsafeMutableRawBufferPointer
    public private(set) var count = 0
    /// More was written than there is room for. What is in the memory is worthless.
    public private(set) var isOverfull = false

    public init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    mutating func append(_ byte: UInt8) {
        guard count < memory.count else {
            isOverfull = true
            return
        }
        memory[count] = byte
        count &+= 1
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= memory.count - count else {
            isOverfull = true
            return
        }
        guard let source = bytes.baseAddress, let target = memory.baseAddress else { return }
        (target + count).copyMemory(from: source, byteCount: bytes.count)
        count &+= bytes.count
    }

    mutating func set(_ byte: UInt8, at place: Int) {
        if place < memory.count { memory[place] = byte }
    }
}

/// Puts packets into a form in which a decoder finds them again: a plain value.
///
/// A packet is begun, appended in as many pieces as one likes, and ended; the result is the same for every division.
public protocol FrameEncoder {
    /// The most bytes that a packet of `count` bytes takes when it is encoded.
    func largestSize(of count: Int) -> Int

    /// Begins a packet of `count` bytes.
    mutating func begin(count: Int, into output: inout FrameOutput)
    /// The next bytes of the packet.
    mutating func append(_ bytes: UnsafeRawBufferPointer, into output: inout FrameOutput)
    /// The packet is complete. False if it cannot be a packet of this kind, or if the memory was too small.
    mutating func end(into output: inout FrameOutput) -> Bool
}

extension FrameEncoder {
    /// Encodes a packet in one step, and answers how many bytes were written; nil if it cannot be a packet of this
    /// kind, or if the memory is too small.
    public mutating func encode(
        _ packet: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var output = FrameOutput(memory)
        begin(count: packet.count, into: &output)
        append(packet, into: &output)
        return end(into: &output) ? output.count : nil
    }
}
