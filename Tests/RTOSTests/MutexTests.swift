import RTOS
import Testing

@Suite("Mutex")
struct MutexTests {
    @Test("keeps others out, and goes to whoever waits", arguments: Setting.allCases)
    func exclusion(in setting: Setting) {
        let log = Log<String>()
        setting.run {
            let mutex = RTOSMutex(name: "door")
            try? mutex.acquire()
            let other = RTOSTask.start(name: "other") {
                try? mutex.acquire()
                log.append("other has it")
                try? mutex.release()
            }
            untilBlocked(other)
            #expect(mutex.owner == .current)
            log.append("first lets go")
            try? mutex.release()
            _ = other.join()
            #expect(mutex.owner == nil)
        }
        #expect(log.contents == ["first lets go", "other has it"])
    }

    @Test("only a recursive one can be acquired again, and is released as often")
    func recursion() throws {
        let plain = RTOSMutex()
        try plain.acquire()
        #expect(throws: RTOSMutex.Failure.alreadyHeld) { try plain.acquire() }
        try plain.release()
        #expect(throws: RTOSMutex.Failure.notOwner) { try plain.release() }
        let recursive = RTOSMutex(isRecursive: true)
        try recursive.acquire()
        try recursive.acquire()
        try recursive.release()
        #expect(recursive.owner == .current)
        try recursive.release()
        #expect(recursive.owner == nil)
    }

    @Test("an interrupt can neither acquire nor release one")
    func interrupt() {
        let mutex = RTOSMutex()
        InterruptContext.run {
            #expect(throws: RTOSMutex.Failure.inInterrupt) { try mutex.acquire(.now) }
            #expect(throws: RTOSMutex.Failure.inInterrupt) { try mutex.release() }
        }
    }

    @Test("is free again when its owner ends, however that came", arguments: Setting.allCases)
    func robustness(in setting: Setting) {
        setting.run {
            let mutexes = [RTOSMutex(isRecursive: true), RTOSMutex()]
            let deleted = RTOSTask.start(name: "deleted", priority: 120) {
                for mutex in mutexes { try? mutex.acquire() }
                try? mutexes[0].acquire()
                RTOSTask.delay(.forever)
            }
            untilBlocked(deleted)
            #expect(mutexes[0].owner == deleted)
            let waiter = RTOSTask.start(name: "waiter", priority: 130) {
                try? mutexes[0].acquire()
                // It returns without releasing.
            }
            untilBlocked(waiter)
            deleted.delete()
            #expect(waiter.join(.milliseconds(20_000)))
            for mutex in mutexes { until { mutex.owner == nil } }
        }
    }

    @Test("ends the waits with their own error when it is deleted", arguments: Setting.allCases)
    func deletion(in setting: Setting) {
        let log = Log<RTOSMutex.Failure>()
        setting.run(priority: 5) {
            let mutex = RTOSMutex()
            try? mutex.acquire()
            let waiter = RTOSTask.start(name: "waiter", priority: 9) {
                do throws(RTOSMutex.Failure) { try mutex.acquire() } catch { log.append(error) }
            }
            untilBlocked(waiter)
            until { RTOSTask.current.priority == 9 }
            #expect(mutex.delete() == 1)
            #expect(RTOSTask.current.priority == 5)
            _ = waiter.join()
        }
        #expect(log.contents == [.deleted])
    }
}

@Suite("Priority inheritance")
struct PriorityInheritanceTests {
    /// A task that acquires the mutexes one after the other, with a time-out, and releases the last ones first.
    private func contender(
        _ priority: UInt8, _ timeout: Timeout = .forever, _ mutexes: RTOSMutex...
    ) -> RTOSTask {
        let task = RTOSTask.start(name: "contender \(priority)", priority: priority) {
            var held: [RTOSMutex] = []
            for mutex in mutexes where (try? mutex.acquire(timeout)) != nil { held.append(mutex) }
            for mutex in held.reversed() { try? mutex.release() }
        }
        until { task.state == .blocked }
        return task
    }

    @Test("the owner is raised to its highest waiter and drops when it lets go", arguments: Setting.allCases)
    func raised(in setting: Setting) {
        setting.run(priority: 5) {
            let me = RTOSTask.current
            let mutex = RTOSMutex()
            try? mutex.acquire()
            _ = contender(8, .forever, mutex)
            until { me.priority == 8 }
            _ = contender(12, .forever, mutex)
            until { me.priority == 12 }
            #expect(me.basePriority == 5)
            try? mutex.release()
            #expect(me.priority == 5)
        }
    }

    @Test("it is given back only when no mutex is held any more", arguments: Setting.allCases)
    func severalMutexes(in setting: Setting) {
        setting.run(priority: 5) {
            let me = RTOSTask.current
            let (contended, other) = (RTOSMutex(), RTOSMutex())
            try? other.acquire()
            try? contended.acquire()
            _ = contender(9, .forever, contended)
            until { me.priority == 9 }
            try? contended.release()
            #expect(me.priority == 9)
            try? other.release()
            #expect(me.priority == 5)
        }
    }

    @Test("a waiter that gives up leaves the owner with its highest remaining waiter", arguments: Setting.allCases)
    func timeOut(in setting: Setting) {
        setting.run(priority: 5) {
            let me = RTOSTask.current
            let mutex = RTOSMutex()
            try? mutex.acquire()
            let middle = contender(8, .forever, mutex)
            let high = contender(12, .ticks(20), mutex)
            until { high.state == .deleted }
            #expect(me.priority == 8)
            middle.abortDelay()
            until { middle.state == .deleted }
            #expect(me.priority == 5)
            try? mutex.release()
        }
    }

    @Test("a change of the own priority does not take away what is inherited", arguments: Setting.allCases)
    func changeOfBase(in setting: Setting) {
        setting.run(priority: 5) {
            let me = RTOSTask.current
            let mutex = RTOSMutex()
            try? mutex.acquire()
            _ = contender(9, .forever, mutex)
            until { me.priority == 9 }
            me.priority = 7
            #expect(me.priority == 9)
            #expect(me.basePriority == 7)
            me.priority = 11
            #expect(me.priority == 11)
            me.priority = 3
            #expect(me.priority == 9)
            try? mutex.release()
            #expect(me.priority == 3)
        }
    }

    @Test("it passes through an owner that waits itself", arguments: Setting.allCases)
    func chain(in setting: Setting) {
        setting.run(priority: 5) {
            let me = RTOSTask.current
            let (near, far) = (RTOSMutex(), RTOSMutex())
            try? far.acquire()
            let middle = contender(7, .forever, near, far)
            until { near.owner == middle && me.priority == 7 }
            let high = contender(12, .ticks(20), near)
            until { me.priority == 12 || high.state == .deleted }
            until { high.state == .deleted }
            #expect(middle.priority == 7)
            #expect(me.priority == 7)
            try? far.release()
            #expect(me.priority == 5)
        }
    }

    @Test("a waiter whose priority rises moves up in the queue, and raises the owner", arguments: Setting.allCases)
    func reposition(in setting: Setting) {
        let log = Log<String>()
        setting.run(priority: 20) {
            let me = RTOSTask.current
            let mutex = RTOSMutex()
            try? mutex.acquire()
            let tasks = ["a", "b"].map { name in
                let task = RTOSTask.start(name: name, priority: name == "a" ? 30 : 25) {
                    try? mutex.acquire()
                    log.append(name)
                    try? mutex.release()
                }
                untilBlocked(task)
                return task
            }
            tasks[1].priority = 40
            #expect(me.priority == 40)
            try? mutex.release()
            for task in tasks { _ = task.join() }
        }
        #expect(log.contents == ["b", "a"])
    }
}
