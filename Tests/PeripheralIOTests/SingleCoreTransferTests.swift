import RTOS
import Synchronization
import Testing

@testable import PeripheralIO

/// Transfers of tasks that share one core.
@Suite("Transfers on a single core", .watched)
struct SingleCoreTransferTests {
    /// Runs tasks on one core, with wall ticks, until all have ended.
    private func onSingleCore(_ tasks: [(priority: UInt8, body: @Sendable () -> Void)]) {
        var configuration = Kernel.Configuration(processors: .single, ticks: .wall)
        configuration.startsAtOnce = false
        let kernel = Kernel(configuration)
        for task in tasks { RTOSTask.start(name: "task", priority: task.priority, kernel: kernel, task.body) }
        kernel.start()
        #expect(kernel.waitUntilEnded(.milliseconds(60_000)), "tasks hang")
    }

    @Test("A task that waits for the wire lets those of lower priority run, in every mode")
    func othersRun() throws {
        for mode in [nil, ControlRequest.useZeroCopyTX, .useCharacterQueueTX(length: 8)] {
            let port = try Peripheral("virtual://uart?baud=9600")
            if let mode { try port.control(mode) }
            let order = Mutex<[String]>([])
            onSingleCore([
                (
                    10,
                    {
                        let bytes = [UInt8](repeating: 0x55, count: 96)
                        if port.transmitMode == .zeroCopy {
                            _ = port.write(TransferBuffer(copying: bytes.span.bytes)).wait()
                        } else {
                            _ = try? port.write(bytes.span.bytes)
                        }
                        order.withLock { $0.append("sent") }
                    }
                ),
                (5, { order.withLock { $0.append("other") } }),
            ])
            #expect(order.withLock { $0 } == ["other", "sent"], "\(String(describing: mode))")
            port.close()
        }
    }

    @Test("The completion thread wakes the task of highest priority, which runs at once")
    func interruptWakes() throws {
        let port = try Peripheral("virtual://uart?baud=1M")
        let isOver = Atomic(false)
        let received = Mutex<[UInt8]>([])
        onSingleCore([
            (
                10,
                {
                    let bytes = try? port.read(3)
                    received.withLock { $0 = bytes ?? [] }
                    isOver.store(true, ordering: .relaxed)
                }
            ),
            (
                5,
                {
                    _ = try? port.write(([1, 2, 3] as [UInt8]).span.bytes)
                    // Never blocks: only the other's wake-up ends it.
                    let semaphore = Semaphore()
                    while !isOver.load(ordering: .relaxed) { _ = semaphore.count }
                }
            ),
        ])
        #expect(received.withLock { $0 } == [1, 2, 3])
        port.close()
    }
}
