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
    /// Counts the kernel's tasks in the order of their creation.
    var number: UInt32 = 0
    /// It is not counted as one of the kernel's tasks: a thread from elsewhere, an interrupt, a service.
    var isService = true
    var isInterrupt = false

    // Where the task waits. Guarded by the lock of the object it waits for.
    var next: TaskPointer?
    var previous: TaskPointer?
    var side = WaitSide.takers
    var request = WaitRequest()
    var result: UInt = 0
    var verdict: UInt8 = 0
    /// Links those that one call has woken until it tells them.
    var nextWoken: TaskPointer?
    /// The object, or nil. Only those who hold that object's lock change it.
    let waitingFor = Atomic<UnsafeMutablePointer<WaitHeader>?>(nil)
    /// How the wait ended, as soon as the task may know it.
    let ending = Atomic<UInt8>(0)
    /// Whether the task is in a wait, whatever for.
    let isWaiting = Atomic<Bool>(false)

    let mutexesHeld = Atomic<UInt32>(0)

    // Used by the task's own thread alone.
    var criticalNesting = 0
    var schedulerLockNesting = 0
    var stopDeferrals = 0
    var hasWoken = false

    /// Notifications, and those who wait for the task's end.
    let signals = BlockingObject(TaskSignals())

    init(kernel: Kernel) {
        kernelReference = Atomic(.passUnretained(kernel))
    }

    /// The kernel that dispatches it. Kernels that have made a task live for ever.
    var kernel: Kernel {
        get { kernelReference.load(ordering: .relaxed).takeUnretainedValue() }
        nonmutating set { kernelReference.store(.passUnretained(newValue), ordering: .relaxed) }
    }

    /// Its place in the kernel's dispatch rule, or nil where there is nothing to decide.
    var member: DispatchRule.Member? {
        get {
            let number = memberNumber.load(ordering: .relaxed)
            return number < 0 ? nil : number
        }
        nonmutating set { memberNumber.store(newValue ?? -1, ordering: .relaxed) }
    }

    /// Sets or clears bits of `attention`.
    func order(_ bit: UInt32) { attention.bitwiseOr(bit, ordering: .acquiringAndReleasing) }
    func withdraw(_ bit: UInt32) { attention.bitwiseAnd(~bit, ordering: .acquiringAndReleasing) }

    /// Makes it the block of a new task.
    mutating func prepare(serial: UInt64, priority: UInt8, kernel: Kernel) {
        self.kernel = kernel
        member = nil
        isService = true
        isInterrupt = false
        self.priority.store(priority, ordering: .relaxed)
        basePriority.store(priority, ordering: .relaxed)
        attention.store(0, ordering: .relaxed)
        isWaiting.store(false, ordering: .relaxed)
        mutexesHeld.store(0, ordering: .relaxed)
        criticalNesting = 0
        schedulerLockNesting = 0
        stopDeferrals = 0
        hasWoken = false
        signals.reset(TaskSignals(serial: serial))
        self.serial.store(serial, ordering: .releasing)
    }

    /// It holds nothing that others could need at once.
    var mayStopNow: Bool { criticalNesting == 0 && schedulerLockNesting == 0 && stopDeferrals == 0 }

    var isToBeDeleted: Bool { attention.load(ordering: .relaxed) & Attention.deleted != 0 }

    /// Bits of `attention`.
    enum Attention {
        /// The dispatch rule is to be asked at every call.
        static let dispatch: UInt32 = 1
        static let suspended: UInt32 = 2
        static let deleted: UInt32 = 4
    }
}

extension TaskControlBlock {
    /// The block of the task that the calling thread runs; makes the thread one if it is none.
    @inline(__always)
    static var current: TaskPointer {
        if let raw = hil_task_local_get() { return raw.assumingMemoryBound(to: TaskControlBlock.self) }
        return adoptThread()
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
    }
}
