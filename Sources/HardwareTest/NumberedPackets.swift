import RTOS
import VirtualHardware

/// The packets of a test: each begins with its number, and its length and content follow from that and a seed, so that
/// nothing of what was sent has to be kept.
struct NumberedPackets: Sendable {
    let seed: UInt64
    /// Bytes in the longest packet.
    let longest: Int

    /// The number alone.
    static let shortest = MemoryLayout<UInt64>.size

    init(seed: UInt64, longest: Int) {
        precondition(longest >= Self.shortest)
        self.seed = seed
        self.longest = longest
    }

    private func generator(of number: UInt64) -> SeededGenerator {
        var seeds = SeededGenerator(seed: seed, skipping: number)
        return SeededGenerator(seed: seeds.next())
    }

    func size(of number: UInt64) -> Int {
        var generator = generator(of: number)
        return Int.random(in: Self.shortest...longest, using: &generator)
    }

    /// Puts a packet into `memory`, and answers its size. There must be room for the longest.
    func fill(_ memory: UnsafeMutableRawBufferPointer, with number: UInt64) -> Int {
        let size = size(of: number)
        memory.storeBytes(of: number.littleEndian, as: UInt64.self)
        var generator = generator(of: ~number)
        var place = Self.shortest
        while place < size {
            withUnsafeBytes(of: generator.next().littleEndian) { word in
                let count = min(word.count, size - place)
                (memory.baseAddress! + place).copyMemory(from: word.baseAddress!, byteCount: count)
                place += count
            }
        }
        return size
    }

    /// The number of a packet that arrived, if all of it is as it was made. `scratch` has room for the longest.
    func number(of packet: UnsafeRawBufferPointer, scratch: UnsafeMutableRawBufferPointer) -> UInt64? {
        guard packet.count >= Self.shortest else { return nil }
        let number = UInt64(littleEndian: packet.loadUnaligned(as: UInt64.self))
        let size = fill(scratch, with: number)
        return packet.elementsEqual(scratch[..<size]) ? number : nil
    }
}
