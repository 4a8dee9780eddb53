import Glibc
import Synchronization
import Testing

@testable import RTOS

/// Runs `body` on a thread of its own, waits until the thread has ended, and answers what the body did.
private func onThread<Result: Sendable>(_ name: String = "thread", _ body: @escaping @Sendable () -> Result) -> Result {
    let result = Box(Mutex<Result?>(nil))
    RTOSThread.startJoinable(name: name) {
        let value = body()
        result.value.withLock { $0 = value }
    }.join()
    return result.value.withLock { $0! }
}

/// Looks again and again, up to a minute; only something that never happens takes that long.
private func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<60_000 {
        if condition() { return true }
        usleep(1000)
    }
    return condition()
}

@Suite("Task", .timeLimit(.minutes(30)))
struct RTOSTaskTests {
    @Test("A task knows itself by name and priority")
    func start() {
        let seen = Box(Mutex<(task: RTOSTask, name: String, priority: UInt8, thread: String)?>(nil))
        RTOSTask.start(name: "blinks a light slowly", priority: 7) {
            let task = RTOSTask.current
            seen.value.withLock { $0 = (task, task.name, task.priority, RTOSThread.currentName) }
        }
        #expect(eventually { seen.value.withLock { $0 != nil } })
        let result = seen.value.withLock { $0! }
        #expect(result.name == "blinks a light slowly")
        #expect(result.priority == 7)
        // The kernel keeps 15 bytes.
        #expect(result.thread == "blinks a light ")
        #expect(eventually { result.task.name == "ended task" })
    }

    @Test("Any thread becomes a task when it asks, with the thread's name and the default priority")
    func adoption() {
        let (task, name, again, priority) = onThread("stranger") {
            (RTOSTask.current, RTOSTask.current.description, RTOSTask.current, RTOSTask.current.priority)
        }
        #expect(name == "stranger")
        #expect(task == again)
        #expect(priority == RTOSTask.defaultPriority)
    }

    @Test("Tasks that live at the same time differ, and a priority is each one's own")
    func twoTasks() {
        let mine = onThread {
            let mine = RTOSTask.current
            mine.priority = 3
            let others = onThread {
                RTOSTask.current.priority = 200
                return RTOSTask.current
            }
            return (isSame: mine == others, priority: mine.priority)
        }
        #expect(!mine.isSame)
        #expect(mine.priority == 3)
    }

    @Test("A handle outlives its task, and equals no later one, though they use the same memory again")
    func endedTask() {
        let ended = onThread { RTOSTask.current }
        #expect(ended == ended)
        #expect(ended.name == "ended task")
        var all: Set<RTOSTask> = [ended]
        for _ in 0..<100 {
            let later = onThread { RTOSTask.current }
            #expect(later != ended)
            all.insert(later)
        }
        #expect(all.count == 101)
        // A late wake is one permit too many for whoever has the memory now; a late change does nothing.
        ended.unpark()
        let priority = onThread {
            ended.priority = 99
            return RTOSTask.current.priority
        }
        #expect(priority == RTOSTask.defaultPriority)
    }

    @Test("The blocks of ended tasks are used again")
    func blocks() {
        let tasks = (0..<200).map { _ in onThread { RTOSTask.current } }
        // Other tests run tasks meanwhile, but not hundreds at once.
        #expect(Set(tasks.map(\.block)).count < 100)
    }

    @Test("The name of a thread is cut between characters")
    func cutNames() {
        #expect(onThread("exactly fifteen") { RTOSThread.currentName } == "exactly fifteen")
        #expect(onThread("fourteen bytesé") { RTOSThread.currentName } == "fourteen bytes")
        #expect(onThread("ααααααααα") { RTOSThread.currentName } == "ααααααα")
        #expect(onThread("") { RTOSThread.currentName } == "")
    }

    @Test("An interrupt is a property of the thread, for a while or for good")
    func interruptContext() {
        let (before, during, elsewhere, after) = onThread {
            let before = InterruptContext.isActive
            InterruptContext.set(true)
            let during = InterruptContext.isActive
            let elsewhere = onThread { InterruptContext.isActive }
            InterruptContext.set(false)
            return (before, during, elsewhere, InterruptContext.isActive)
        }
        #expect(!before && during && !elsewhere && !after)
    }
}

@Suite("End of a task", .timeLimit(.minutes(30)))
struct TaskEndTests {
    private final class Observer: Sendable {
        let ended = Mutex<[(task: RTOSTask, name: String, isCurrent: Bool)]>([])

        func observe() {
            TaskEnd.observe(for: self) { task in
                self.ended.withLock { $0.append((task, task.name, task == RTOSTask.current)) }
            }
        }

        func count(of task: RTOSTask) -> Int {
            ended.withLock { $0.count { $0.task == task } }
        }
    }

    @Test("Whoever keeps something for a task learns of its end, once, on the task's own thread")
    func observed() throws {
        let observer = Observer()
        observer.observe()
        defer { TaskEnd.ignore(for: observer) }
        let task = onThread("mortal") { RTOSTask.current }
        #expect(observer.count(of: task) == 1)
        let end = try #require(observer.ended.withLock { $0.first { $0.task == task } })
        #expect(end.isCurrent)
        #expect(end.name == "mortal")
    }

    @Test("A thread that never asked for its task has no end to tell of")
    func notATask() {
        let observer = Observer()
        observer.observe()
        defer { TaskEnd.ignore(for: observer) }
        onThread("no task") {}
        #expect(!observer.ended.withLock { $0.contains { $0.name == "no task" } })
    }

    @Test("Several learn of it, each until it asks to be left alone")
    func ignored() {
        let (staying, leaving) = (Observer(), Observer())
        staying.observe()
        leaving.observe()
        defer { TaskEnd.ignore(for: staying) }
        let first = onThread { RTOSTask.current }
        TaskEnd.ignore(for: leaving)
        TaskEnd.ignore(for: leaving)
        let second = onThread { RTOSTask.current }
        #expect(staying.count(of: first) == 1 && staying.count(of: second) == 1)
        #expect(leaving.count(of: first) == 1 && leaving.count(of: second) == 0)
    }

    @Test("Each of many tasks that end at once is told of once")
    func many() {
        let observer = Observer()
        observer.observe()
        defer { TaskEnd.ignore(for: observer) }
        let tasks = Box(Mutex<[RTOSTask]>([]))
        let threads = (0..<50).map { number in
            RTOSThread.startJoinable(name: "mortal \(number)") {
                tasks.value.withLock { $0.append(RTOSTask.current) }
            }
        }
        for thread in threads { thread.join() }
        let all = tasks.value.withLock { $0 }
        #expect(Set(all).count == 50)
        #expect(all.allSatisfy { observer.count(of: $0) == 1 })
    }
}
