import RTOS
import Testing

@Suite("Timeout")
struct TimeoutTests {
    @Test("reads tick counts as FreeRTOS does: 0 does not block, the largest blocks for ever")
    func ticks() {
        #expect(Timeout(rtosTicks: 0) == .now)
        #expect(Timeout(rtosTicks: 1) == .ticks(1))
        #expect(Timeout(rtosTicks: .max - 1) == .ticks(.max - 1))
        #expect(Timeout(rtosTicks: .max) == .forever)
    }

    @Test("takes milliseconds for at least as many ticks, and never for ever")
    func milliseconds() {
        #expect(Timeout.milliseconds(0) == .now)
        for milliseconds in [1, 2, 999, 1000, 1001, 3_600_000, .max - 1, .max] as [UInt32] {
            guard case .ticks(let ticks) = Timeout.milliseconds(milliseconds) else {
                Issue.record("\(milliseconds) ms is not a number of ticks")
                continue
            }
            let longest = UInt64(UInt32.max - 1) * Tick.nanoseconds
            let asked = min(UInt64(milliseconds) * 1_000_000, longest)
            #expect(UInt64(ticks) * Tick.nanoseconds >= asked)
            #expect(UInt64(ticks) * Tick.nanoseconds < asked + Tick.nanoseconds)
        }
    }

    @Test("has a deadline so many ticks after the start")
    func deadline() {
        let start = MonotonicTime(nanoseconds: 5_000)
        #expect(Timeout.now.deadline(from: start) == MonotonicTime(nanoseconds: 0))
        #expect(Timeout.ticks(1).deadline(from: start).nanoseconds == 5_000 + Tick.nanoseconds)
        #expect(Timeout.ticks(.max).deadline(from: start).nanoseconds == 5_000 + 4_294_967_295 * Tick.nanoseconds)
        #expect(Timeout.forever.deadline(from: start) == .never)
        #expect(Timeout.ticks(1).deadline(from: .never) == .never)
        #expect(Timeout.ticks(1).deadline(from: MonotonicTime(nanoseconds: .max - 5)) == .never)
    }

    @Test("counts from now unless told otherwise")
    func fromNow() {
        let before = MonotonicTime.now
        let deadline = Timeout.ticks(1000).deadline()
        #expect(deadline >= before.advanced(byNanoseconds: 1000 * Tick.nanoseconds))
        #expect(deadline <= MonotonicTime.now.advanced(byNanoseconds: 1000 * Tick.nanoseconds))
    }

    @Test("A tick is a whole part of a second")
    func tick() {
        #expect(Tick.nanoseconds * UInt64(Tick.perSecond) == 1_000_000_000)
    }
}

@Suite("Monotonic time")
struct MonotonicTimeTests {
    @Test("adds up to the end of the clock, and stays there")
    func advance() {
        let time = MonotonicTime(nanoseconds: 10)
        #expect(time.advanced(byNanoseconds: 5).nanoseconds == 15)
        #expect(time.advanced(byNanoseconds: 0) == time)
        #expect(time.advanced(byNanoseconds: .max - 10) == .never)
        #expect(time.advanced(byNanoseconds: .max) == .never)
        #expect(MonotonicTime.never.advanced(byNanoseconds: 1) == .never)
    }

    @Test("counts what has passed, and nothing backwards")
    func since() {
        let (early, late) = (MonotonicTime(nanoseconds: 10), MonotonicTime(nanoseconds: 25))
        #expect(late.nanoseconds(since: early) == 15)
        #expect(early.nanoseconds(since: late) == 0)
        #expect(early.nanoseconds(since: early) == 0)
        #expect(early < late && !(late < early) && !(early < early))
    }

    @Test("never goes back")
    func monotonic() {
        var last = MonotonicTime.now
        var goesBack = false
        for _ in 0..<10_000 {
            let now = MonotonicTime.now
            goesBack = goesBack || now < last
            last = now
        }
        #expect(!goesBack && last < .never)
    }
}
