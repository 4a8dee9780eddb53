import RTOS
import Testing
import VirtualHardware

@Suite("Virtual clock")
struct VirtualClockTests {
    @Test("moves when it is told to, and never back")
    func moves() {
        let clock = VirtualClock(start: MonotonicTime(nanoseconds: 5))
        #expect(clock.now.nanoseconds == 5)
        clock.advance(to: MonotonicTime(nanoseconds: 9))
        clock.advance(to: MonotonicTime(nanoseconds: 7))
        #expect(clock.now.nanoseconds == 9)
        #expect(HardwareClock.virtual(clock).now == clock.now)
    }

    @Test("The wall clock is the machine's own")
    func wall() {
        let before = MonotonicTime.now
        let now = HardwareClock.wall.now
        #expect(before <= now && now <= .now)
    }
}
