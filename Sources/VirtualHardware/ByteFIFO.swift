import RTOS

/// A hardware FIFO of bytes: a ring in a value of its own, for models that are copied.
struct ByteFIFO: Sendable {
    private var bytes: [UInt8]
    private var indices: RingIndices

    init(capacity: Int) {
        bytes = [UInt8](repeating: 0, count: capacity)
        indices = RingIndices(capacity: capacity)
    }

    var count: Int { indices.count }
    var space: Int { indices.space }
    var isEmpty: Bool { indices.isEmpty }

    /// False if it is full.
    mutating func append(_ byte: UInt8) -> Bool {
        guard space > 0 else { return false }
        bytes[indices.writable.lowerBound] = byte
        indices.wrote(1)
        return true
    }

    /// Appends what fits, and answers how many bytes that was.
    mutating func append(_ source: UnsafeRawBufferPointer) -> Int {
        var done = 0
        while done < source.count, space > 0 {
            let places = indices.writable
            let step = min(places.count, source.count - done)
            bytes.withUnsafeMutableBytes { storage in
                storage.baseAddress!.advanced(by: places.lowerBound)
                    .copyMemory(from: source.baseAddress! + done, byteCount: step)
            }
            indices.wrote(step)
            done += step
        }
        return done
    }

    /// The byte at this place of the queue, which must be there.
    func peek(_ place: Int) -> UInt8 {
        let places = indices.readable
        return bytes[place < places.count ? places.lowerBound + place : place - places.count]
    }

    /// Takes out so many bytes, which must be there, unread.
    mutating func removeFirst(_ count: Int) {
        var rest = count
        while rest > 0 {
            let step = min(rest, indices.readable.count)
            indices.took(step)
            rest -= step
        }
    }

    /// There must be one.
    mutating func removeFirst() -> UInt8 {
        let byte = bytes[indices.readable.lowerBound]
        indices.took(1)
        return byte
    }

    /// Takes out at most `buffer.count` bytes, and answers how many.
    mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < buffer.count, !isEmpty {
            let places = indices.readable
            let step = min(places.count, buffer.count - done)
            bytes.withUnsafeBytes { storage in
                (buffer.baseAddress! + done)
                    .copyMemory(from: storage.baseAddress! + places.lowerBound, byteCount: step)
            }
            indices.took(step)
            done += step
        }
        return done
    }

    /// Throws away everything, and answers how many bytes that was.
    mutating func removeAll() -> Int {
        let count = indices.count
        indices.took(count)
        return count
    }

    /// Throws away everything but the byte whose turn is next, and answers how many that was. There must be one.
    mutating func removeAllButFirst() -> Int {
        let first = removeFirst()
        let count = removeAll()
        _ = append(first)
        return count
    }
}
