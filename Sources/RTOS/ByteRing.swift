/// A first-in, first-out queue of bytes in memory of its own, made once.
///
/// It knows nothing of threads: whoever owns it keeps others away. Besides copying in and out it lends its free and
/// its filled places, so that a device can write into it and read from it directly.
public struct ByteRing: ~Copyable {
    private let storage: UnsafeMutableRawBufferPointer
    private var indices: RingIndices

    /// A ring for `capacity` bytes; with 0 it takes nothing.
    public init(capacity: Int) {
        indices = RingIndices(capacity: capacity)
        storage = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit {
        storage.deallocate()
    }

    public var capacity: Int { indices.capacity }
    public var count: Int { indices.count }
    public var space: Int { indices.space }
    public var isEmpty: Bool { indices.isEmpty }

    /// The free places up to the end of the storage. Valid while the ring lives; whoever fills some calls `wrote`.
    public var writablePlaces: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: storage[indices.writable])
    }

    /// The filled places up to the end of the storage. Valid while the ring lives; whoever is done with some calls
    /// `took`.
    public var readablePlaces: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: storage[indices.readable])
    }

    /// The first `count` writable places now hold data.
    public mutating func wrote(_ count: Int) {
        indices.wrote(count)
    }

    /// The first `count` readable places are free again.
    public mutating func took(_ count: Int) {
        indices.took(count)
    }

    /// Copies in what fits, and answers how many bytes that was.
    public mutating func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        var done = 0
        while done < bytes.count, !writablePlaces.isEmpty {
            let places = writablePlaces
            let step = min(places.count, bytes.count - done)
            places.baseAddress!.copyMemory(from: bytes.baseAddress! + done, byteCount: step)
            indices.wrote(step)
            done += step
        }
        return done
    }

    /// Copies out what is there, at most `buffer.count`, and answers how many bytes that was.
    public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < buffer.count, !readablePlaces.isEmpty {
            let places = readablePlaces
            let step = min(places.count, buffer.count - done)
            (buffer.baseAddress! + done).copyMemory(from: places.baseAddress!, byteCount: step)
            indices.took(step)
            done += step
        }
        return done
    }

    /// Throws away everything in it.
    public mutating func removeAll() {
        indices.took(indices.count)
    }
}

/// A ring has one owner at a time; handing it to another thread hands the memory over with it.
extension ByteRing: @unchecked Sendable {}
