import CLinux
import RTOS

/// A heap below 4 GiB, where the kernel has room there: firmware, and published code, puts pointers through 32 bits.
///
/// Sizes are rounded up to powers of two; freed pieces are used again for the same size, large ones go back to the
/// system. Pieces are aligned to 16 bytes. Any thread; a short lock, and now and then a system call.
enum LowMemory {
    /// Stands before each piece.
    private struct Header {
        var mark: UInt64
        /// Bytes that were asked for.
        var size: Int

        /// Bytes of the piece, header included.
        var total: Int { LowMemory.roundedUp(size + LowMemory.headerSize) }
    }

    private static let used: UInt64 = 0x5EED_0000_B10C_0001
    private static let free: UInt64 = 0x5EED_0000_B10C_0000
    fileprivate static let headerSize = MemoryLayout<Header>.size
    private static let smallest = 32
    private static let largestShared = 1 << 16
    private static let chunk = 1 << 18

    private struct Contents: @unchecked Sendable {
        /// Freed pieces of each power of two.
        var free = [[UnsafeMutableRawPointer]](repeating: [], count: 17)
        var next: UnsafeMutableRawPointer?
        var left = 0
    }

    private static let contents = Guarded(Contents())

    /// Zeroed pages that stay; nil if there are none.
    static func map(_ size: Int) -> UnsafeMutableRawPointer? { hil_memory_map(size) }

    /// A piece of at least `size` bytes, not zeroed; nil if there is no memory.
    static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size >= 0, size <= Int.max / 4 else { return nil }
        let total = roundedUp(size + headerSize)
        let piece = total > largestShared ? hil_memory_map(total) : contents.withLock { take(total, &$0) }
        guard let piece else { return nil }
        piece.storeBytes(of: Header(mark: used, size: size), as: Header.self)
        return piece + headerSize
    }

    private static func take(_ total: Int, _ contents: inout Contents) -> UnsafeMutableRawPointer? {
        if let piece = contents.free[total.trailingZeroBitCount].popLast() { return piece }
        if contents.left < total {
            guard let fresh = hil_memory_map(chunk) else { return nil }
            contents.next = fresh
            contents.left = chunk
        }
        defer {
            contents.next = contents.next! + total
            contents.left -= total
        }
        return contents.next
    }

    fileprivate static func roundedUp(_ size: Int) -> Int {
        var total = smallest
        while total < size { total *= 2 }
        return total
    }

    /// What came of `release`.
    enum ReleaseOutcome: Equatable {
        /// So many bytes had been asked for.
        case done(Int)
        case freeAlready, notFromHere
    }

    /// Gives a piece back.
    static func release(_ memory: UnsafeMutableRawPointer) -> ReleaseOutcome {
        guard UInt(bitPattern: memory) % UInt(headerSize) == 0 else { return .notFromHere }
        let piece = memory - headerSize
        let (outcome, mapped) = contents.withLock { contents -> (ReleaseOutcome, Int) in
            let header = piece.load(as: Header.self)
            if header.mark == free { return (.freeAlready, 0) }
            guard header.mark == used else { return (.notFromHere, 0) }
            piece.storeBytes(of: Header(mark: free, size: header.size), as: Header.self)
            guard header.total <= largestShared else { return (.done(header.size), header.total) }
            contents.free[header.total.trailingZeroBitCount].append(piece)
            return (.done(header.size), 0)
        }
        if mapped > 0 { hil_memory_unmap(piece, mapped) }
        return outcome
    }
}
