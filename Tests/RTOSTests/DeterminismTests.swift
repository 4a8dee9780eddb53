import RTOS
import Testing

@Suite("Virtual ticks")
struct DeterminismTests {
    /// Tasks of equal and of different priorities, a mutex, a semaphore, time-outs, a timer, calls that only spin.
    private func trace(seed: UInt64) -> [Kernel.TaskSwitch] {
        let switches = Log<Kernel.TaskSwitch>()
        onSingleCore(seed: seed) {
            $0.onSwitch = { switches.append($0) }
        } _: {
            let mutex = RTOSMutex()
            let tokens = Semaphore(limit: 5)
            let flags = EventFlags()
            let timer = SoftwareTimer(period: 7, repeats: true) { try? tokens.give() }
            timer.start()
            for number in 0..<4 {
                RTOSTask.start(name: "worker \(number)", priority: UInt8(10 + number / 2)) {
                    for round in 0..<30 {
                        try? mutex.withLock {
                            for _ in 0..<(5 * number) { _ = tokens.count }
                        }
                        try? tokens.take(.ticks(UInt32(1 + round % 4)))
                        if round % 7 == number { RTOSTask.delay(.ticks(2)) }
                    }
                    _ = try? flags.set(1 << UInt32(number))
                }
            }
            _ = try? flags.wait(FlagCondition(0xF, all: true))
            timer.stop()
        }
        return switches.contents
    }

    @Test("the same seed gives the same trace, 100 times out of 100")
    func sameSeed() {
        let first = trace(seed: 42)
        #expect(first.count > 100)
        for _ in 1..<100 {
            let isSame = trace(seed: 42) == first
            #expect(isSame)
        }
    }

    @Test("different seeds give different traces, and none hangs")
    func differentSeeds() {
        let traces = Set((0..<50).map { trace(seed: $0) })
        #expect(traces.count > 40)
    }

    @Test("come in parallel as well: time jumps when every task waits")
    func parallel() {
        let log = Log<UInt64>()
        let kernel = Kernel(Kernel.Configuration(processors: .parallel, ticks: .virtual(seed: 1)))
        RTOSTask.start(name: "sleeper", kernel: kernel) {
            let other = RTOSTask.start(name: "other") { RTOSTask.delay(.ticks(1_000_000)) }
            _ = other.join()
            log.append(Kernel.ticks())
        }
        #expect(kernel.waitUntilEnded(.milliseconds(30_000)))
        #expect(log.contents.count == 1 && log.contents[0] >= 1_000_000)
    }
}
