import CLinux
import Synchronization

typealias TaskPointer = UnsafeMutablePointer<TaskControlBlock>

/// What is known of one task.
///
/// Blocks are used again for later tasks and never freed, so that a waker that is late touches a live block: its wake
/// is then one too many, which every waiter can bear.
struct TaskControlBlock: ~Copyable {
    /// Tells the tasks apart that use this block one after the other; 0 when none does.
    let serial = Atomic<UInt64>(0)
    /// The effective priority: that of its own, or what it inherited.
    let priority = Atomic<UInt8>(0)
    let basePriority = Atomic<UInt8>(0)
    /// What the task has to see to at its next call; 0 in the usual case, so that one look is enough.
    let attention = Atomic<UInt32>(0)
    let place = ParkingPlace()

    // Set before the task's first instruction; atomic because a late waker may read them when the block is used again.
    private let kernelReference: Atomic<Unmanaged<Kernel>>
    private let memberNumber = Atomic<Int>(-1)
    private let numberInKernel = Atomic<UInt32>(0)
    private let flags = Atomic<UInt8>(0)

    /// Guarded by the lock of the object that the task waits for.
    let node: UnsafeMutablePointer<WaitNode>
    /// The object, or nil. Only those who hold that object's lock change it.
    let waitingFor = Atomic<UnsafeMutablePointer<WaitHeader>?>(nil)
    /// How the wait ended, as soon as the task may know it.
    let ending = Atomic<UInt8>(0)
    /// Whether the task is in a wait, whatever for.
    let isWaiting = Atomic<Bool>(false)
    /// Whether its thread is held, or ends, because the task was suspended or deleted.
    let isStopped = Atomic<Bool>(false)
    /// Counts how long its thread has run; 0 before it has begun.
    let processorClock = Atomic<Int32>(0)
    /// When it last gave way to others.
    let lastTurn = Atomic<UInt64>(0)
    /// When the wait ends at the latest, in nanoseconds of the kernel's clock.
    let waitEnd = Atomic<UInt64>(.max)

    let mutexesHeld = Atomic<UInt32>(0)

    /// Used by the task's own thread alone.
    let own: UnsafeMutablePointer<OwnState>

    /// Notifications, and those who wait for the task's end.
    let signals = BlockingObject(TaskSignals())

    init(kernel: Kernel) {
        kernelReference = Atomic(.passUnretained(kernel))
        node = .allocate(capacity: 1)
        node.initialize(to: WaitNode())
        own = .allocate(capacity: 1)
        own.initialize(to: OwnState())
    }

    /// The kernel that dispatches it. Kernels that have made a task live for ever.
    var kernel: Kernel {
        get { kernelReference.load(ordering: .relaxed).takeUnretainedValue() }
        nonmutating set { kernelReference.store(.passUnretained(newValue), ordering: .relaxed) }
    }

    /// The same, without counting a reference to it.
    @inline(__always)
    func withKernel<Result>(_ body: (Kernel) -> Result) -> Result {
        kernelReference.load(ordering: .relaxed)._withUnsafeGuaranteedRef(body)
    }

    /// Its place in the kernel's dispatch rule, or nil where there is nothing to decide.
    var member: DispatchRule.Member? {
        get {
            let number = memberNumber.load(ordering: .relaxed)
            return number < 0 ? nil : number
        }
        nonmutating set { memberNumber.store(newValue ?? -1, ordering: .relaxed) }
    }

    /// Counts the kernel's tasks in the order of their creation.
    var number: UInt32 {
        get { numberInKernel.load(ordering: .relaxed) }
        nonmutating set { numberInKernel.store(newValue, ordering: .relaxed) }
    }

    /// It is not counted as one of the kernel's tasks: a thread from elsewhere, an interrupt, a service.
    var isService: Bool { flags.load(ordering: .relaxed) & 1 != 0 }
    var isInterrupt: Bool { flags.load(ordering: .relaxed) & 2 != 0 }

    func setKind(isService: Bool, isInterrupt: Bool) {
        flags.store((isService ? 1 : 0) | (isInterrupt ? 2 : 0), ordering: .relaxed)
    }

    /// Sets or clears bits of `attention`.
    func order(_ bit: UInt32) { attention.bitwiseOr(bit, ordering: .acquiringAndReleasing) }
    func withdraw(_ bit: UInt32) { attention.bitwiseAnd(~bit, ordering: .acquiringAndReleasing) }

    /// It holds nothing that others could need at once.
    var mayStopNow: Bool { own.pointee.mayStop }

    /// It is to be suspended or deleted at its next call.
    var isToStop: Bool { attention.load(ordering: .relaxed) & ~Attention.dispatch != 0 }

    var isToBeDeleted: Bool { attention.load(ordering: .relaxed) & Attention.deleted != 0 }

    /// Bits of `attention`.
    enum Attention {
        /// The dispatch rule is to be asked at every call.
        static let dispatch: UInt32 = 1
        static let suspended: UInt32 = 2
        static let deleted: UInt32 = 4
    }
}

/// Where and for what a task waits.
struct WaitNode {
    var next: TaskPointer?
    var previous: TaskPointer?
    var side = WaitSide.takers
    var request = WaitRequest()
    var result: UInt = 0
    var verdict: UInt8 = 0
    /// Links those that one call has woken until it tells them.
    var nextWoken: TaskPointer?
}

/// What only the task itself knows.
struct OwnState {
    var criticalNesting = 0
    var schedulerLockNesting = 0
    /// How many reasons there are not to be suspended or deleted now.
    var stopDeferrals = 0
    var hasWoken = false
    var patience = Patience()

    var mayStop: Bool { criticalNesting == 0 && schedulerLockNesting == 0 && stopDeferrals == 0 }
}

extension TaskControlBlock {
    /// The block of the task that the calling thread runs; makes the thread one if it is none.
    @inline(__always)
    static var current: TaskPointer {
        if let raw = hil_task_local_get() { return raw.assumingMemoryBound(to: TaskControlBlock.self) }
        return adoptThread()
    }

    /// The calling thread runs a task that has nothing to see to at this call.
    @inline(__always)
    static var isUndisturbed: Bool {
        guard let raw = hil_task_local_get() else { return false }
        return raw.assumingMemoryBound(to: TaskControlBlock.self).pointee.attention.load(ordering: .relaxed) == 0
    }

    @inline(never)
    private static func adoptThread() -> TaskPointer {
        let task = TaskRegistry.adopt(name: RTOSThread.currentName)
        bind(task)
        return task
    }

    /// The calling thread runs this task from now on, and gives the block back when it ends.
    static func bind(_ task: TaskPointer) {
        _ = TaskRegistry.exitHook
        hil_task_local_set(task)
        task.pointee.noteProcessorClock()
    }
}

extension TaskPointer {
    // Read through these, so that a change behind them is no access to the block, whose atomics others use.
    @inline(__always) var node: UnsafeMutablePointer<WaitNode> { pointee.node }
    @inline(__always) var own: UnsafeMutablePointer<OwnState> { pointee.own }

    /// Makes it the block of a new task.
    func prepare(serial: UInt64, priority: UInt8, kernel: Kernel) {
        pointee.kernel = kernel
        pointee.member = nil
        pointee.setKind(isService: true, isInterrupt: false)
        pointee.priority.store(priority, ordering: .relaxed)
        pointee.basePriority.store(priority, ordering: .relaxed)
        pointee.attention.store(0, ordering: .relaxed)
        pointee.isWaiting.store(false, ordering: .relaxed)
        pointee.isStopped.store(false, ordering: .relaxed)
        pointee.processorClock.store(0, ordering: .relaxed)
        pointee.mutexesHeld.store(0, ordering: .relaxed)
        own.pointee = OwnState()
        pointee.signals.reset(TaskSignals(serial: serial))
        pointee.serial.store(serial, ordering: .releasing)
    }
}
