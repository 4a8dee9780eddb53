/// The part of a wait that really waits.
enum Waiting {
    /// Puts the task into the list, lets go of the object's lock, which is held, and waits.
    @inline(never)
    static func wait(
        _ task: TaskPointer, _ header: UnsafeMutablePointer<WaitHeader>, _ waiters: inout Waiters, _ side: WaitSide,
        _ deadline: inout Deadline, _ request: WaitRequest
    ) -> WaitEnding {
        if let refusal = refusal(task, deadline) {
            header.unlock()
            waiters.wake(by: task)
            return refusal
        }
        task.node.pointee.request = request
        task.node.pointee.side = side
        task.pointee.ending.store(0, ordering: .relaxed)
        task.pointee.waitingFor.store(header, ordering: .sequentiallyConsistent)
        task.pointee.isWaiting.store(true, ordering: .relaxed)
        task.pointee.endTurn()
        header.body.pointee.lists[side].insert(task)
        header.unlock()
        waiters.wake(by: task)
        if header.body.pointee.isMutex { PriorityInheritance.waitBegan(task, for: header) }
        let time = deadline.time
        task.pointee.waitEnd.store(time.nanoseconds, ordering: .relaxed)
        let masks = CriticalSection.letGo(task)
        let began = MonotonicTime.now
        let ending = untilEnded(task, header, time)
        task.own.pointee.patience.slept(MonotonicTime.now.nanoseconds(since: began))
        task.pointee.isWaiting.store(false, ordering: .relaxed)
        CriticalSection.takeAgain(task, masks)
        return ending
    }

    private static func refusal(_ task: TaskPointer, _ deadline: Deadline) -> WaitEnding? {
        if deadline.isNow { return .wouldBlock }
        if InterruptContext.isActive { return .inInterrupt }
        if task.own.pointee.schedulerLockNesting > 0 { return .schedulerLocked }
        // A task that is to be deleted has waited long enough.
        if task.pointee.isToBeDeleted { return .aborted }
        return nil
    }

    private static func untilEnded(
        _ task: TaskPointer, _ header: UnsafeMutablePointer<WaitHeader>, _ deadline: MonotonicTime
    ) -> WaitEnding {
        var deadline = deadline
        while true {
            if let verdict = WaitVerdict(rawValue: task.pointee.ending.load(ordering: .acquiring)) {
                return switch verdict {
                case .granted: .granted(task.node.pointee.result)
                case .aborted: .aborted
                case .deleted: .deleted
                }
            }
            let isOver = !Kernel.park(task, until: deadline)
            guard isOver || task.pointee.isToBeDeleted else { continue }
            header.lock()
            let isListed = task.pointee.waitingFor.load(ordering: .relaxed) == header
            if isListed {
                header.body.pointee.lists[task.node.pointee.side].remove(task)
                task.pointee.waitingFor.store(nil, ordering: .relaxed)
            }
            header.unlock()
            if isListed { return isOver ? .timedOut : .aborted }
            // It was ended just before its time was over, and is about to be told.
            deadline = .never
        }
    }

    /// Ends the wait of a task that waits for an object; false if it waits for none. Under the visit lock.
    static func end(_ task: TaskPointer, serial: UInt64, with verdict: WaitVerdict) -> Bool {
        visit(task, serial) { header, waiters in
            waiters.end(Waiter(task: task), with: verdict)
        }
    }

    /// Changes a task's effective priority, and its place among those who wait. Under the visit lock.
    static func setPriority(_ priority: UInt8, of task: TaskPointer) {
        let serial = task.pointee.serial.load(ordering: .relaxed)
        let place = { (header: UnsafeMutablePointer<WaitHeader>, _: inout Waiters) in
            header.body.pointee.lists[task.node.pointee.side].remove(task)
            task.pointee.priority.store(priority, ordering: .relaxed)
            header.body.pointee.lists[task.node.pointee.side].insert(task)
        }
        if visit(task, serial, place) { return }
        task.pointee.priority.store(priority, ordering: .sequentiallyConsistent)
        // It may have begun to wait just before, with the priority it had.
        _ = visit(task, serial, place)
    }

    private static func visit(
        _ task: TaskPointer, _ serial: UInt64, _ body: (UnsafeMutablePointer<WaitHeader>, inout Waiters) -> Void
    ) -> Bool {
        while let header = task.pointee.waitingFor.load(ordering: .sequentiallyConsistent) {
            var waiters = Waiters(header)
            header.lock()
            if task.pointee.waitingFor.load(ordering: .relaxed) == header {
                let isThisTask = task.pointee.serial.load(ordering: .relaxed) == serial
                if isThisTask { body(header, &waiters) }
                header.unlock()
                waiters.wake(by: TaskControlBlock.current)
                return isThisTask
            }
            header.unlock()
        }
        return false
    }
}
