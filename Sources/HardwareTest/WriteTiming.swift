import PeripheralIO
import RTOS

/// What the writes of a test took.
struct WriteTiming: Sendable {
    var writeCall = LatencyRecord()
    var completion = LatencyRecord()
    var roundTrip = LatencyRecord()

    mutating func add(_ other: WriteTiming) {
        writeCall.add(other.writeCall)
        completion.add(other.completion)
        roundTrip.add(other.roundTrip)
    }

    /// How often a test that waits looks whether it is to end, in milliseconds.
    static let glance: UInt32 = 50

    /// Waits for a write, and notes how long after its last bit the waiter ran, if it had to wait at all. One that
    /// takes longer than the test's timeout, or than the test, is cancelled.
    mutating func finish<Buffer: TransferMemory & ~Copyable>(
        _ write: consuming InFlightWrite<Buffer>, of test: LoopbackTest
    ) -> FinishedWrite<Buffer> {
        let before = MonotonicTime.now
        let deadline = test.timeout.deadline(from: before)
        var isInTime = write.isComplete(within: .milliseconds(Self.glance))
        while !isInTime, MonotonicTime.now < deadline, !test.isToStop {
            isInTime = write.isComplete(within: .milliseconds(Self.glance))
        }
        let after = MonotonicTime.now
        if !isInTime { write.cancel() }
        let finished = write.wait()
        if isInTime, let completedAt = finished.completedAt, completedAt > before {
            completion.record(nanoseconds: after.nanoseconds(since: completedAt))
        }
        return finished
    }
}
