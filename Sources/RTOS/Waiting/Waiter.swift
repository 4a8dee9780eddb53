/// What a waiting task leaves for whoever serves it, in the meaning of the object in question.
public struct WaitRequest: @unchecked Sendable {
    /// A place on the waiting task's stack for what is handed over, or with what it wants to put in. Good for as long
    /// as it waits.
    public var buffer: UnsafeMutableRawPointer?
    /// A size, a mask, a message's priority.
    public var word: UInt
    public var option: UInt

    public init(buffer: UnsafeMutableRawPointer? = nil, word: UInt = 0, option: UInt = 0) {
        self.buffer = buffer
        self.word = word
        self.option = option
    }
}

/// How a wait ended.
public enum WaitEnding: Hashable, Sendable {
    /// What was waited for was handed over; the word means what the object says it means.
    case granted(UInt)
    /// The caller did not want to wait.
    case wouldBlock
    case timedOut
    /// Somebody ended the wait: `RTOSTask.abortDelay`, an object's own abort or reset, a suspension.
    case aborted
    /// The object was deleted, before or meanwhile.
    case deleted
    /// An interrupt cannot wait.
    case inInterrupt
    /// A task that has locked the scheduler cannot wait.
    case schedulerLocked
}

/// How others end a task's wait.
public enum WaitVerdict: UInt8, Sendable {
    case granted = 1
    case aborted = 2
    case deleted = 3
}

/// A task in a wait list, as seen by whoever holds the object's lock. Not to be kept.
public struct Waiter {
    let task: TaskPointer

    public var request: WaitRequest { task.node.pointee.request }
    public var priority: UInt8 { task.pointee.priority.load(ordering: .relaxed) }
    /// Whose turn is after this one's.
    public var next: Waiter? { task.node.pointee.next.map(Waiter.init) }
    public var handle: RTOSTask { RTOSTask(block: task, serial: task.pointee.serial.load(ordering: .relaxed)) }
}

/// The wait lists of an object, while its lock is held.
///
/// Those whose wait is ended here are out of the list at once, whatever their deadlines say, and are woken in this
/// order after the lock is let go.
public struct Waiters {
    let header: UnsafeMutablePointer<WaitHeader>
    private var firstWoken: TaskPointer?
    private var lastWoken: TaskPointer?

    @inline(__always)
    init(_ header: UnsafeMutablePointer<WaitHeader>) {
        self.header = header
    }

    /// True once `BlockingObject.delete` was called.
    public var isDeleted: Bool { header.body.pointee.isDeleted }

    public func isEmpty(_ side: WaitSide) -> Bool { first(side) == nil }

    /// Whose turn is next.
    @inline(__always)
    public func first(_ side: WaitSide) -> Waiter? {
        (side == .takers ? header.body.pointee.lists.takers.first : header.body.pointee.lists.givers.first).map(
            Waiter.init)
    }

    public func count(_ side: WaitSide) -> Int {
        var count = 0
        var waiter = first(side)
        while let present = waiter {
            count += 1
            waiter = present.next
        }
        return count
    }

    /// Ends this task's wait. It may be any of those in the lists; ask for its `next` before.
    public mutating func end(_ waiter: Waiter, with verdict: WaitVerdict = .granted, result: UInt = 0) {
        let task = waiter.task
        header.body.pointee.lists[task.node.pointee.side].remove(task)
        task.node.pointee.result = result
        task.node.pointee.verdict = verdict.rawValue
        task.pointee.waitingFor.store(nil, ordering: .relaxed)
        task.pointee.isWaiting.store(false, ordering: .relaxed)
        task.node.pointee.nextWoken = nil
        if let lastWoken { lastWoken.node.pointee.nextWoken = task } else { firstWoken = task }
        lastWoken = task
    }

    /// Serves the one whose turn it is. False if nobody waits.
    @inline(__always)
    @discardableResult
    public mutating func grantFirst(_ side: WaitSide, result: UInt = 0) -> Bool {
        guard let waiter = first(side) else { return false }
        end(waiter, result: result)
        return true
    }

    /// Ends every wait on this side; answers how many there were.
    @discardableResult
    public mutating func endAll(_ side: WaitSide, with verdict: WaitVerdict, result: UInt = 0) -> Int {
        var count = 0
        while let waiter = first(side) {
            end(waiter, with: verdict, result: result)
            count += 1
        }
        return count
    }

    /// Tells those whose wait was ended. Without the lock.
    @inline(__always)
    func wake(by waker: TaskPointer) {
        if firstWoken != nil { tell(waker) }
    }

    @inline(never)
    private func tell(_ waker: TaskPointer) {
        var next = firstWoken
        while let task = next {
            next = task.node.pointee.nextWoken
            waker.own.pointee.hasWoken = true
            // From here on the task may be gone and its block wait elsewhere.
            task.pointee.ending.store(task.node.pointee.verdict, ordering: .releasing)
            Kernel.wake(task)
        }
    }
}
