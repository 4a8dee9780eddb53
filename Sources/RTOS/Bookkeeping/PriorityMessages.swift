/// Messages of one size in the order in which they are to be taken: higher priority first, first in first out among
/// equals. Priorities are 0 to 255.
///
/// Messages are copied in and out. Putting and taking cost the same however many there are. It knows nothing of
/// threads: whoever owns it keeps others away.
public struct PriorityMessages: ~Copyable, @unchecked Sendable {
    private static var nobody: UInt32 { .max }
    private static var levels: Int { 256 }

    /// Messages that fit.
    public let capacity: Int
    /// Bytes in a message.
    public let messageSize: Int
    /// Messages in it.
    public private(set) var count = 0

    private let bodies: UnsafeMutableRawPointer
    private let next: UnsafeMutablePointer<UInt32>
    /// The oldest and the newest message of each priority.
    private let oldest: UnsafeMutablePointer<UInt32>
    private let newest: UnsafeMutablePointer<UInt32>
    /// A bit for each priority that has messages.
    private let occupied: UnsafeMutablePointer<UInt32>
    private var free: UInt32

    public init(capacity: Int, messageSize: Int) {
        precondition(capacity > 0 && capacity < Int(Int32.max) && messageSize > 0)
        self.capacity = capacity
        self.messageSize = messageSize
        bodies = .allocate(byteCount: capacity * messageSize, alignment: 8)
        next = .allocate(capacity: capacity)
        for index in 0..<capacity {
            (next + index).initialize(to: index + 1 < capacity ? UInt32(index + 1) : Self.nobody)
        }
        free = 0
        oldest = .allocate(capacity: Self.levels)
        oldest.initialize(repeating: Self.nobody, count: Self.levels)
        newest = .allocate(capacity: Self.levels)
        newest.initialize(repeating: Self.nobody, count: Self.levels)
        occupied = .allocate(capacity: Self.levels / 32)
        occupied.initialize(repeating: 0, count: Self.levels / 32)
    }

    deinit {
        bodies.deallocate()
        next.deallocate()
        oldest.deallocate()
        newest.deallocate()
        occupied.deallocate()
    }

    public var isEmpty: Bool { count == 0 }
    public var isFull: Bool { free == Self.nobody }

    /// The priority of the message that is taken next; nil if there is none.
    public var highestPriority: UInt8? {
        for word in stride(from: Self.levels / 32 - 1, through: 0, by: -1) where occupied[word] != 0 {
            return UInt8(word * 32 + 31 - occupied[word].leadingZeroBitCount)
        }
        return nil
    }

    /// Copies a message in front of all others; false if it is full. Its priority is the highest there is.
    public mutating func putInFront(_ message: UnsafeRawPointer) -> Bool {
        guard let index = store(message) else { return false }
        let level = Self.levels - 1
        next[Int(index)] = oldest[level]
        if oldest[level] == Self.nobody {
            newest[level] = index
            setOccupied(level, true)
        }
        oldest[level] = index
        return true
    }

    private func setOccupied(_ level: Int, _ isOccupied: Bool) {
        let bit: UInt32 = 1 << UInt32(level % 32)
        let word = occupied[level / 32]
        occupied[level / 32] = isOccupied ? word | bit : word & ~bit
    }

    private mutating func store(_ message: UnsafeRawPointer) -> UInt32? {
        guard free != Self.nobody else { return nil }
        let index = free
        free = next[Int(index)]
        (bodies + Int(index) * messageSize).copyMemory(from: message, byteCount: messageSize)
        count += 1
        return index
    }

    /// Copies a message in, behind all of its priority or higher; false if it is full.
    public mutating func put(_ message: UnsafeRawPointer, priority: UInt8) -> Bool {
        guard let index = store(message) else { return false }
        next[Int(index)] = Self.nobody
        let level = Int(priority)
        if oldest[level] == Self.nobody {
            oldest[level] = index
            setOccupied(level, true)
        } else {
            next[Int(newest[level])] = index
        }
        newest[level] = index
        return true
    }

    /// Copies the message whose turn is next without taking it, and answers its priority; nil if there is none.
    public func peek(into message: UnsafeMutableRawPointer) -> UInt8? {
        guard let priority = highestPriority else { return nil }
        message.copyMemory(from: bodies + Int(oldest[Int(priority)]) * messageSize, byteCount: messageSize)
        return priority
    }

    /// Copies the message whose turn is next out, and answers its priority; nil if there is none.
    public mutating func get(into message: UnsafeMutableRawPointer) -> UInt8? {
        guard let priority = highestPriority else { return nil }
        let level = Int(priority)
        let index = oldest[level]
        message.copyMemory(from: bodies + Int(index) * messageSize, byteCount: messageSize)
        oldest[level] = next[Int(index)]
        if oldest[level] == Self.nobody { setOccupied(level, false) }
        next[Int(index)] = free
        free = index
        count -= 1
        return priority
    }

    /// Throws all messages away.
    public mutating func removeAll() {
        for level in 0..<Self.levels where oldest[level] != Self.nobody {
            next[Int(newest[level])] = free
            free = oldest[level]
            oldest[level] = Self.nobody
        }
        occupied.update(repeating: 0, count: Self.levels / 32)
        count = 0
    }
}
