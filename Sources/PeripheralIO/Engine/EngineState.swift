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

    var bufferLength: Int? {
        switch self {
        case .polled: nil
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
}

/// What one transmission carries.
enum Job {
    /// A zero-copy write or exchange, which the interrupt may finish. `end` is its last byte's place in all that was
    /// ever written; the outcome of an `owned` one is kept for the value that owns its buffer.
    case write(Segment, end: UInt64, owned: Bool)
    /// The character queue's content.
    case queue
    /// Dummy bytes sent to fill the receive buffer (SPI).
    case clockIn(Segment)
    /// A caller's own, done by the caller.
    case polled(Segment)
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

    var transmitMode = TransmitMode.polled
    var receiveMode = ReceiveMode.polled
    /// Of no capacity in other modes.
    var transmitQueue = ByteRing(capacity: 0)
    /// The device reads what it took until the wire is idle, so that bytes cannot leave the queue before.
    private let deviceKeepsMemory: Bool
    /// Of no capacity in polled mode, but for what an earlier buffer still held.
    var receiveBuffer = ByteRing(capacity: 0)
    var transmitTimeout = Timeout.forever
    var receiveTimeout = Timeout.forever
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
    /// When `completed` was reached.
    var completedAt: MonotonicTime?
    /// Outcomes other than success of owned writes, until somebody asks.
    var failures: [(end: UInt64, error: PeripheralError)] = []
    /// The outcome of a failed write without an owner, until somebody asks.
    var keptFailure: PeripheralError?
    /// Set once: closed or lost. Everything that waits ends with it.
    var ended: PeripheralError?
    var statistics = PeripheralStatistics()

    private var waiters = WaitReason.allCases.map { _ in WaitQueue<RTOSTask>(expecting: 16) }
    private var toWake: [RTOSTask] = []

    init(deviceKeepsMemory: Bool) {
        self.deviceKeepsMemory = deviceKeepsMemory
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

    // MARK: Jobs

    /// The memory that the present job still has to send, from `offset` on.
    func segment(from offset: Int) -> Segment? {
        switch job {
        case .write(let segment, _, _), .clockIn(let segment), .polled(let segment):
            segment.dropFirst(offset)
        case .queue:
            queueSegment(from: offset)
        case nil:
            nil
        }
    }

    private func queueSegment(from offset: Int) -> Segment? {
        let places = transmitQueue.readablePlaces
        // Where bytes leave the queue as the device takes them, the rest is always at its front.
        let rest = deviceKeepsMemory ? places[offset..<transmission.count] : places[...]
        guard !rest.isEmpty else { return nil }
        return Segment(transmit: places.baseAddress! + rest.startIndex, receive: nil, count: rest.count)
    }

    /// Bytes were put into the transmit queue.
    mutating func queued(_ bytes: Int) {
        written &+= UInt64(bytes)
        // A device that reads late gets what came later when the present part is off the wire.
        if case .queue = job, !deviceKeepsMemory { transmission.extend(by: bytes) }
    }

    /// The next thing for the interrupt to send when the channel is free, started in its hand.
    mutating func startNextJob() -> Transmission.Action? {
        guard transmission.isIdle, !isReserved, ended == nil else { return nil }
        if let next = waitingJob, case .write(let segment, _, _) = next {
            waitingJob = nil
            job = next
            return transmission.begin(count: segment.count, style: .interruptDriven, hand: .interrupt)
        }
        if !transmitQueue.isEmpty {
            job = .queue
            let count = deviceKeepsMemory ? transmitQueue.readablePlaces.count : transmitQueue.count
            return transmission.begin(count: count, style: .interruptDriven, hand: .interrupt)
        }
        if bytesToClockIn > 0 {
            let places = receiveBuffer.writablePlaces
            let count = min(bytesToClockIn, places.count)
            job = .clockIn(Segment(transmit: nil, receive: places.baseAddress, count: count))
            return transmission.begin(count: count, style: .interruptDriven, hand: .interrupt)
        }
        return nil
    }

    /// True if the interrupt would find something to start.
    var hasWorkForInterrupt: Bool {
        guard transmission.isIdle, !isReserved, ended == nil else { return false }
        if waitingJob != nil || !transmitQueue.isEmpty { return true }
        return bytesToClockIn > 0
    }

    /// What readers want and is not there, as far as the buffer has room for it.
    private var bytesToClockIn: Int {
        min(max(0, wantedByReaders - receiveBuffer.count), receiveBuffer.space)
    }

    /// The device took `bytes` of the present job.
    mutating func deviceAccepted(_ bytes: Int) -> Transmission.Action {
        if case .queue = job, bytes > 0, !deviceKeepsMemory {
            transmitQueue.took(bytes)
            wakeAll(waitingFor: .room)
        }
        return transmission.deviceAccepted(bytes)
    }

    /// The transmission has ended: its buffer is free, and whoever waits for that goes on.
    mutating func finishJob(_ ending: Transmission.Ending, error: PeripheralError?, at time: MonotonicTime?) {
        let sent = transmission.accepted
        switch job {
        case .write(_, let end, let owned):
            finishWrite(end: end, owned: owned, ending: ending, error: error, at: time)
            statistics.bytesSent &+= UInt64(ending == .complete ? sent : 0)
        case .queue:
            if ending != .complete {
                keptFailure = error ?? .cancelled
                transmitQueue.removeAll()
            } else {
                statistics.bytesSent &+= UInt64(sent)
                if deviceKeepsMemory { transmitQueue.took(sent) }
            }
            completed = written &- UInt64(transmitQueue.count)
            completedAt = time
            wakeAll(waitingFor: .room)
            wakeAll(waitingFor: .completion)
        case .clockIn:
            if ending == .complete {
                receiveBuffer.wrote(sent)
                statistics.bytesReceived &+= UInt64(sent)
            } else {
                receiveFailure = error ?? .cancelled
            }
            wakeAll(waitingFor: .data)
        case .polled(let segment):
            if ending == .complete {
                statistics.bytesSent &+= UInt64(segment.transmit == nil ? 0 : sent)
                statistics.bytesReceived &+= UInt64(segment.receive == nil ? 0 : sent)
            }
        case nil:
            break
        }
        job = nil
        wakeFirst(waitingFor: .channel)
    }

    mutating func finishWrite(
        end: UInt64, owned: Bool, ending: Transmission.Ending, error: PeripheralError?, at time: MonotonicTime?
    ) {
        if ending != .complete {
            let error = error ?? .cancelled
            if owned { failures.append((end, error)) } else { keptFailure = error }
        }
        completed = end
        completedAt = time
        wake(writeMutex.writeEnded())
        wakeAll(waitingFor: .completion)
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
        while let waiter = writeMutex.nextAbandonedWaiter() { wake(waiter) }
        for reason in WaitReason.allCases { wakeAll(waitingFor: reason) }
    }
}
