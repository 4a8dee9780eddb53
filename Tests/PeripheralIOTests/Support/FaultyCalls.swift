import CLinux
import Glibc
import RTOS
import Synchronization
import VirtualHardware

@testable import PeripheralIO

/// The kernel's calls with faults put between: a tty that takes and gives little, signals, false alarms, failures.
final class FaultyCalls: SerialCalls {
    struct Plan: Sendable {
        /// Takes and gives at most this many bytes a call.
        var step = Int.max
        /// Every so many calls one is interrupted by a signal, so many times in a row.
        var interruptEvery = 0
        /// Between two calls that do something, so many answer that it would block.
        var falseAlarms = 0
        /// `write` and `read` fail for good with this number…
        var failure: Int32 = EIO
        /// …once so many bytes have passed in their direction.
        var failAfterWriting = Int.max
        var failAfterReading = Int.max
        /// `poll` fails with this number.
        var pollFailure: Int32?
    }

    private struct State {
        var calls = 0
        var alarms = 0
        var written = 0
        var read = 0
    }

    private let kernel = KernelCalls()
    private let plan: Plan
    private let state = Mutex(State())
    /// The memory of each `write`, and how much of it the kernel took.
    let writes = Recorder<(memory: MemoryRange, taken: Int)>()

    init(_ plan: Plan = Plan()) {
        self.plan = plan
    }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let result = pass(\.written, plan.failAfterWriting, bytes.count) { count in
            kernel.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
        }
        writes.note((MemoryRange(bytes), result))
        return result
    }

    func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        pass(\.read, plan.failAfterReading, buffer.count) { count in
            kernel.read(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(count)))
        }
    }

    func poll(_ descriptors: UnsafeMutableBufferPointer<pollfd>, until deadline: MonotonicTime) -> Int {
        if let number = plan.pollFailure { return -Int(number) }
        if plan.interruptEvery > 0, state.withLock({ next(&$0) }) { return -Int(EINTR) }
        return kernel.poll(descriptors, until: deadline)
    }

    func awaitLines(_ descriptor: Int32) -> Int32 { kernel.awaitLines(descriptor) }

    private func next(_ state: inout State) -> Bool {
        state.calls += 1
        return state.calls % plan.interruptEvery == 0
    }

    private func pass(
        _ passed: WritableKeyPath<State, Int> & Sendable, _ limit: Int, _ count: Int, _ call: (Int) -> Int
    ) -> Int {
        state.withLock { state in
            if state[keyPath: passed] >= limit { return -Int(plan.failure) }
            if plan.interruptEvery > 0, next(&state) { return -Int(EINTR) }
            if plan.falseAlarms > 0 {
                state.alarms += 1
                if state.alarms % (plan.falseAlarms + 1) != 0 { return -Int(EAGAIN) }
            }
            let result = call(min(count, plan.step, limit - state[keyPath: passed]))
            state[keyPath: passed] += max(result, 0)
            return result
        }
    }
}

/// A port on a pty whose calls pass `FaultyCalls`.
struct FaultyPort {
    let line: PtyPair
    let calls: FaultyCalls
    let port: Peripheral

    init(_ plan: FaultyCalls.Plan = FaultyCalls.Plan()) throws {
        guard let line = PtyPair() else { throw Hang(description: "there is no pty left") }
        self.line = line
        calls = FaultyCalls(plan)
        let driver = try SerialDriver(
            path: line.path, name: String(line.path.dropFirst(5)), settings: SerialSettings(), calls: calls)
        port = try Peripheral(address: DeviceAddress(line.path), driver: driver)
    }
}
