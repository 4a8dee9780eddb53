import Synchronization

/// A bounded first-in first-out queue of messages of one size for any number of threads at both ends, without a lock:
/// the ring of stamped cells that Dmitry Vyukov described.
///
/// Two things make it the fast lane of a larger queue. The larger queue may *reserve* some of the capacity for
/// messages that it keeps elsewhere and that go first: while there are any, both ends answer `aside`. And it may turn
/// either end `aside` for as long as somebody waits there. Both are part of the very words that putting and taking
/// compare and exchange, so that nobody slips past a waiter, and the fast lane needs no memory fence for them.
///
/// `reserve`, `unreserve`, `setAside` and the methods with `despiteAside` are for one thread at a time, whoever holds
/// the larger queue's lock. All others are for any thread.
public struct MessageCells: ~Copyable, @unchecked Sendable {
    /// What an end of the lane answers.
    public enum Outcome: Hashable, Sendable {
        case done
        /// There is no room, or no message.
        case unable
        /// The other lane or somebody's wait comes into it: take the larger queue's lock.
        case aside
        /// Another thread is in the middle of its step at the same cell: try again.
        case busy
    }

    /// Which ends are turned aside.
    public struct Ends: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        public static let put = Ends(rawValue: 1)
        public static let get = Ends(rawValue: 2)
    }

    // The word of the putting end: position, reserved count, aside flag. That of the taking end: position, aside flag.
    private static var reservedBits: UInt { UInt.bitWidth == 64 ? 20 : 10 }
    private static var positionShift: UInt { reservedBits + 1 }
    private static var asideFlag: UInt { 1 }
    private static var reservedOne: UInt { 2 }
    private static var reservedMask: UInt { ((1 << reservedBits) &- 1) << 1 }
    private static var positionMask: UInt { UInt.max >> positionShift }

    /// The most messages that a lane can hold: about a million on a 64-bit machine, about a thousand on a 32-bit one.
    public static var largestCapacity: Int { (1 << Int(reservedBits)) - 2 }

    public let capacity: Int
    public let messageSize: Int

    /// A position is a lap and an index below `lap`; a lap is a power of two above the capacity.
    private let lap: UInt
    private let stride: Int
    private let cells: UnsafeMutableRawPointer
    private let putWord: UnsafeMutablePointer<Atomic<UInt>>
    private let getWord: UnsafeMutablePointer<Atomic<UInt>>
    /// The reserved count again, on lines that are written only when it changes, for the taking end to look at.
    private let reservedWord: UnsafeMutablePointer<Atomic<UInt>>

    public init(capacity: Int, messageSize: Int) {
        precondition(capacity > 0 && capacity <= Self.largestCapacity && messageSize > 0)
        self.capacity = capacity
        self.messageSize = messageSize
        var lap: UInt = 1
        while lap <= UInt(capacity) { lap <<= 1 }
        self.lap = lap
        stride = (MemoryLayout<UInt>.size + messageSize + 7) & ~7
        cells = .allocate(byteCount: stride * capacity, alignment: CacheLines.distance)
        for index in 0..<capacity {
            (cells + index * stride).bindMemory(to: Atomic<UInt>.self, capacity: 1)
                .initialize(to: Atomic(UInt(index)))
        }
        putWord = CacheLines.allocate()
        putWord.initialize(to: Atomic(0))
        getWord = CacheLines.allocate()
        getWord.initialize(to: Atomic(0))
        reservedWord = CacheLines.allocate()
        reservedWord.initialize(to: Atomic(0))
    }

    deinit {
        cells.deallocate()
        UnsafeMutableRawPointer(putWord).deallocate()
        UnsafeMutableRawPointer(getWord).deallocate()
        UnsafeMutableRawPointer(reservedWord).deallocate()
    }

    /// Copies a message in.
    @inline(__always)
    public func put(_ message: UnsafeRawPointer) -> Outcome {
        var word = putWord.pointee.load(ordering: .relaxed)
        while word & (Self.asideFlag | Self.reservedMask) == 0 {
            let position = word >> Self.positionShift
            let cell = cell(at: position)
            guard stamp(of: cell).load() == position else {
                let other = getWord.pointee.load(ordering: .sequentiallyConsistent) >> Self.positionShift
                if (other &+ lap) & Self.positionMask == position { return .unable }
                // The lane has moved on meanwhile, or a taker has not done with the cell.
                let now = putWord.pointee.load(ordering: .acquiring)
                if now == word { return .busy }
                word = now
                continue
            }
            let (exchanged, original) = putWord.pointee.weakCompareExchange(
                expected: word, desired: after(position) << Self.positionShift, ordering: .sequentiallyConsistent)
            if exchanged {
                Self.copy(from: message, to: cell + MemoryLayout<UInt>.size, messageSize)
                self.stamp(of: cell).store((position &+ 1) & Self.positionMask)
                return .done
            }
            word = original
        }
        return .aside
    }

    /// Copies the oldest message out.
    @inline(__always)
    public func get(into message: UnsafeMutableRawPointer) -> Outcome {
        take(into: message, despiteAside: false)
    }

    @inline(__always)
    private func take(into message: UnsafeMutableRawPointer, despiteAside: Bool) -> Outcome {
        var word = getWord.pointee.load(ordering: .relaxed)
        while despiteAside || word & Self.asideFlag == 0 {
            let position = word >> Self.positionShift
            let cell = cell(at: position)
            let stamp = stamp(of: cell).load()
            guard stamp == (position &+ 1) & Self.positionMask else {
                if stamp == position {
                    let other = putWord.pointee.load(ordering: .sequentiallyConsistent)
                    if other >> Self.positionShift == position {
                        return !despiteAside && other & Self.reservedMask != 0 ? .aside : .unable
                    }
                }
                let now = getWord.pointee.load(ordering: .acquiring)
                if now == word { return .busy }
                word = now
                continue
            }
            // Only now, with the oldest message of this lane in sight, is it certain that none is to go before it.
            if !despiteAside, reservedWord.pointee.load(ordering: .sequentiallyConsistent) != 0 { return .aside }
            let (exchanged, original) = getWord.pointee.weakCompareExchange(
                expected: word, desired: after(position) << Self.positionShift | word & Self.asideFlag,
                ordering: .sequentiallyConsistent)
            if exchanged {
                Self.copy(from: cell + MemoryLayout<UInt>.size, to: message, messageSize)
                self.stamp(of: cell).store((position &+ lap) & Self.positionMask)
                return .done
            }
            word = original
        }
        return .aside
    }
}

extension MessageCells {
    /// Messages in this lane and reserved ones together. Exact at some moment during the call.
    public var count: Int {
        while true {
            let put = putWord.pointee.load(ordering: .sequentiallyConsistent)
            let get = getWord.pointee.load(ordering: .sequentiallyConsistent)
            if putWord.pointee.load(ordering: .sequentiallyConsistent) == put {
                return distance(put: put, get: get) + reserved(in: put)
            }
        }
    }

    /// Copies a message in though the putting end is turned aside or messages are reserved.
    public func put(despiteAside message: UnsafeRawPointer) -> Outcome {
        var word = putWord.pointee.load(ordering: .acquiring)
        while true {
            let get = getWord.pointee.load(ordering: .sequentiallyConsistent)
            let position = word >> Self.positionShift
            let original: UInt
            if distance(put: word, get: get) &+ reserved(in: word) >= capacity {
                let now = putWord.pointee.load(ordering: .sequentiallyConsistent)
                if now == word { return .unable }
                original = now
            } else {
                let cell = cell(at: position)
                guard stamp(of: cell).load() == position else { return .busy }
                let flags = word & (Self.asideFlag | Self.reservedMask)
                let attempt = putWord.pointee.weakCompareExchange(
                    expected: word, desired: after(position) << Self.positionShift | flags,
                    ordering: .sequentiallyConsistent)
                if attempt.exchanged {
                    Self.copy(from: message, to: cell + MemoryLayout<UInt>.size, messageSize)
                    stamp(of: cell).store((position &+ 1) & Self.positionMask)
                    return .done
                }
                original = attempt.original
            }
            word = original
        }
    }

    /// Copies the oldest message out though the taking end is turned aside; does not look at reserved messages.
    public func get(despiteAside message: UnsafeMutableRawPointer) -> Outcome {
        take(into: message, despiteAside: true)
    }

    /// Copies the oldest message without taking it. The taking end must be turned aside.
    public func peek(into message: UnsafeMutableRawPointer) -> Outcome {
        let position = getWord.pointee.load(ordering: .acquiring) >> Self.positionShift
        let cell = cell(at: position)
        guard stamp(of: cell).load() == (position &+ 1) & Self.positionMask else {
            let isEmpty = putWord.pointee.load(ordering: .sequentiallyConsistent) >> Self.positionShift == position
            return isEmpty ? .unable : .busy
        }
        Self.copy(from: cell + MemoryLayout<UInt>.size, to: message, messageSize)
        return .done
    }

    /// Reserves room for one message that is kept elsewhere; false if it is full. `publish` follows, once the message
    /// can be found.
    public func reserve() -> Bool {
        var word = putWord.pointee.load(ordering: .acquiring)
        while true {
            let get = getWord.pointee.load(ordering: .sequentiallyConsistent)
            guard distance(put: word, get: get) &+ reserved(in: word) < capacity else {
                let now = putWord.pointee.load(ordering: .sequentiallyConsistent)
                if now == word { return false }
                word = now
                continue
            }
            let (exchanged, original) = putWord.pointee.weakCompareExchange(
                expected: word, desired: word + Self.reservedOne, ordering: .sequentiallyConsistent)
            if exchanged { return true }
            word = original
        }
    }

    /// Whether one more message would fit. For good only while the giving end is turned aside.
    public var hasRoom: Bool {
        let put = putWord.pointee.load(ordering: .sequentiallyConsistent)
        let get = getWord.pointee.load(ordering: .sequentiallyConsistent)
        return distance(put: put, get: get) &+ reserved(in: put) < capacity
    }

    /// The taking end sees the reserved message from now on.
    public func publish() {
        reservedWord.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    }

    /// The reserved message has been taken.
    public func unreserve() {
        putWord.pointee.wrappingSubtract(Self.reservedOne, ordering: .sequentiallyConsistent)
        reservedWord.pointee.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }

    /// Turns exactly these ends aside.
    public func setAside(_ ends: Ends) {
        Self.set(ends.contains(.put), in: putWord)
        Self.set(ends.contains(.get), in: getWord)
    }

    private static func set(_ aside: Bool, in word: UnsafeMutablePointer<Atomic<UInt>>) {
        let isAside = word.pointee.load(ordering: .relaxed) & asideFlag != 0
        guard isAside != aside else { return }
        if aside {
            word.pointee.bitwiseOr(asideFlag, ordering: .sequentiallyConsistent)
        } else {
            word.pointee.bitwiseAnd(~asideFlag, ordering: .sequentiallyConsistent)
        }
    }

    private func reserved(in put: UInt) -> Int {
        Int((put & Self.reservedMask) / Self.reservedOne)
    }

    private func distance(put: UInt, get: UInt) -> Int {
        let put = put >> Self.positionShift
        let get = get >> Self.positionShift
        let laps = ((put & ~(lap &- 1)) &- (get & ~(lap &- 1))) & Self.positionMask
        return Int(laps / lap) &* capacity &+ Int(put & (lap &- 1)) &- Int(get & (lap &- 1))
    }

    @inline(__always)
    private func cell(at position: UInt) -> UnsafeMutableRawPointer {
        cells + Int(position & (lap &- 1)) &* stride
    }

    @inline(__always)
    private func stamp(of cell: UnsafeMutableRawPointer) -> Stamp {
        Stamp(word: cell.assumingMemoryBound(to: Atomic<UInt>.self))
    }

    /// A cell is free for the message at its stamp's position, and filled with the one before it.
    private struct Stamp {
        let word: UnsafeMutablePointer<Atomic<UInt>>

        @inline(__always)
        func load() -> UInt { word.pointee.load(ordering: .acquiring) }

        @inline(__always)
        func store(_ value: UInt) { word.pointee.store(value, ordering: .releasing) }
    }

    @inline(__always)
    private func after(_ position: UInt) -> UInt {
        let index = position & (lap &- 1)
        return index &+ 1 < UInt(capacity) ? position &+ 1 : ((position &- index) &+ lap) & Self.positionMask
    }

    /// Most messages are pointers.
    @inline(__always)
    private static func copy(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ count: Int) {
        if count == 8 {
            target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
        } else {
            target.copyMemory(from: source, byteCount: count)
        }
    }
}
