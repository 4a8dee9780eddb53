import RTOS
import Testing

/// Tasks do at random whatever tasks can do to objects and to one another. What must hold whatever happens is looked
/// at as they go and at the end; what hangs is found by the time limit.
@Suite("Random operations")
struct RandomOperationTests {
    private final class World: Sendable {
        let tokens = Semaphore(count: 3, limit: 1000)
        let doors = [RTOSMutex(name: "a", isRecursive: true), RTOSMutex(name: "b")]
        let flags = EventFlags()
    }

    /// One round of a worker. Mutexes are taken in their order, so that no ring of them can form.
    private static func act(in world: World, _ setting: Setting, _ random: inout RandomNumbers) {
        switch random.next(12) {
        case 0: try? world.tokens.give()
        case 1: try? world.tokens.take(.ticks(UInt32(1 + random.next(3))))
        case 2: try? world.tokens.take(.now)
        case 3, 4:
            for door in world.doors where random.next(3) > 0 {
                guard (try? door.acquire(.ticks(UInt32(1 + random.next(5))))) != nil else { continue }
                #expect(door.owner == .current)
                if random.next(4) == 0 { RTOSTask.yield() }
                #expect(door.owner == .current)
            }
            for door in world.doors.reversed() where door.owner == .current { try? door.release() }
            // In parallel another one may be changing it at this moment.
            if setting == .singleCore { #expect(RTOSTask.current.priority == RTOSTask.current.basePriority) }
        case 5: _ = try? world.flags.set(1 << UInt32(random.next(4)))
        case 6:
            let condition = FlagCondition(UInt32(1 + random.next(15)), all: random.next(2) == 0)
            _ = try? world.flags.wait(condition, .ticks(UInt32(1 + random.next(4))))
        case 7: RTOSTask.delay(.ticks(UInt32(random.next(3))))
        case 8: RTOSTask.yield()
        case 9: _ = RTOSTask.takeNotification(.ticks(UInt32(1 + random.next(2))))
        case 10: CriticalSection.run { try? world.tokens.give() }
        default:
            let tasks = Kernel.current.tasks.filter { $0 != .current && $0.name.hasPrefix("worker") }
            guard !tasks.isEmpty else { return }
            let task = tasks[random.next(tasks.count)]
            switch random.next(4) {
            case 0: task.notifyGive()
            case 1: task.abortDelay()
            case 2: task.priority = UInt8(50 + random.next(5))
            default:
                task.suspend(endingWait: random.next(2) == 0)
                RTOSTask.yield()
                task.resume()
            }
        }
    }

    private func run(in setting: Setting, seed: UInt64) {
        setting.run(seed: seed, priority: 60) {
            let world = World()
            let workers = (0..<5).map { number in
                RTOSTask.start(name: "worker \(number)", priority: UInt8(50 + number % 3)) {
                    var random = RandomNumbers(seed: seed &* 31 &+ UInt64(number))
                    for _ in 0..<60 { Self.act(in: world, setting, &random) }
                }
            }
            // One is deleted wherever it is.
            var random = RandomNumbers(seed: seed)
            RTOSTask.delay(.ticks(UInt32(random.next(20))))
            workers[random.next(workers.count)].delete()
            // A worker may have been suspended by one that was deleted before it could resume it.
            while workers.contains(where: { $0.state != .deleted }) {
                RTOSTask.delay(.ticks(50))
                for worker in workers { worker.resume() }
            }
            for worker in workers { _ = worker.join() }
            for door in world.doors {
                #expect(door.owner == nil)
                #expect(door.waiterCount == 0)
            }
            #expect(world.tokens.waiterCount == 0)
            #expect(world.flags.waiterCount == 0)
        }
    }

    @Test("leave no trace behind on a single core, whatever the seed")
    func singleCore() {
        for seed in 0..<300 as Range<UInt64> { run(in: .singleCore, seed: seed) }
    }

    @Test("leave no trace behind in parallel")
    func parallel() {
        for seed in 0..<30 as Range<UInt64> { run(in: .parallel, seed: seed) }
    }
}

/// SplitMix64, to repeat from a seed.
private struct RandomNumbers {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((bits ^ (bits >> 31)) % UInt64(limit))
    }
}
