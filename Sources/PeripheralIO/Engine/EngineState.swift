import RTOS

/// How writes are done.
public enum TransmitMode: Hashable, Sendable {
    case polled
    case zeroCopy
    case characterQueue(length: Int)
}

/// How reads are done.
public enum ReceiveMode: Hashable, Sendable {
    case polled
    case characterQueue(length: Int)
    case circularBuffer(length: Int)
    /// A `PacketReceiver` gets what comes in.
    case packets

    var bufferLength: Int? {
        switch self {
        case .polled, .packets: nil
        case .characterQueue(let length), .circularBuffer(let length): length
        }
    }
}

/// Counts since the peripheral was opened.
public struct PeripheralStatistics: Hashable, Sendable {
    /// Bytes that are off the wire.
    public var bytesSent: UInt64 = 0
    /// Bytes received, whether read or not.
    public var bytesReceived: UInt64 = 0
    /// How often reception had to leave bytes to the device because the receive buffer was full.
    public var receivePauses: UInt64 = 0
    /// How often the completion thread fetched bytes for a character queue or circular buffer.
    public var receptions: UInt64 = 0
}

/// Everything about an open peripheral that its one lock guards.
struct EngineState: ~Copyable {
    enum WaitReason: Int, CaseIterable {
        /// The transmit queue has room.
        case room
        /// The receive buffer has data.
        case data
        /// A write is complete.
        case completion
        /// The device's transmit side is free.
        case channel
        /// The device's receive side is free.
        case reception
        /// The device has told something of its line.
        case line
    }

    var writeMutex = WriteMutex<RTOSTask>()
    var transmission = Transmission()
    var job: Job?
    /// A zero-copy write that found the bus taken, or that the caller may not start.
    var waitingJob: Job?
    /// A caller changes a setting.
    var isReserved = false
    /// Callers inside the device for something else than a transfer.
    var visitors = 0
    var receptionHand: Transmission.Hand?
    /// Tasks that wait inside the device, on its transmit side and on its receive side.
    var callers = InlineArray<2, RTOSTask?>(repeating: nil)
    /// Callers who want to know of modem lines and line errors.
    var lineWatchers = 0

    var transmitMode = TransmitMode.polled
    var receiveMode = ReceiveMode.polled
    /// Of no capacity in other modes.
    var transmitQueue = ByteRing(capacity: 0)
    /// The device reads what it took until the wire is idle, so that bytes cannot leave the queue before.
    let deviceKeepsMemory: Bool
    /// Of no capacity in polled mode, but for what an earlier buffer still held.
    var receiveBuffer = ByteRing(capacity: 0)
    var packets = OutgoingPackets()
    /// In packet mode.
    var packetReception: (any PacketReception)?
    var transmitTimeout = Timeout.forever
    var receiveTimeout = Timeout.forever
    /// Nanoseconds from one reception of the interrupt to the next; 0 for none between.
    var receiveInterval: UInt64 = 0
    /// Bytes that readers who wait still want (SPI).
    var wantedByReaders = 0
    /// Bytes that a read had taken when it failed: they come before those of the receive buffer.
    var putBack = ByteRing(capacity: 0)
    /// The fewest bytes that let a blocked reader go on.
    var readerThreshold = Int.max
    var receptionIsPaused = false
    /// Why bytes that readers wait for did not come in, until a reader is told (SPI).
    var receiveFailure: PeripheralError?

    /// Bytes ever written, and how many of them are off the wire (or given up).
    var written: UInt64 = 0
    var completed: UInt64 = 0
    /// When `completed` was reached, if an owned write did that.
    var completedAt: MonotonicTime?
    /// Outcomes other than success of owned writes, until somebody asks.
    var failures: [(end: UInt64, error: PeripheralError)] = []
    /// The outcome of a failed write without an owner, until somebody asks.
    var keptFailure: PeripheralError?
    /// Set once: closed or lost. Everything that waits ends with it.
    var ended: PeripheralError?
    var statistics = PeripheralStatistics()

    /// By reason, in place: the queues are looked at on every transfer.
    private var waiters = InlineArray<6, WaitQueue<RTOSTask>>(repeating: WaitQueue(expecting: 16))
    private var toWake: [RTOSTask] = []

    init(deviceKeepsMemory: Bool) {
        self.deviceKeepsMemory = deviceKeepsMemory
        precondition(waiters.count == WaitReason.allCases.count)
        for reason in WaitReason.allCases { waiters[reason.rawValue] = WaitQueue(expecting: 16) }
        toWake.reserveCapacity(32)
    }

    /// Nothing is being sent and nobody is about to.
    var channelIsFree: Bool { transmission.isIdle && !isReserved && waitingJob == nil }

    // MARK: Waiting

    mutating func enqueue(_ task: RTOSTask, for reason: WaitReason) {
        waiters[reason.rawValue].insert(task, priority: task.priority)
    }

    mutating func dequeue(_ task: RTOSTask, for reason: WaitReason) {
        waiters[reason.rawValue].remove(task)
    }

    func anyoneWaits(for reason: WaitReason) -> Bool {
        !waiters[reason.rawValue].isEmpty
    }

    /// Notes a task to be woken once the lock has been let go.
    mutating func wake(_ task: RTOSTask?) {
        if let task { toWake.append(task) }
    }

    mutating func wakeFirst(waitingFor reason: WaitReason) {
        wake(waiters[reason.rawValue].popFirst())
    }

    mutating func wakeAll(waitingFor reason: WaitReason) {
        while let task = waiters[reason.rawValue].popFirst() { wake(task) }
    }

    var hasTasksToWake: Bool { !toWake.isEmpty }

    /// A task that has to be woken now.
    mutating func nextToWake() -> RTOSTask? {
        toWake.isEmpty ? nil : toWake.removeFirst()
    }

    // MARK: Received bytes

    /// Takes out what was received and not read, and answers how many bytes that was.
    mutating func takeReceived(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let first = putBack.read(into: buffer)
        return first + receiveBuffer.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[first...]))
    }

    /// Keeps what a failing read has taken, for a later one.
    mutating func putBack(_ bytes: UnsafeMutableRawBufferPointer.SubSequence) {
        guard !bytes.isEmpty else { return }
        var ring = ByteRing(capacity: putBack.count + bytes.count)
        _ = ring.write(UnsafeRawBufferPointer(rebasing: bytes))
        while !putBack.isEmpty { putBack.took(ring.write(putBack.readablePlaces)) }
        putBack = ring
    }

    /// Ends everything that waits. A transmission that somebody has in hand ends when that hand finds out.
    mutating func end(with error: PeripheralError) {
        guard ended == nil else { return }
        ended = error
        _ = transmission.cancel()
        if let job = waitingJob, case .write(_, let end, let owned) = job {
            waitingJob = nil
            finishWrite(end: end, owned: owned, ending: .failed, error: error, at: nil)
        }
        if case .packets = job {
        } else {
            failPackets(error)
        }
        while let waiter = writeMutex.nextAbandonedWaiter() { wake(waiter) }
        for reason in WaitReason.allCases { wakeAll(waitingFor: reason) }
    }
}
