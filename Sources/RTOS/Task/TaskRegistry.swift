import CLinux

/// What others wait for at a task: a notification, or its end.
struct TaskSignals {
    /// The task that the block belongs to; 0 when it has ended.
    var serial: UInt64 = 0
    var notifications = NotificationSlots()
    var postQueue: PostQueue?

    /// The `option` of a task that waits for no notification, but for time to pass.
    static let delay = UInt.max
}

/// All control blocks: those in use, with their names, and those to be used again.
enum TaskRegistry {
    private struct Contents {
        var free: [TaskReference] = []
        var lastSerial: UInt64 = 0
        var living: [TaskReference] = []
        var names: [UInt64: String] = [:]
    }

    private static let contents = Guarded(Contents())

    /// Makes a thread from elsewhere a task.
    static func adopt(name: String) -> TaskPointer {
        let kernel = Kernel.main
        let task = take(name: name, priority: RTOSTask.defaultPriority, kernel: kernel)
        if kernel.hasVirtualTicks {
            kernel.join(task.block, priority: Int(RTOSTask.defaultPriority), sharesSlots: false)
            if let member = task.block.pointee.member { kernel.awaitSlot(task.block, member) }
        }
        return task.block
    }

    /// A task of its own for a kernel, ready.
    static func make(name: String, priority: UInt8, kernel: Kernel, isInterrupt: Bool, isService: Bool) -> RTOSTask {
        let task = take(name: name, priority: priority, kernel: kernel)
        let block = task.block
        block.pointee.setKind(isService: isService, isInterrupt: isInterrupt)
        kernel.taskMade(block)
        if !kernel.isDirect {
            kernel.join(block, priority: isInterrupt ? RTOSTask.interruptRank : Int(priority), sharesSlots: true)
        }
        return task
    }

    private static func take(name: String, priority: UInt8, kernel: Kernel) -> RTOSTask {
        contents.withLock { contents in
            contents.lastSerial += 1
            let block =
                contents.free.popLast()
                ?? {
                    let pointer = TaskPointer.allocate(capacity: 1)
                    pointer.initialize(to: TaskControlBlock(kernel: kernel))
                    return TaskReference(pointer: pointer)
                }()
            let serial = contents.lastSerial
            block.pointer.prepare(serial: serial, priority: priority, kernel: kernel)
            contents.living.append(block)
            contents.names[serial] = name
            return RTOSTask(block: block.pointer, serial: serial)
        }
    }

    /// The calling thread's task has ended.
    private static func giveBack(_ task: TaskPointer) {
        let serial = task.pointee.serial.load(ordering: .relaxed)
        let (kernel, member) = (task.pointee.kernel, task.pointee.member)
        task.own.pointee.stopDeferrals += 1
        _ = CriticalSection.letGo(task)
        while Kernel.unlockScheduler() {}
        RTOSMutex.releaseAll(heldBy: task)
        TaskEnd.announce(RTOSTask(block: task, serial: serial))
        let block = TaskReference(pointer: task)
        task.pointee.serial.store(0, ordering: .releasing)
        contents.withLock { contents in
            contents.living.removeAll { $0.pointer == block.pointer }
            contents.names[serial] = nil
        }
        let postQueue = task.pointee.signals.peek { signals, waiters in
            signals.serial = 0
            waiters.endAll(.givers, with: .granted)
            return signals.postQueue.take()
        }
        postQueue?.delete()
        if let member { kernel.leave(member) }
        if !task.pointee.isService { kernel.taskEnded() }
        contents.withLock { $0.free.append(block) }
    }

    static func name(_ serial: UInt64) -> String? {
        contents.withLock { $0.names[serial] }
    }

    /// The first of a kernel's tasks that was created after the one with this number and passes a test; nil if there is
    /// none. The test takes no lock.
    static func next(after serial: UInt64, of kernel: Kernel, where isMeant: (TaskPointer) -> Bool) -> RTOSTask? {
        contents.withLock { contents in
            for block in contents.living {
                let present = block.pointer.pointee.serial.load(ordering: .relaxed)
                if present > serial, !block.pointer.pointee.isService, block.pointer.pointee.kernel === kernel,
                    isMeant(block.pointer)
                {
                    return RTOSTask(block: block.pointer, serial: present)
                }
            }
            return nil
        }
    }

    /// The tasks of a kernel that have not ended, in the order of their creation.
    static func tasks(of kernel: Kernel) -> [RTOSTask] {
        contents.withLock { contents in
            contents.living.filter { !$0.pointer.pointee.isService && $0.pointer.pointee.kernel === kernel }
                .map { RTOSTask(block: $0.pointer, serial: $0.pointer.pointee.serial.load(ordering: .relaxed)) }
        }
    }

    /// Has the thread library call back when a thread that ran a task ends.
    static let exitHook: Void = hil_task_local_on_exit { giveBack($0.assumingMemoryBound(to: TaskControlBlock.self)) }
}
