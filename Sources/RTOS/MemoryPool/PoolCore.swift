/// What a pool and its blocks share. It lives until both the pool is gone and every block is back, so that a block
/// needs no reference count and can never dangle.
struct PoolCore: ~Copyable {
    /// What is known under the lock.
    struct Closing {
        /// The pool takes no more part in anything: it was deleted, or is gone.
        var isClosed = false
        /// The pool is gone.
        var isAbandoned = false
        /// Blocks that have come back since it was closed, or were free then.
        var collected = 0
    }

    let memory: BlockMemory
    let ledger: BlockLedger
    let object = BlockingObject(Closing())
}

extension UnsafeMutablePointer<PoolCore> {
    /// Takes a block or waits for one.
    @inline(never)
    func wait(_ timeout: Timeout) throws(MemoryPool.Failure) -> UnsafeMutableRawPointer {
        var deadline = Deadline(fromNow: timeout)
        var address: UnsafeMutableRawPointer?
        if timeout != .now,
            TaskControlBlock.look({
                address = pointee.ledger.take()
                return address == nil ? .tryAgain : .done
            })
        {
            return address!
        }
        let outcome = pointee.object.wait(.takers, until: &deadline) { _, waiters -> UnsafeMutableRawPointer? in
            while true {
                if let address = pointee.ledger.take() { return address }
                // From here on a block that comes back passes through the lock, and so to those who wait.
                if timeout == .now || pointee.ledger.beginWaiting() { return nil }
            }
        }
        switch outcome {
        case .done(let address): return address
        case .ended(.granted(let address)): return UnsafeMutableRawPointer(bitPattern: address)!
        case .ended(let ending): throw MemoryPool.Failure(ending)
        }
    }

    /// A block has come back that somebody may wait for. It is still marked as taken.
    @inline(never)
    func handOn(_ address: UnsafeMutableRawPointer) {
        let isLast = pointee.object.perform { closing, waiters in
            if closing.isClosed {
                pointee.ledger.retire(address)
                closing.collected += 1
                return closing.isAbandoned && closing.collected == pointee.ledger.capacity
            }
            if waiters.grantFirst(.takers, result: UInt(bitPattern: address)) {
                if waiters.isEmpty(.takers) { pointee.ledger.endWaiting() }
            } else {
                pointee.ledger.endWaiting()
                _ = pointee.ledger.giveBackOwned(address)
            }
            return false
        }
        if isLast { destroy() }
    }

    /// Ends all waits and keeps every block that is free or comes back. Answers how many waited.
    func close() -> Int {
        pointee.object.peek { closing, _ in
            guard !closing.isClosed else { return }
            closing.isClosed = true
            repeat {
                while let address = pointee.ledger.take() {
                    pointee.ledger.retire(address)
                    closing.collected += 1
                }
            } while !pointee.ledger.beginWaiting()
        }
        return pointee.object.delete()
    }

    /// The pool is gone: the last block that comes back frees the memory.
    func abandon() {
        _ = close()
        let isLast = pointee.object.peek { closing, _ in
            closing.isAbandoned = true
            return closing.collected == pointee.ledger.capacity
        }
        if isLast { destroy() }
    }

    private func destroy() {
        pointee.object.destroy()
        deinitialize(count: 1)
        deallocate()
    }
}
