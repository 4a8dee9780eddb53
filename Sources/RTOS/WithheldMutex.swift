/// A mutex that nobody has and nobody can get, until it is given: what FreeRTOS makes of one that is reset, or taken
/// before the scheduler runs. Interrupts may then give it, as if it were a semaphore.
extension RTOSMutex {
    /// Stands for no task. It inherits nothing, since the wait lists know no owner.
    nonisolated(unsafe) private static let nobody = {
        let nobody = TaskPointer.allocate(capacity: 1)
        nobody.initialize(to: TaskControlBlock(kernel: .main))
        return nobody
    }()

    /// Takes it for nobody if it is free; false if somebody has it. Never blocks.
    public func withhold() -> Bool {
        object.perform { ownership, waiters in
            guard !waiters.isDeleted, ownership.owner == nil else { return false }
            ownership.passOn(to: Self.nobody)
            return true
        }
    }

    /// Gives a withheld mutex to the first waiter, or frees it; false if it is not withheld. Never blocks; interrupts
    /// may.
    public func giveWithheld() -> Bool {
        object.perform { ownership, waiters in
            guard !waiters.isDeleted, ownership.owner == Self.nobody else { return false }
            Self.passOn(&ownership, &waiters, from: Self.nobody)
            return true
        }
    }

    /// Whether nobody has it, and nobody can get it.
    public var isWithheld: Bool { object.peek { ownership, _ in ownership.owner == Self.nobody } }
}
