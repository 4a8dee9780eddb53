import Glibc
import RTOS

/// Writes what happens on one device to a file, as JSON lines, while it happens.
///
/// Whoever uses the device only leaves a copy of the bytes; a thread of the recorder's own writes them. `finish` returns
/// when all is written.
public final class TraceRecorder: Sendable {
    private struct State {
        var events: [TraceEvent] = []
        /// Bytes in them.
        var waiting = 0
        /// What had to be said first.
        var header: TraceHeader?
        var start = MonotonicTime(nanoseconds: 0)
        var isFinishing = false
        /// The errno of a write that failed, after which nothing more is written.
        var failure: Int32 = 0
    }

    /// How long events wait for their thread: the longer, the fewer wake-ups.
    private static let interval = Timeout.milliseconds(20)
    /// While more bytes than this come in an interval, they wait in memory, so that writing them takes nothing from what
    /// is traced; up to this many.
    private static let (rush, most) = (256 << 10, 256 << 20)

    private let descriptor: Int32
    private let state = Guarded(State())
    private let wake = Semaphore(limit: 1)
    private let writer = Guarded<RTOSThread?>(nil)

    /// Makes the file anew.
    ///
    /// - Throws: `system` with the call that failed.
    public init(path: String) throws(PeripheralError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(call: "open \(path)", errno: errno) }
    }

    /// Begins the trace with the first device that is opened. One that is opened later, because the first has gone and is
    /// back, goes on with it.
    func begin(_ address: DeviceAddress, _ facts: DriverFacts, speed: UInt32, at now: MonotonicTime) {
        guard !hasBegun else { return }
        let line: TraceHeader.Line = facts.kind == .spi ? .spi(address.spi) : .uart(address.serial)
        let header = TraceHeader(
            device: address.name, line: line, speed: speed,
            startedAt: Self.presentTime)
        state.withLock { state in
            state.header = header
            state.start = now
        }
        let thread = RTOSThread.startJoinable(name: "hil trace") { [self] in write() }
        writer.withLock { $0 = thread }
    }

    /// Date and time in UTC, as ISO 8601 has it, to the millisecond.
    private static var presentTime: String {
        var (time, date) = (timespec(), tm())
        clock_gettime(CLOCK_REALTIME, &time)
        gmtime_r(&time.tv_sec, &date)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &date)
        let milliseconds = String(1000 + time.tv_nsec / 1_000_000).dropFirst()
        return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } + ".\(milliseconds)Z"
    }

    /// False if no device was opened with it.
    public var hasBegun: Bool { writer.withLock { $0 != nil } }

    /// Any thread; never waits for the file.
    func add(_ what: TraceEvent.What, at time: MonotonicTime, duration: UInt64 = 0) {
        state.withLock { state in
            let event = TraceEvent(time: time.nanoseconds(since: state.start), duration: duration, what)
            state.events.append(event)
            state.waiting += event.length
        }
    }

    /// Writes what there is, and closes the file. The device has been closed. Once is enough, and more does no harm.
    ///
    /// - Throws: `system` if something could not be written.
    public func finish() throws(PeripheralError) {
        guard !state.withLock({ Swift.exchange(&$0.isFinishing, with: true) }) else { return }
        try? wake.give()
        if let thread = writer.withLock({ $0.take() }) { thread.join() }
        close(descriptor)
        let failure = state.withLock { $0.failure }
        if failure != 0 { throw .system(call: "write to the trace", errno: failure) }
    }

    private func write() {
        var (events, text, isOver, waited) = ([TraceEvent](), [UInt8](), false, 0)
        while !isOver {
            try? wake.take(Self.interval)
            let (header, isRush) = state.withLock { state in
                isOver = state.isFinishing
                let isRush = state.waiting - waited > Self.rush && state.waiting < Self.most
                waited = state.waiting
                if isRush, !isOver { return (TraceHeader?.none, true) }
                swap(&events, &state.events)
                (state.waiting, waited) = (0, 0)
                return (state.header.take(), false)
            }
            if isRush { continue }
            if let header { text += TraceLines.line(header) }
            // A transmission that was begun earlier may have been told later.
            events.sort { $0.time < $1.time }
            for event in events {
                TraceLines.append(event, to: &text)
                if text.count > 1 << 20 { put(&text) }
            }
            put(&text)
            events.removeAll(keepingCapacity: true)
        }
    }

    private func put(_ text: inout [UInt8]) {
        var done = 0
        while done < text.count, state.withLock({ $0.failure == 0 }) {
            let step = text.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if step > 0 {
                done += step
            } else if errno != EINTR {
                let code = errno
                state.withLock { $0.failure = code }
            }
        }
        text.removeAll(keepingCapacity: true)
    }
}
