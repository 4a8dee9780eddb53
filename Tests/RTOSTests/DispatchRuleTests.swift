import RTOS
import Testing

@Suite("Dispatch rule")
struct DispatchRuleTests {
    /// Everybody that the rule lets run now.
    private func running(_ rule: inout DispatchRule) -> [Int] {
        var members: [Int] = []
        while let member = rule.nextToRun() { members.append(member) }
        return members
    }

    /// `#expect` takes no call that changes something.
    private func expect(_ isTrue: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(isTrue, sourceLocation: sourceLocation)
    }

    private func singleCore() -> DispatchRule {
        var rule = DispatchRule(slots: 1, virtualTicks: JitteredCounter(seed: 1, average: 10))
        rule.start()
        return rule
    }

    @Test("one slot goes to the highest priority, then to the first come")
    func oneSlot() {
        var rule = singleCore()
        let (low, high, other) = (rule.join(priority: 1), rule.join(priority: 2), rule.join(priority: 2))
        #expect(running(&rule) == [high])
        expect(rule.block(high, until: .max))
        #expect(running(&rule) == [other])
        rule.leave(other)
        #expect(running(&rule) == [low])
        rule.wake(high)
        #expect(running(&rule) == [])
        expect(rule.call(by: low, atWallTick: 0))
        #expect(running(&rule) == [high])
    }

    @Test("who loses the slot to a higher priority stays first of its equals, or goes last", arguments: [false, true])
    func preempted(goesLast: Bool) {
        var rule = DispatchRule(slots: 1, virtualTicks: nil, preemptedGoesLast: goesLast)
        rule.start()
        let (one, other) = (rule.join(priority: 1), rule.join(priority: 1))
        #expect(running(&rule) == [one])
        let high = rule.join(priority: 2)
        #expect(running(&rule) == [])
        expect(rule.call(by: one, atWallTick: 0))
        #expect(running(&rule) == [high])
        expect(rule.block(high, until: .max))
        #expect(running(&rule) == [goesLast ? other : one])
    }

    @Test("without pre-emption the slot is kept until a yield, and comes back after an interrupt")
    func cooperative() {
        var rule = DispatchRule(
            slots: 1, virtualTicks: nil, preemption: .init(lowestInterrupt: 100, isByPriority: false, slicesTime: false)
        )
        rule.start()
        let low = rule.join(priority: 1)
        #expect(running(&rule) == [low])
        let (high, interrupt) = (rule.join(priority: 2), rule.join(priority: 100))
        expect(rule.call(by: low, atWallTick: 9))
        #expect(running(&rule) == [interrupt])
        expect(rule.block(interrupt, until: .max))
        #expect(running(&rule) == [low])
        expect(!rule.call(by: low, atWallTick: 9))
        expect(rule.yield(low))
        #expect(running(&rule) == [high])

        // An interrupt may ask for the switch: of one that runs, and of one that it interrupted.
        let higher = rule.join(priority: 3)
        expect(!rule.call(by: high, atWallTick: 9))
        rule.switchAfterInterrupt()
        expect(rule.call(by: high, atWallTick: 9))
        #expect(running(&rule) == [higher])
        rule.leave(higher)
        #expect(running(&rule) == [high])
        let highest = rule.join(priority: 4)
        rule.wake(interrupt)
        expect(rule.call(by: high, atWallTick: 9))
        #expect(running(&rule) == [interrupt])
        rule.switchAfterInterrupt()
        expect(rule.block(interrupt, until: .max))
        #expect(running(&rule) == [highest])
    }

    @Test("an interrupt does not cost its place whom it interrupts, but another task does", arguments: [false, true])
    func interrupted(wakesOther: Bool) {
        var rule = DispatchRule(
            slots: 1, virtualTicks: nil, preemptedGoesLast: true, preemption: .init(lowestInterrupt: 100))
        rule.start()
        let (one, other) = (rule.join(priority: 1), rule.join(priority: 1))
        #expect(running(&rule) == [one])
        let interrupt = rule.join(priority: 100)
        expect(rule.call(by: one, atWallTick: 0))
        #expect(running(&rule) == [interrupt])
        let high = wakesOther ? rule.join(priority: 2) : nil
        rule.leave(interrupt)
        if let high {
            #expect(running(&rule) == [high])
            rule.leave(high)
        }
        #expect(running(&rule) == [wakesOther ? other : one])
    }

    @Test("without time slices equals wait for a yield")
    func unsliced() {
        var rule = DispatchRule(slots: 1, virtualTicks: nil, preemption: .init(slicesTime: false))
        rule.start()
        let (one, other) = (rule.join(priority: 1), rule.join(priority: 1))
        #expect(running(&rule) == [one])
        for tick: UInt64 in 0..<9 { expect(!rule.call(by: one, atWallTick: tick)) }
        expect(rule.yield(one))
        #expect(running(&rule) == [other])
    }

    @Test("unlimited slots go to everybody")
    func unlimited() {
        var rule = DispatchRule(slots: .max, virtualTicks: nil)
        let members = (0..<3).map { rule.join(priority: $0) }
        #expect(running(&rule) == [])
        rule.start()
        #expect(running(&rule).sorted() == members)
    }

    @Test("a wake that comes first is not lost")
    func permit() {
        var rule = singleCore()
        let task = rule.join(priority: 1)
        _ = running(&rule)
        rule.wake(task)
        expect(!rule.block(task, until: .max))
        expect(rule.block(task, until: .max))
    }

    @Test("time moves to the next deadline when all wait, and not while one is in a host call")
    func deadlines() {
        var rule = singleCore()
        let (early, late) = (rule.join(priority: 1), rule.join(priority: 1))
        #expect(running(&rule) == [early])
        expect(rule.block(early, until: 10))
        #expect(running(&rule) == [late])
        rule.goOutside(late)
        #expect(running(&rule) == [])
        #expect(rule.now == 0)
        rule.comeBack(late)
        #expect(running(&rule) == [late])
        expect(rule.block(late, until: 20))
        #expect(running(&rule) == [early])
        #expect(rule.now == 10)
        expect(rule.takeTimeOut(early))
        expect(!rule.takeTimeOut(early))
    }

    @Test("a tick passes with a jittered number of calls, and ends the slice of the running task")
    func slices() {
        var rule = singleCore()
        let (one, other) = (rule.join(priority: 1), rule.join(priority: 1))
        #expect(running(&rule) == [one])
        var calls = 0
        while !rule.call(by: one, atWallTick: 0) { calls += 1 }
        #expect((1...40).contains(calls))
        #expect(running(&rule) == [other])
        #expect(rule.now >= 1)
    }

    @Test("one that a higher priority interrupts in every tick loses its slice to its equals all the same")
    func interruptedSlice() {
        var rule = singleCore()
        let (one, other) = (rule.join(priority: 1), rule.join(priority: 1))
        let interrupt = rule.join(priority: 2)
        var turns: Set<Int> = []
        for _ in 0..<4 {
            #expect(running(&rule) == [interrupt])
            expect(rule.block(interrupt, until: rule.now + 1))
            let task = running(&rule)[0]
            turns.insert(task)
            var now = task
            while rule.activity(of: interrupt) == .blocked {
                if rule.call(by: now, atWallTick: 0), rule.activity(of: interrupt) == .blocked {
                    now = running(&rule)[0]
                    turns.insert(now)
                }
            }
        }
        #expect(turns == [one, other])
    }

    @Test("after a wait for a tick, the next one is at least half the average number of calls away")
    func synchronized() {
        var rule = singleCore()
        let task = rule.join(priority: 1)
        for round in 1...100 as ClosedRange<UInt64> {
            _ = running(&rule)
            expect(rule.block(task, until: rule.now + 1))
            #expect(running(&rule) == [task])
            let now = rule.now
            for _ in 0..<4 { _ = rule.call(by: task, atWallTick: 0) }
            #expect(rule.now == now, "round \(round)")
            // Some calls more, so that what is left of the count differs.
            for _ in 0..<round % 7 { _ = rule.call(by: task, atWallTick: 0) }
        }
    }

    @Test("a task that holds on keeps its slot")
    func hold() {
        var rule = singleCore()
        let low = rule.join(priority: 1)
        _ = running(&rule)
        rule.hold(low)
        let high = rule.join(priority: 2)
        expect(!rule.call(by: low, atWallTick: 0))
        rule.release(low)
        expect(rule.call(by: low, atWallTick: 0))
        #expect(running(&rule) == [high])
    }

    @Test("a pre-empted task stays the first of its equals, one that yields becomes the last")
    func order() {
        var rule = singleCore()
        let (one, other) = (rule.join(priority: 1), rule.join(priority: 1))
        #expect(running(&rule) == [one])
        let high = rule.join(priority: 2)
        expect(rule.call(by: one, atWallTick: 0))
        #expect(running(&rule) == [high])
        rule.leave(high)
        #expect(running(&rule) == [one])
        expect(rule.yield(one))
        #expect(running(&rule) == [other])
    }

    @Test("jitter repeats from a seed, and stays in its bounds")
    func jitter() {
        func lengths(_ seed: UInt64) -> [Int] {
            var counter = JitteredCounter(seed: seed, average: 64)
            return (0..<200).map { _ in
                var length = 1
                while !counter.countDown() { length += 1 }
                return length
            }
        }
        #expect(lengths(7) == lengths(7))
        #expect(lengths(7) != lengths(8))
        #expect(lengths(7).allSatisfy { (32...96).contains($0) })
        #expect(Set(lengths(7)).count > 30)
    }
}
