// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// Mutexes.

extension os_mutex: OSObject {
    static var kind: HandleKind<RTOSMutex> { HandleKind(OSKindNumber.mutex) }
    static var type: OS_OBJ_TYPE { OS_OBJ_TYPE_MUTEX }
}

/// As often as the original lets a mutex be held.
private let deepestNesting = OS_NESTING_CTR.max

/// Those that there are, so that firmware sees when a task that ended has let go of one. Under the critical section of
/// the calls.
enum OSMutexes {
    nonisolated(unsafe) private static var present: Set<UnsafeMutablePointer<OS_MUTEX>> = []
    private static let observer: Void = TaskEnd.observe(for: Owner.shared) { _ in
        CriticalSection.run { showAll() }
    }

    private final class Owner: Sendable {
        static let shared = Owner()
    }

    static func add(_ mutex: UnsafeMutablePointer<OS_MUTEX>) {
        _ = observer
        present.insert(mutex)
    }

    static func remove(_ mutex: UnsafeMutablePointer<OS_MUTEX>) {
        present.remove(mutex)
    }

    private static func showAll() {
        for mutex in present {
            if let primitive = try? mutex.primitive() { mutex.show(primitive) }
        }
    }
}

extension UnsafeMutablePointer<OS_MUTEX> {
    /// - Parameter nesting: how often the owner holds it, where that is known to have changed.
    fileprivate func show(_ mutex: RTOSMutex, nesting: OS_NESTING_CTR? = nil) {
        let owner = mutex.owner.flatMap { FirmwareTask.of($0) as? OSTask }?.tcb
        let isSame = owner == pointee.OwnerTCBPtr
        pointee.OwnerTCBPtr = owner
        pointee.OwnerNestingCtr = nesting ?? (mutex.owner == nil ? 0 : isSame ? max(1, pointee.OwnerNestingCtr) : 1)
        OSObjects.show(mutex.waiterCount, of: self, in: &pointee.PendList)
    }
}

@c @implementation
public func OSMutexCreate(
    _ p_mutex: UnsafeMutablePointer<OS_MUTEX>?, _ p_name: UnsafeMutablePointer<CPU_CHAR>?,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        let present = try p_mutex.toCreate()
        let mutex = RTOSMutex(isRecursive: true)
        present.pointee.NamePtr = p_name
        present.pointee.TS = 0
        present.create(mutex)
        present.show(mutex, nesting: 0)
        OSMutexes.add(present)
    }
}

@c @implementation
public func OSMutexDel(
    _ p_mutex: UnsafeMutablePointer<OS_MUTEX>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_OBJ_QTY {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSCall.mayDelete(p_mutex != nil, opt)
        let present = try p_mutex.needed()
        let mutex = try present.primitive()
        if opt == OS_OPT_DEL_NO_PEND, mutex.waiterCount > 0 { throw OSFailure(OS_ERR_TASK_WAITING) }
        let count = mutex.delete()
        present.show(mutex, nesting: 0)
        present.pointee.NamePtr = nil
        present.pointee.TS = 0
        present.forget(keepsObject: count > 0)
        OSMutexes.remove(present)
        OSTask.showPriorities()
        return OS_OBJ_QTY(clamping: count)
    }
}

@c @implementation
public func OSMutexPend(
    _ p_mutex: UnsafeMutablePointer<OS_MUTEX>?, _ timeout: OS_TICK, _ opt: OS_OPT,
    _ p_ts: UnsafeMutablePointer<CPU_TS>?, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    p_ts?.pointee = 0
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_PEND_ISR)
        try OSCall.needRunning()
        let present = try p_mutex.needed()
        let mayBlock = try OSPend.mayBlock(opt)
        let mutex = try present.primitive()
        if mutex.owner == .current {
            if present.pointee.OwnerNestingCtr == deepestNesting { throw OSFailure(OS_ERR_MUTEX_OVF) }
            _ = try? mutex.acquire(.now)
            present.pointee.OwnerNestingCtr += 1
            p_ts?.pointee = present.pointee.TS
            throw OSFailure(OS_ERR_MUTEX_OWNER)
        }
        defer { OSTask.showPriorities() }
        // The owner inherits the priority as soon as the wait begins, and may look at it before this call returns.
        if mayBlock, let owner = present.pointee.OwnerTCBPtr, let caller = OSTask.ofCaller {
            owner.pointee.Prio = min(owner.pointee.Prio, OSPriority.microCOS(caller.task.priority))
        }
        try OSPend.run(
            OS_TASK_PEND_ON_MUTEX, present, &present.pointee.PendList, timeout, mayBlock: mayBlock, p_ts
        ) { timeout throws(OSFailed) in
            do throws(RTOSMutex.Failure) {
                try mutex.acquire(timeout)
            } catch {
                switch error {
                case .wouldBlock, .alreadyHeld, .notOwner: throw OSFailed(.wouldBlock)
                case .timedOut: throw OSFailed(.timedOut)
                case .aborted: throw OSFailed(.aborted(at: nil))
                case .deleted: throw OSFailed(.deleted(at: nil))
                case .inInterrupt: throw OSFailed(.interrupted)
                case .schedulerLocked: throw OSFailed(.schedulerLocked)
                }
            }
        } show: {
            if present.stands(for: mutex) { present.show(mutex) }
        }
        p_ts?.pointee = present.pointee.TS
    }
}

@c @implementation
public func OSMutexPendAbort(
    _ p_mutex: UnsafeMutablePointer<OS_MUTEX>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_OBJ_QTY {
    OSCall.run(p_err, 0, putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        let all = try OSCall.mayAbort(p_mutex != nil, opt)
        let present = try p_mutex.needed()
        let mutex = try present.primitive()
        let count = mutex.abortWait(ofAll: all)
        present.show(mutex)
        return try OSCall.aborted(count)
    }
}

@c @implementation
public func OSMutexPost(
    _ p_mutex: UnsafeMutablePointer<OS_MUTEX>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, (), putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_POST_ISR)
        try OSCall.needRunning()
        let present = try p_mutex.needed()
        guard opt & ~OS_OPT_POST_NO_SCHED == 0 else { throw OSFailure(OS_ERR_OPT_INVALID) }
        let mutex = try present.primitive()
        guard (try? mutex.release()) != nil else { throw OSFailure(OS_ERR_MUTEX_NOT_OWNER) }
        present.pointee.TS = CPU_TS_Get32()
        if present.pointee.OwnerNestingCtr > 1 {
            present.pointee.OwnerNestingCtr -= 1
            throw OSFailure(OS_ERR_MUTEX_NESTING)
        }
        present.show(mutex, nesting: mutex.owner == nil ? 0 : 1)
        OSTask.showPriorities()
    }
}
