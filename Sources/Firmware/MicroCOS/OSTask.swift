// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

/// A µC/OS-III task: what is kept of it besides what every task has.
///
/// What changes here, and the control block, is under the critical section of the calls.
final class OSTask: FirmwareTask, @unchecked Sendable {
    /// What it waits for, as OS_TASK_STATE_ has it.
    enum Wait: OS_STATE {
        case nothing = 0
        case delay = 1
        case pend = 2
        case pendWithTimeout = 3
    }

    /// Firmware's own memory.
    let tcb: UnsafeMutablePointer<OS_TCB>
    let semaphore = Semaphore()
    private(set) var queue: PostQueue?
    private var wait = Wait.nothing
    /// Counts waits, so that those who wait for one thing can be put in order.
    private var turn: UInt64 = 0
    nonisolated(unsafe) private static var lastTurn: UInt64 = 0
    /// From then on the control block may be another task's.
    private(set) var isDeleted = false

    nonisolated(unsafe) private static var livingTasks: [OSTask] = []

    init(name: UnsafePointer<CChar>?, tcb: UnsafeMutablePointer<OS_TCB>) {
        self.tcb = tcb
        super.init(name: name)
    }

    /// Makes it known. Before its first instruction.
    func begin(queueSize: OS_MSG_QTY) {
        queue = task.makePostQueue(size: Int(queueSize), pool: OSMessages.pool)
        _ = Handle.make(self, .microCOSTask, in: UnsafeMutableRawPointer(tcb))
        Self.livingTasks.append(self)
    }

    override func hasEnded() {
        CriticalSection.run {
            isDeleted = true
            tcb.pointee.TaskState = OS_TASK_STATE_DEL
            Self.livingTasks.removeAll { $0 === self }
            // It is still needed by its own thread.
            _ = Handle.delete(OpaquePointer(tcb), .microCOSTask, isStatic: true, keepsObject: true)
            OSMessages.flush(queue, &tcb.pointee.MsgQ)
        }
    }

    /// The one that the calling thread runs; nil if it runs none.
    @inline(__always)
    static var ofCaller: OSTask? {
        guard let object = hil_firmware_task_get() else { return nil }
        return Unmanaged<FirmwareTask>.fromOpaque(object).takeUnretainedValue() as? OSTask
    }

    /// The task of a control block, or the caller's own for NULL.
    @inline(__always)
    static func of(_ p_tcb: UnsafeMutablePointer<OS_TCB>?, or code: OS_ERR) throws(OSFailure) -> OSTask {
        if let p_tcb {
            if let object = Handle.object(OpaquePointer(p_tcb), .microCOSTask) { return object.takeUnretainedValue() }
        } else if let own = ofCaller {
            return own
        }
        throw OSFailure(code)
    }

    static var count: Int { CriticalSection.run { livingTasks.count } }
    static var living: [OSTask] { livingTasks }

    // MARK: State

    func beginWait(_ wait: Wait, on what: OS_STATE, object: UnsafeMutableRawPointer?, ticks: OS_TICK) {
        self.wait = wait
        Self.lastTurn += 1
        turn = Self.lastTurn
        tcb.pointee.PendOn = what
        tcb.pointee.PendStatus = OS_STATUS_PEND_OK
        tcb.pointee.PendObjPtr = object
        tcb.pointee.TickRemain = ticks
        showState()
    }

    /// The wait is over. Does not return if the task was deleted meanwhile.
    @inline(__always)
    func endWait(_ status: OS_STATUS) {
        if isDeleted { RTOSTask.exit() }
        tcb.pointee.PendStatus = status
        tcb.pointee.TickRemain = 0
        noWait()
    }

    private func noWait() {
        wait = .nothing
        tcb.pointee.PendOn = OS_TASK_PEND_ON_NOTHING
        tcb.pointee.PendObjPtr = nil
        showState()
        showPriority()
    }

    func showState() {
        tcb.pointee.TaskState = wait.rawValue | (tcb.pointee.SuspendCtr > 0 ? OS_TASK_STATE_SUSPENDED : 0)
    }

    func showPriority() {
        tcb.pointee.Prio = OSPriority.microCOS(task.priority)
        tcb.pointee.BasePrio = OSPriority.microCOS(task.basePriority)
    }

    var isDelayed: Bool { wait == .delay }

    /// Somebody was woken: those who no longer wait show that before they run.
    static func noteWhoWaits() {
        for task in livingTasks where task.wait != .nothing && !task.task.isWaiting { task.noWait() }
    }

    /// Brings the list of those who wait for an object up to date.
    ///
    /// - Parameter isBeginning: the caller is about to join them.
    static func showWaiters(
        of object: UnsafeMutableRawPointer, in list: inout OS_PEND_LIST, isBeginning: Bool = false
    ) {
        var (first, last): (OSTask?, OSTask?) = (nil, nil)
        var count: OS_OBJ_QTY = 0
        let caller = isBeginning ? ofCaller : nil
        for task in livingTasks
        where task.tcb.pointee.PendObjPtr == object && (task.task.isWaiting || task === caller) {
            count += 1
            if first.map({ task.comesBefore($0) }) ?? true { first = task }
            if last.map({ $0.comesBefore(task) }) ?? true { last = task }
        }
        list = OS_PEND_LIST(HeadPtr: first?.tcb, TailPtr: last?.tcb, NbrEntries: count)
    }

    private func comesBefore(_ other: OSTask) -> Bool {
        let (own, others) = (task.priority, other.task.priority)
        return own != others ? own > others : turn < other.turn
    }

    static func showPriorities() {
        for task in livingTasks { task.showPriority() }
    }
}

extension HandleKind where Object == OSTask {
    @inline(__always) static var microCOSTask: Self { Self(OSKindNumber.task) }
}
