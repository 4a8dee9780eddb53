import Glibc
import Synchronization
import Testing
import VirtualHardware

@testable import RTOS

/// Long enough for any machine; only a task that is never woken takes it all.
private func hangLimit() -> MonotonicTime {
    MonotonicTime.now.advanced(byNanoseconds: 60_000_000_000)
}

private let past = MonotonicTime(nanoseconds: 0)

@Suite("Parking place", .timeLimit(.minutes(30)))
struct ParkingPlaceTests {
    private let place = ParkingPlace()

    @Test("A permit that comes before the wait is not lost, and is taken once")
    func permitFirst() {
        place.unpark()
        #expect(place.park(until: hangLimit()))
        #expect(!place.park(until: past))
    }

    @Test("Permits do not add up")
    func onePermit() {
        for _ in 0..<5 { place.unpark() }
        #expect(place.park(until: .never))
        #expect(!place.park(until: past))
    }

    @Test("Without a permit the wait ends at its deadline, and not before")
    func deadline() {
        let deadline = MonotonicTime.now.advanced(byNanoseconds: 3_000_000)
        #expect(!place.park(until: deadline))
        #expect(MonotonicTime.now >= deadline)
        #expect(!place.park(until: past))
    }

    @Test("A permit that comes after a time-out is kept for the next wait")
    func afterTimeout() {
        #expect(!place.park(until: MonotonicTime.now.advanced(byNanoseconds: 1_000_000)))
        place.unpark()
        #expect(place.park(until: past))
    }

    @Test("A sleeper is woken by another thread")
    func lateUnpark() {
        let waker = RTOSThread.startJoinable(name: "waker") {
            // The sleeper is most likely asleep by then; either way it has to go on.
            _ = ParkingPlace().park(until: MonotonicTime.now.advanced(byNanoseconds: 5_000_000))
            place.unpark()
        }
        let limit = hangLimit()
        #expect(place.park(until: limit))
        #expect(MonotonicTime.now < limit)
        waker.join()
        #expect(!place.park(until: past))
    }

    @Test("A permit that comes at the deadline is taken by this wait or kept for the next")
    func atDeadline() {
        let (started, delay, woken) = (Box(Atomic(0)), Box(Atomic<UInt64>(50_000)), Box(Atomic(0)))
        let rounds = 5000
        let waker = RTOSThread.startJoinable(name: "waker") {
            for round in 1...rounds {
                while started.value.load(ordering: .acquiring) < round { sched_yield() }
                let wake = MonotonicTime.now.advanced(byNanoseconds: delay.value.load(ordering: .relaxed))
                while MonotonicTime.now < wake {}
                place.unpark()
                woken.value.store(round, ordering: .releasing)
            }
        }
        var generator = SeededGenerator(seed: 1)
        var lost = 0
        for round in 1...rounds {
            started.value.store(round, ordering: .releasing)
            let hasIt = place.park(until: MonotonicTime.now.advanced(byNanoseconds: 50_000))
            while woken.value.load(ordering: .acquiring) < round { sched_yield() }
            let isLeft = place.park(until: past)
            if hasIt == isLeft { lost += 1 }
            // Feels its way to the moment at which the kernel ends the wait, and stays about there.
            let step = UInt64.random(in: 0...400, using: &generator)
            let present = delay.value.load(ordering: .relaxed)
            delay.value.store(hasIt ? present + step : present - min(step, present), ordering: .relaxed)
        }
        waker.join()
        #expect(lost == 0)
    }

    @Test("Many wakers, one sleeper with short deadlines: whatever coincides, nothing is lost")
    func manyWakers() {
        let (wakers, each) = (8, 5000)
        let count = Box(Atomic(0))
        let threads = (0..<wakers).map { number in
            RTOSThread.startJoinable(name: "waker \(number)") {
                for _ in 0..<each {
                    count.value.add(1, ordering: .releasing)
                    place.unpark()
                }
            }
        }
        let limit = hangLimit()
        var wait: UInt64 = 1
        // Deadlines from 1 ns to 66 µs, so that time-outs and permits meet in every way.
        while count.value.load(ordering: .acquiring) < wakers * each, MonotonicTime.now < limit {
            _ = place.park(until: MonotonicTime.now.advanced(byNanoseconds: wait))
            wait = wait < 65_536 ? wait * 2 : 1
        }
        #expect(count.value.load(ordering: .acquiring) == wakers * each)
        for thread in threads { thread.join() }
        // The last permit, if it is left over, is one.
        _ = place.park(until: past)
        #expect(!place.park(until: past))
    }
}

/// A task's place may hold a permit from an earlier wait, so these look again at what they wait for, as all who park
/// do.
@Suite("Parking of tasks", .timeLimit(.minutes(30)))
struct TaskParkingTests {
    @Test("Two tasks hand each other the turn without losing one")
    func pingPong() {
        let turn = Box(Atomic(0))
        let tasks = Box(Mutex<[RTOSTask]>([]))
        let rounds = 20_000
        let threads = (0..<2).map { me in
            RTOSThread.startJoinable(name: "player \(me)") {
                tasks.value.withLock { $0.append(RTOSTask.current) }
                let limit = hangLimit()
                var both: [RTOSTask] = []
                while both.count < 2, MonotonicTime.now < limit { both = tasks.value.withLock { $0 } }
                guard let other = both.first(where: { $0 != .current }) else { return }
                for round in 0..<rounds {
                    while turn.value.load(ordering: .acquiring) != round * 2 + me {
                        RTOSTask.current.park(until: limit)
                        if MonotonicTime.now >= limit { return }
                    }
                    turn.value.store(round * 2 + me + 1, ordering: .releasing)
                    other.unpark()
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(turn.value.load(ordering: .acquiring) == rounds * 2)
    }

    @Test("A ring of tasks passes many tokens round, and each comes home")
    func ring() {
        let (size, rounds) = (8, 500)
        let inboxes = (0..<size).map { _ in Box(Atomic(0)) }
        let tasks = Box(Mutex([RTOSTask?](repeating: nil, count: size)))
        // Three tokens for each task, so that wakes and waits overlap; a task ends when it has passed its share on.
        for inbox in inboxes { inbox.value.store(3, ordering: .releasing) }
        let finished = Box(Atomic(0))
        let threads = (0..<size).map { me in
            RTOSThread.startJoinable(name: "ring \(me)") {
                tasks.value.withLock { $0[me] = .current }
                let limit = hangLimit()
                var next: RTOSTask?
                while next == nil, MonotonicTime.now < limit { next = tasks.value.withLock { $0[(me + 1) % size] } }
                for _ in 0..<rounds {
                    while inboxes[me].value.load(ordering: .acquiring) == 0 {
                        RTOSTask.current.park(until: limit)
                        if MonotonicTime.now >= limit { return }
                    }
                    inboxes[me].value.subtract(1, ordering: .acquiringAndReleasing)
                    inboxes[(me + 1) % size].value.add(1, ordering: .acquiringAndReleasing)
                    next?.unpark()
                }
                finished.value.add(1, ordering: .releasing)
            }
        }
        for thread in threads { thread.join() }
        #expect(finished.value.load(ordering: .acquiring) == size)
        #expect(inboxes.allSatisfy { $0.value.load(ordering: .acquiring) == 3 })
    }
}

/// Something that cannot be copied, where several threads can reach it.
final class Box<Value: ~Copyable & Sendable>: Sendable {
    let value: Value
    init(_ value: consuming Value) { self.value = value }
}
