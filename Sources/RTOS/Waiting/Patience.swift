import CLinux
import Glibc

/// How long a task looks for what it waits for before it goes to sleep, learnt from its last waits.
///
/// Looking is worth it where the wait is about as short as falling asleep and being woken, some ten microseconds across
/// processors. But it keeps a processor busy, and the scheduler does not let a task that has done so in at once when it
/// is woken where others run. So each time it was in vain a task looks half as long, in the end not at all, until it
/// finds that it was woken again after a moment.
struct Patience {
    /// About a tenth of a millisecond. On one processor looking only delays the one that is waited for.
    private static let most = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? 128 : 0
    /// The first looks let nobody else have the processor: what is waited for may be under way on another.
    private static let selfish = 4
    private static let pausesPerLook = 32
    /// A sleep up to this many nanoseconds was one in which looking would have paid.
    private static let moment: UInt64 = 150_000

    private var looks = min(16, most)

    /// Looks now and then, each time a little later: each look takes a cache line away from the other side, and what the
    /// other side gets done meanwhile comes in one go. True as soon as `isDone`; false if it is of no use any more, or
    /// the task has looked long enough.
    @inline(__always)
    mutating func look(_ isDone: () -> Attempt) -> Bool {
        for number in 0..<looks {
            if number >= Self.selfish { sched_yield() }
            for _ in 0..<Self.pausesPerLook { hil_pause() }
            switch isDone() {
            case .done:
                looks = min(2 * looks, Self.most)
                return true
            case .useless: return false
            case .tryAgain: continue
            }
        }
        looks /= 2
        return false
    }

    enum Attempt {
        case done
        case tryAgain
        /// Only sleep helps.
        case useless
    }

    /// The task has slept for so many nanoseconds.
    mutating func slept(_ nanoseconds: UInt64) {
        if looks == 0, nanoseconds <= Self.moment { looks = Self.most }
    }
}

extension TaskControlBlock {
    /// Has the calling task look before it sleeps. Where the dispatch rule decides, in interrupts, and while others are kept
    /// out, it does not.
    @inline(__always)
    static func look(_ isDone: () -> Patience.Attempt) -> Bool {
        let task = current
        guard task.pointee.member == nil, task.own.pointee.mayStop, !InterruptContext.isActive else { return false }
        return task.own.pointee.patience.look(isDone)
    }
}

/// Passes the time until another thread has done one step: a few instructions, unless it was pre-empted in them.
struct Spin {
    private var count = 0

    mutating func pause() {
        count &+= 1
        if count % 64 == 0 { sched_yield() } else { hil_pause() }
    }
}
