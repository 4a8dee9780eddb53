import CLinux
import Synchronization

/// What stream buffers and message buffers have in common: a ring, one writer and one reader who may wait, and those
/// who want to be told instead.
///
/// The fast paths touch the ring alone. A side that is about to wait raises its flag, has every processor pass a fence
/// and looks at the ring once more; so the other side sees either the flag or needs not wake anybody. What the writer
/// does and whom it wakes is one step to a reader that waits: the waiter looks at the ring under the same lock under
/// which it is woken.
///
/// A class, because the compiler copies a large structure to the stack for the slow paths, on the fast ones as well.
final class StreamPipe: Sendable {
    struct Flags: ~Copyable, Sendable {
        let readerWaits = Atomic<Bool>(false)
        let writerWaits = Atomic<Bool>(false)
        let writerIsInside = Atomic<Bool>(false)
        let readerIsInside = Atomic<Bool>(false)
        let triggerLevel = Atomic<Int>(1)
    }

    private struct Reference: @unchecked Sendable {
        let flags: UnsafeMutablePointer<Flags>
    }

    let ring: StreamRing
    let isBatching: Bool
    let enforcesRoles: Bool
    let name: String
    private let object = BlockingObject(())
    private let reference: Reference
    private let needsFence: Bool
    /// There is nothing to look after but the ring and the flags: the usual case, told by one look.
    private let isPlain: Bool

    init(
        ring: consuming StreamRing, name: String, triggerLevel: Int, isBatching: Bool, enforcesRoles: Bool,
        hasCallbacks: Bool
    ) {
        precondition(triggerLevel >= 0 && triggerLevel <= ring.capacity, "the trigger level is above the capacity")
        self.ring = ring
        self.name = name
        self.isBatching = isBatching
        self.enforcesRoles = enforcesRoles
        needsFence = hil_barrier_is_asymmetric() == 0
        isPlain = !isBatching && !enforcesRoles && !hasCallbacks && !needsFence
        reference = Reference(
            flags: UnsafeMutableRawPointer.allocate(
                byteCount: CacheLines.distance, alignment: CacheLines.distance
            ).bindMemory(to: Flags.self, capacity: 1))
        reference.flags.initialize(to: Flags())
        reference.flags.pointee.triggerLevel.store(max(triggerLevel, 1), ordering: .relaxed)
    }

    deinit {
        object.destroy()
        reference.flags.deinitialize(count: 1)
        UnsafeMutableRawPointer(reference.flags).deallocate()
    }

    @inline(__always)
    private var flags: UnsafeMutablePointer<Flags> { reference.flags }

    var triggerLevel: Int { flags.pointee.triggerLevel.load(ordering: .relaxed) }

    func setTriggerLevel(_ level: Int) -> Bool {
        guard level >= 0, level <= ring.capacity else { return false }
        flags.pointee.triggerLevel.store(max(level, 1), ordering: .relaxed)
        return true
    }

    // MARK: The shortest way

    /// Nothing in this call needs care: not of this pipe, and not of the calling task, whose suspension or end can as
    /// well be seen to at its next call.
    @inline(__always)
    var isUnattended: Bool { isPlain && TaskControlBlock.isUndisturbed }

    /// There is more to read, in such a call. Answers `count`: so the rare part is the last call and not one in the
    /// middle, around which everything has to be kept.
    @inline(__always)
    func sentUnattended(_ count: Int) -> Int {
        hil_barrier_quick()
        return flags.pointee.readerWaits.load(ordering: .relaxed) ? wakeReaderAndLeave(count) : count
    }

    /// There is more room, in such a call. Answers `count`.
    @inline(__always)
    func receivedUnattended(_ count: Int) -> Int {
        hil_barrier_quick()
        return flags.pointee.writerWaits.load(ordering: .relaxed) ? wakeWriterAndLeave(count) : count
    }

    @inline(never)
    private func wakeReaderAndLeave(_ count: Int) -> Int {
        _ = wakeReader()
        Kernel.leave(TaskControlBlock.current)
        return count
    }

    @inline(never)
    private func wakeWriterAndLeave(_ count: Int) -> Int {
        _ = wakeWriter()
        Kernel.leave(TaskControlBlock.current)
        return count
    }

    // MARK: Who is inside

    @inline(__always)
    func enterAsWriter() {
        guard enforcesRoles else { return }
        let others = flags.pointee.writerIsInside.exchange(true, ordering: .relaxed)
        precondition(!others, "\(name): a second writer, task \(RTOSTask.current)")
    }

    @inline(__always)
    func leaveAsWriter() {
        if enforcesRoles { flags.pointee.writerIsInside.store(false, ordering: .relaxed) }
    }

    @inline(__always)
    func enterAsReader() {
        guard enforcesRoles else { return }
        let others = flags.pointee.readerIsInside.exchange(true, ordering: .relaxed)
        precondition(!others, "\(name): a second reader, task \(RTOSTask.current)")
    }

    @inline(__always)
    func leaveAsReader() {
        if enforcesRoles { flags.pointee.readerIsInside.store(false, ordering: .relaxed) }
    }

    // MARK: The writer's side

    /// Waits until there is room for so many bytes; false if the time is over first.
    @inline(never)
    func waitForSpace(_ needed: Int, _ timeout: Timeout) -> Bool {
        var deadline = Deadline(fromNow: timeout)
        if TaskControlBlock.look({ ring.space >= needed ? .done : .tryAgain }) { return true }
        // A task that is deleted while it waits must leave nothing behind.
        leaveAsWriter()
        defer {
            enterAsWriter()
            flags.pointee.writerWaits.store(false, ordering: .relaxed)
        }
        while true {
            flags.pointee.writerWaits.store(true, ordering: .relaxed)
            hil_barrier_slow()
            switch object.wait(
                .givers, until: &deadline, request: WaitRequest(word: UInt(needed)),
                { _, waiters -> Void? in
                    precondition(!enforcesRoles || waiters.isEmpty(.givers), "\(name): a second writer")
                    return ring.space >= needed ? () : nil
                })
            {
            case .done: return true
            case .ended(.granted): if ring.space >= needed { return true }
            case .ended: return ring.space >= needed
            }
        }
    }

    /// There is more to read. True if a task was woken.
    @inline(__always)
    func sent() -> Bool {
        needsFence ? hil_barrier_full() : hil_barrier_quick()
        return flags.pointee.readerWaits.load(ordering: .relaxed) && wakeReader()
    }

    @inline(never)
    private func wakeReader() -> Bool {
        meetsTrigger && object.peek { _, waiters in waiters.grantFirst(.takers) }
    }

    /// There is enough for a reader that waits.
    var meetsTrigger: Bool {
        isBatching ? ring.count > triggerLevel : ring.count >= triggerLevel
    }

    /// Wakes the reader, whatever there is. True if one waited.
    func wakeReaderAnyway() -> Bool {
        object.perform { _, waiters in waiters.grantFirst(.takers) }
    }

    // MARK: The reader's side

    /// There is something that a reader may take.
    @inline(__always)
    var isReadable: Bool {
        isBatching ? ring.count > triggerLevel : !ring.isEmpty
    }

    /// Waits until a reader is to wake; false if the time is over first.
    @inline(never)
    func waitForData(_ timeout: Timeout) -> Bool {
        var deadline = Deadline(fromNow: timeout)
        if TaskControlBlock.look({ meetsTrigger ? .done : .tryAgain }) { return true }
        leaveAsReader()
        defer {
            enterAsReader()
            flags.pointee.readerWaits.store(false, ordering: .relaxed)
        }
        while true {
            flags.pointee.readerWaits.store(true, ordering: .relaxed)
            hil_barrier_slow()
            switch object.wait(
                .takers, until: &deadline,
                { _, waiters -> Void? in
                    precondition(!enforcesRoles || waiters.isEmpty(.takers), "\(name): a second reader")
                    return isReadable ? () : nil
                })
            {
            case .done: return true
            case .ended(.granted): if isReadable { return true }
            case .ended: return isReadable
            }
        }
    }

    /// There is more room. True if a task was woken.
    @inline(__always)
    func received() -> Bool {
        needsFence ? hil_barrier_full() : hil_barrier_quick()
        return flags.pointee.writerWaits.load(ordering: .relaxed) && wakeWriter()
    }

    @inline(never)
    private func wakeWriter() -> Bool {
        object.peek { _, waiters in
            guard let writer = waiters.first(.givers), ring.space >= Int(writer.request.word) else { return false }
            waiters.end(writer)
            return true
        }
    }

    /// Wakes the writer, whatever room there is. True if one waited.
    func wakeWriterAnyway() -> Bool {
        object.perform { _, waiters in waiters.grantFirst(.givers) }
    }

    // MARK: Both

    /// Forgets everything; false, and nothing changes, if a task waits.
    func reset() -> Bool {
        object.perform { _, waiters in
            guard waiters.isEmpty(.takers), waiters.isEmpty(.givers) else { return false }
            ring.reset()
            return true
        }
    }

    func delete() -> Int { object.delete() }

    func waiterCount(_ side: WaitSide) -> Int {
        object.perform { _, waiters in waiters.count(side) }
    }
}
