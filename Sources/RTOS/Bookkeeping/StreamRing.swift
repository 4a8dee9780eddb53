import Synchronization

/// A ring of bytes, or of messages with their lengths, for one thread that writes and one that reads, without a lock:
/// what is inside FreeRTOS's stream buffers and message buffers.
///
/// A ring of messages counts each with a length prefix of the width that the firmware is built for: 10 bytes take 14
/// where the prefix has 4. That is the space that is seen from outside. In memory each message starts at a multiple of
/// 8 with a prefix of 4 bytes, so that a prefix never splits at the end; the memory is large enough for whatever the
/// counted space admits.
///
/// Each side keeps its counter on cache lines of its own, with the last value it saw of the other's.
public struct StreamRing: ~Copyable, @unchecked Sendable {
    private struct Side: ~Copyable {
        /// Bytes that have gone through, as seen from outside: written by this side, read by the other.
        let passed = Atomic<UInt>(0)
        /// The other side's `passed` when this side last looked.
        var other: UInt = 0
        /// The same counted in memory: this side's own.
        var position: UInt = 0
    }

    /// What the reader gets when it asks for a message.
    public enum Reception: Hashable, Sendable {
        /// This many bytes were copied out.
        case received(Int)
        case empty
        /// The next message is this long, and longer than the buffer. It stays.
        case tooLong(Int)
    }

    private static var prefixSize: Int { 4 }
    private static var recordAlignment: Int { 8 }
    /// From this length on the library's function copies.
    private static var long: Int { 32 }

    /// Bytes that fit, length prefixes included.
    public let capacity: Int
    /// Bytes that a length counts for: FreeRTOS's `configMESSAGE_BUFFER_LENGTH_TYPE`; 0 for a stream of bytes.
    public let lengthWidth: Int

    private let storage: UnsafeMutableRawPointer
    private let mask: UInt
    private let writer: UnsafeMutablePointer<Side>
    private let reader: UnsafeMutablePointer<Side>

    public init(capacity: Int, lengthWidth: Int = 0) {
        precondition(capacity > 0 && lengthWidth >= 0)
        self.capacity = capacity
        self.lengthWidth = lengthWidth
        let size = Self.memory(capacity: capacity, lengthWidth: lengthWidth)
        mask = UInt(size - 1)
        storage = .allocate(byteCount: size, alignment: CacheLines.distance)
        // Two sides, each followed by what keeps it apart from what comes next.
        let sides = UnsafeMutableRawPointer.allocate(
            byteCount: 2 * CacheLines.distance, alignment: CacheLines.distance)
        writer = sides.bindMemory(to: Side.self, capacity: 1)
        writer.initialize(to: Side())
        reader = (sides + CacheLines.distance).bindMemory(to: Side.self, capacity: 1)
        reader.initialize(to: Side())
    }

    deinit {
        storage.deallocate()
        UnsafeMutableRawPointer(writer).deallocate()
    }

    /// The power of two that holds whatever messages of at least one byte `capacity` admits.
    private static func memory(capacity: Int, lengthWidth: Int) -> Int {
        var needed = capacity
        if lengthWidth > 0 {
            // The padding weighs most on the shortest messages.
            for length in 1...2 * recordAlignment {
                needed = max(needed, capacity / (lengthWidth + length) * record(length) + record(2 * recordAlignment))
            }
        }
        var size = 64
        while size < needed { size *= 2 }
        return size
    }

    @inline(__always)
    private static func record(_ length: Int) -> Int {
        (prefixSize &+ length &+ recordAlignment &- 1) & ~(recordAlignment &- 1)
    }

    /// Bytes in it, prefixes included. Either side, or anybody: exact for the reader, and never too many for it.
    public var count: Int {
        let read = reader.pointee.passed.load(ordering: .acquiring)
        let written = writer.pointee.passed.load(ordering: .acquiring)
        return min(Int(written &- read), capacity)
    }

    /// Bytes that fit besides, prefixes included. Either side, or anybody: exact for the writer, never too many for it.
    public var space: Int {
        let written = writer.pointee.passed.load(ordering: .acquiring)
        let read = reader.pointee.passed.load(ordering: .acquiring)
        // A writer that is quick between the two loads can make this look negative to somebody else.
        return max(capacity &- Int(bitPattern: written &- read), 0)
    }

    public var isEmpty: Bool { count == 0 }

    /// Forgets everything. Nobody may be reading or writing.
    public func reset() {
        writer.pointee.passed.store(0, ordering: .relaxed)
        reader.pointee.passed.store(0, ordering: .relaxed)
        writer.pointee.other = 0
        reader.pointee.other = 0
        writer.pointee.position = 0
        reader.pointee.position = 0
    }
}

/// The writer's side.
extension StreamRing {
    /// Copies in as many bytes as fit, and answers how many. For a stream.
    @inline(__always)
    public func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        let passed = writer.pointee.passed.load(ordering: .relaxed)
        var space = capacity &- Int(bitPattern: passed &- writer.pointee.other)
        if space < bytes.count {
            writer.pointee.other = reader.pointee.passed.load(ordering: .acquiring)
            space = capacity &- Int(bitPattern: passed &- writer.pointee.other)
        }
        let count = min(space, bytes.count)
        guard count > 0 else { return 0 }
        copy(in: bytes.baseAddress!, at: passed, count)
        writer.pointee.passed.store(passed &+ UInt(bitPattern: count), ordering: .releasing)
        return count
    }

    /// Copies all of these bytes in, or nothing; false if there is no room, or nothing to copy. For a stream.
    @inline(__always)
    public func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let passed = writer.pointee.passed.load(ordering: .relaxed)
        guard hasRoom(bytes.count, passed) else { return false }
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return false }
        copy(in: start, at: passed, bytes.count)
        writer.pointee.passed.store(passed &+ UInt(bitPattern: bytes.count), ordering: .releasing)
        return true
    }

    /// Copies a message in, or nothing; false if there is no room. A message has at least one byte.
    @inline(__always)
    public func send(_ message: UnsafeRawBufferPointer) -> Bool {
        let length = message.count
        let passed = writer.pointee.passed.load(ordering: .relaxed)
        let size = lengthWidth &+ length
        guard hasRoom(size, passed) else { return false }
        let position = writer.pointee.position
        (storage + place(position)).storeBytes(of: UInt32(truncatingIfNeeded: length), as: UInt32.self)
        // Before the copy, which may be a call: what need not outlive a call needs no saved register.
        writer.pointee.position = position &+ UInt(bitPattern: Self.record(length))
        copy(in: message.baseAddress!, at: position &+ UInt(Self.prefixSize), length)
        writer.pointee.passed.store(passed &+ UInt(bitPattern: size), ordering: .releasing)
        return true
    }

    /// Looks what the reader has done, if that is needed to know that there is room.
    @inline(__always)
    private func hasRoom(_ needed: Int, _ passed: UInt) -> Bool {
        if capacity &- Int(bitPattern: passed &- writer.pointee.other) >= needed { return true }
        writer.pointee.other = reader.pointee.passed.load(ordering: .acquiring)
        return capacity &- Int(bitPattern: passed &- writer.pointee.other) >= needed
    }

    @inline(__always)
    private func copy(in bytes: UnsafeRawPointer, at position: UInt, _ count: Int) {
        let start = place(position)
        if count <= size &- start {
            Self.copy(from: bytes, to: storage + start, count)
        } else {
            Self.split(in: bytes, to: storage, size, at: start, count)
        }
    }
}

/// The reader's side.
extension StreamRing {
    /// Copies out what is there, at most what the buffer takes, and answers how many bytes. For a stream.
    @inline(__always)
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let passed = reader.pointee.passed.load(ordering: .relaxed)
        if Int(bitPattern: reader.pointee.other &- passed) < buffer.count {
            reader.pointee.other = writer.pointee.passed.load(ordering: .acquiring)
        }
        let count = min(Int(bitPattern: reader.pointee.other &- passed), buffer.count)
        guard count > 0 else { return 0 }
        copy(out: buffer.baseAddress!, at: passed, count)
        reader.pointee.passed.store(passed &+ UInt(bitPattern: count), ordering: .releasing)
        return count
    }

    /// The length of the next message; nil if there is none.
    @inline(__always)
    public var nextLength: Int? {
        let passed = reader.pointee.passed.load(ordering: .relaxed)
        guard reader.pointee.other != passed || refresh(passed) else { return nil }
        return length(at: reader.pointee.position)
    }

    /// Copies the next message out if the buffer takes all of it.
    @inline(__always)
    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> Reception {
        let passed = reader.pointee.passed.load(ordering: .relaxed)
        if reader.pointee.other == passed, !refresh(passed) { return .empty }
        let position = reader.pointee.position
        let length = length(at: position)
        guard length <= buffer.count else { return .tooLong(length) }
        reader.pointee.position = position &+ UInt(bitPattern: Self.record(length))
        copy(out: buffer.baseAddress!, at: position &+ UInt(Self.prefixSize), length)
        reader.pointee.passed.store(passed &+ UInt(bitPattern: lengthWidth &+ length), ordering: .releasing)
        return .received(length)
    }

    /// Looks what the writer has done; false if there is nothing.
    @inline(__always)
    private func refresh(_ passed: UInt) -> Bool {
        reader.pointee.other = writer.pointee.passed.load(ordering: .acquiring)
        return reader.pointee.other != passed
    }

    @inline(__always)
    private func length(at position: UInt) -> Int {
        Int(truncatingIfNeeded: (storage + place(position)).load(as: UInt32.self))
    }

    @inline(__always)
    private func copy(out bytes: UnsafeMutableRawPointer, at position: UInt, _ count: Int) {
        let start = place(position)
        if count <= size &- start {
            Self.copy(from: storage + start, to: bytes, count)
        } else {
            Self.split(out: bytes, from: storage, size, at: start, count)
        }
    }
}

extension StreamRing {
    /// Bytes of memory.
    @inline(__always)
    private var size: Int { Int(bitPattern: mask) &+ 1 }

    @inline(__always)
    private func place(_ position: UInt) -> Int { Int(bitPattern: position & mask) }

    // At the end of the memory. These take what they need one by one: a method out of line would have the caller lay the
    // whole ring out on its stack, on the short way as well.

    @inline(never)
    private static func split(
        in bytes: UnsafeRawPointer, to storage: UnsafeMutableRawPointer, _ size: Int, at start: Int, _ count: Int
    ) {
        let first = size &- start
        (storage + start).copyMemory(from: bytes, byteCount: first)
        storage.copyMemory(from: bytes + first, byteCount: count &- first)
    }

    @inline(never)
    private static func split(
        out bytes: UnsafeMutableRawPointer, from storage: UnsafeRawPointer, _ size: Int, at start: Int, _ count: Int
    ) {
        let first = size &- start
        bytes.copyMemory(from: storage + start, byteCount: first)
        (bytes + first).copyMemory(from: storage, byteCount: count &- first)
    }

    /// Word by word if it is short: a call of the library's function costs more than a few words, and its wide loads have
    /// to wait until what the sender has just written in words has left the processor's store buffer.
    @inline(__always)
    private static func copy(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ count: Int) {
        guard count < long else { return target.copyMemory(from: source, byteCount: count) }
        var done = 0
        if count & 16 != 0 {
            move(UInt64.self, source, target, &done)
            move(UInt64.self, source, target, &done)
        }
        if count & 8 != 0 { move(UInt64.self, source, target, &done) }
        if count & 4 != 0 { move(UInt32.self, source, target, &done) }
        if count & 2 != 0 { move(UInt16.self, source, target, &done) }
        if count & 1 != 0 { move(UInt8.self, source, target, &done) }
    }

    @inline(__always)
    private static func move<Word: FixedWidthInteger & BitwiseCopyable>(
        _ word: Word.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ done: inout Int
    ) {
        target.storeBytes(of: source.loadUnaligned(fromByteOffset: done, as: word), toByteOffset: done, as: word)
        done &+= MemoryLayout<Word>.size
    }
}
