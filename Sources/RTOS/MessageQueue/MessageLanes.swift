/// The two lanes of a message queue, and how they and those who wait are kept in step.
///
/// Messages of priority 0, the usual ones, go through the cells without a lock. All others are kept in order under the
/// object's lock and go first; for each of them the cells reserve one of their places, so that both lanes together
/// hold what the queue may hold. While tasks wait, the ends they wait at are turned aside to the lock as well: a
/// message is handed to the waiter, and nobody slips in between.
struct MessageLanes: ~Copyable {
    /// What a getter asks for, and where a putter's message goes: the option of a wait.
    enum Manner {
        static let usual: UInt = 0
        /// A getter that leaves the message where it is.
        static let peek: UInt = 1
        /// A putter whose message goes before all others.
        static let inFront: UInt = 2
        /// A getter or putter that is only told that it is worth trying: nothing is handed over.
        static let notice: UInt = 3
    }

    let cells: MessageCells
    let object: BlockingObject<PriorityMessages>

    init(capacity: Int, messageSize: Int) {
        cells = MessageCells(capacity: capacity, messageSize: messageSize)
        object = BlockingObject(PriorityMessages(capacity: capacity, messageSize: messageSize))
    }

    // All that follows is under the object's lock.

    /// Hands the message to a waiting getter or stores it; false if there is no room.
    func store(_ request: WaitRequest, _ urgent: inout PriorityMessages, _ waiters: inout Waiters) -> Bool {
        let message = UnsafeRawPointer(request.buffer!)
        if hand(message, priority: request.word, &waiters) { return true }
        guard keep(message, request, &urgent) else { return false }
        // Those behind it are told by the messages that follow.
        if let waiter = waiters.first(.takers) { waiters.end(waiter) }
        return true
    }

    private func keep(
        _ message: UnsafeRawPointer, _ request: WaitRequest, _ urgent: inout PriorityMessages
    ) -> Bool {
        if request.option == Manner.inFront || request.word > 0 {
            guard cells.reserve() else { return false }
            // The cells have a place for it, so this lane has one.
            if request.option == Manner.inFront {
                _ = urgent.putInFront(message)
            } else {
                _ = urgent.put(message, priority: UInt8(truncatingIfNeeded: request.word))
            }
            cells.publish()
            return true
        }
        var spin = Spin()
        while true {
            switch cells.put(despiteAside: message) {
            case .done: return true
            case .busy: spin.pause()
            case .unable, .aside: return false
            }
        }
    }

    /// Getters wait only while there is no message. Those who peek see this one, the first other takes it, or is to be
    /// told of it.
    private func hand(_ message: UnsafeRawPointer, priority: UInt, _ waiters: inout Waiters) -> Bool {
        while let waiter = waiters.first(.takers), waiter.request.option != Manner.notice {
            waiter.request.buffer!.copyMemory(from: message, byteCount: cells.messageSize)
            let takes = waiter.request.option != Manner.peek
            waiters.end(waiter, result: priority)
            if takes { return true }
        }
        return false
    }

    /// Copies out the message whose turn it is and answers its priority; nil if there is none.
    func fetch(
        into message: UnsafeMutableRawPointer, _ manner: UInt, _ urgent: inout PriorityMessages,
        _ waiters: inout Waiters
    ) -> UInt? {
        if manner == Manner.peek || manner == Manner.notice { return peek(into: message, urgent) }
        if let priority = urgent.get(into: message) {
            cells.unreserve()
            admit(&urgent, &waiters)
            return UInt(priority)
        }
        var spin = Spin()
        while true {
            switch cells.get(despiteAside: message) {
            case .done:
                admit(&urgent, &waiters)
                return 0
            case .busy: spin.pause()
            case .unable, .aside: return nil
            }
        }
    }

    private func peek(into message: UnsafeMutableRawPointer, _ urgent: borrowing PriorityMessages) -> UInt? {
        if let priority = urgent.peek(into: message) { return UInt(priority) }
        cells.setAside([.put, .get])
        var spin = Spin()
        while true {
            switch cells.peek(into: message) {
            case .done: return 0
            case .busy: spin.pause()
            case .unable, .aside: return nil
            }
        }
    }

    /// There may be room: whoever waits to put something in does so now, in turn.
    func admit(_ urgent: inout PriorityMessages, _ waiters: inout Waiters) {
        while let giver = waiters.first(.givers) {
            if giver.request.option == Manner.notice {
                if cells.hasRoom { waiters.end(giver) }
                return
            }
            guard store(giver.request, &urgent, &waiters) else { return }
            waiters.end(giver)
        }
    }

    /// Throws all messages away.
    func removeAll(_ urgent: inout PriorityMessages) {
        for _ in 0..<urgent.count { cells.unreserve() }
        urgent.removeAll()
        withUnsafeTemporaryAllocation(byteCount: cells.messageSize, alignment: 8) { message in
            var spin = Spin()
            while true {
                switch cells.get(despiteAside: message.baseAddress!) {
                case .done: continue
                case .busy: spin.pause()
                case .unable, .aside: return
                }
            }
        }
    }

    /// Turns aside the ends that somebody waits at, and no others.
    func settle(_ waiters: Waiters) {
        if waiters.isDeleted || !waiters.isEmpty(.givers) {
            cells.setAside([.put, .get])
        } else {
            cells.setAside(waiters.isEmpty(.takers) ? [] : .put)
        }
    }
}
