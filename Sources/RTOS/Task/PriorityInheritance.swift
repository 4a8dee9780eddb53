/// Priorities, and their inheritance through mutexes.
///
/// The owner of a mutex is raised to its highest waiter, and through it the owner of the mutex that it waits for
/// itself. What it inherited is given back when it holds no mutex any more; when a waiter gives up, it drops to its
/// own priority or its highest remaining waiter.
enum PriorityInheritance {
    /// Everything here is under the visit lock, and so are these.
    nonisolated(unsafe) private static var mutexes: [UnsafeMutablePointer<WaitHeader>] = []

    /// As many as could wait for one another; a longer chain is a ring, that is a deadlock.
    private static let longestChain = 64

    static func add(_ mutex: UnsafeMutablePointer<WaitHeader>) {
        VisitLock.withLock { mutexes.append(mutex) }
    }

    static func remove(_ mutex: UnsafeMutablePointer<WaitHeader>) {
        VisitLock.withLock { mutexes.removeAll { $0 == mutex } }
    }

    /// A task has begun to wait for a mutex.
    static func waitBegan(_ task: TaskPointer, for mutex: UnsafeMutablePointer<WaitHeader>) {
        VisitLock.withLock {
            guard task.pointee.waitingFor.load(ordering: .relaxed) == mutex else { return }
            refreshOwners(from: mutex, mayDrop: false)
        }
    }

    /// A task has given up waiting for a mutex.
    static func waitGivenUp(for mutex: UnsafeMutablePointer<WaitHeader>) {
        VisitLock.withLock { refreshOwners(from: mutex, mayDrop: true) }
    }

    /// A task has let go of a mutex, or lost it.
    static func mutexLost(by task: TaskPointer) {
        guard task.pointee.mutexesHeld.load(ordering: .relaxed) == 0,
            task.pointee.priority.load(ordering: .relaxed) != task.pointee.basePriority.load(ordering: .relaxed)
        else { return }
        VisitLock.withLock {
            guard task.pointee.mutexesHeld.load(ordering: .relaxed) == 0 else { return }
            apply(task.pointee.basePriority.load(ordering: .relaxed), to: task)
        }
    }

    static func setBase(_ priority: UInt8, of task: RTOSTask) {
        VisitLock.withLock {
            guard task.isAlive else { return }
            let task = task.block
            let old = task.pointee.basePriority.exchange(priority, ordering: .relaxed)
            let effective = task.pointee.priority.load(ordering: .relaxed)
            apply(effective == old ? max(priority, highestWaiter(for: task)) : max(priority, effective), to: task)
            if let mutex = mutexAwaited(by: task) { refreshOwners(from: mutex, mayDrop: true) }
        }
    }

    /// A task that is to be deleted runs before all others.
    static func rushOut(_ task: RTOSTask) {
        VisitLock.withLock {
            guard task.isAlive, let member = task.block.pointee.member else { return }
            task.block.pointee.kernel.decide { $0.setPriority(RTOSTask.endingRank, of: member) }
        }
    }

    static func forEachMutex(_ body: (UnsafeMutablePointer<WaitHeader>) -> Void) {
        VisitLock.withLock { mutexes.forEach(body) }
    }

    private static func refreshOwners(from mutex: UnsafeMutablePointer<WaitHeader>, mayDrop: Bool) {
        var mutex = mutex
        for _ in 0..<longestChain {
            mutex.lock()
            let owner = mutex.body.pointee.owner
            let waiter = mutex.body.pointee.lists.takers.first?.pointee.priority.load(ordering: .relaxed) ?? 0
            mutex.unlock()
            guard let owner else { return }
            let present = owner.pointee.priority.load(ordering: .relaxed)
            let base = owner.pointee.basePriority.load(ordering: .relaxed)
            let priority = mayDrop ? max(base, highestWaiter(for: owner)) : max(present, waiter)
            guard priority != present else { return }
            apply(priority, to: owner)
            guard let next = mutexAwaited(by: owner) else { return }
            mutex = next
        }
    }

    private static func highestWaiter(for owner: TaskPointer) -> UInt8 {
        guard owner.pointee.mutexesHeld.load(ordering: .relaxed) > 0 else { return 0 }
        var highest: UInt8 = 0
        for mutex in mutexes {
            mutex.lock()
            if mutex.body.pointee.owner == owner, let waiter = mutex.body.pointee.lists.takers.first {
                highest = max(highest, waiter.pointee.priority.load(ordering: .relaxed))
            }
            mutex.unlock()
        }
        return highest
    }

    /// Alive: whoever ends a mutex ends its waits, and then comes through the visit lock.
    private static func mutexAwaited(by task: TaskPointer) -> UnsafeMutablePointer<WaitHeader>? {
        guard let header = task.pointee.waitingFor.load(ordering: .relaxed), header.body.pointee.isMutex else {
            return nil
        }
        return header
    }

    private static func apply(_ priority: UInt8, to task: TaskPointer) {
        Waiting.setPriority(priority, of: task)
        guard let member = task.pointee.member, !task.pointee.isToBeDeleted, !task.pointee.isInterrupt else { return }
        task.pointee.kernel.decide { $0.setPriority(Int(priority), of: member) }
    }
}
