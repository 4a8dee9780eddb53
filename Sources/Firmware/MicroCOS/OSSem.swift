// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// Semaphores.

extension os_sem: OSObject {
    static var kind: HandleKind<Semaphore> { HandleKind(OSKindNumber.semaphore) }
    static var type: OS_OBJ_TYPE { OS_OBJ_TYPE_SEM }
}

extension UnsafeMutablePointer<OS_SEM> {
    fileprivate func show(_ semaphore: Semaphore) {
        pointee.Ctr = semaphore.count
        OSObjects.show(semaphore.waiterCount, of: self, in: &pointee.PendList)
    }
}

/// What semaphores of their own and those of tasks have in common.
enum OSSemaphores {
    static func take(_ semaphore: Semaphore, _ timeout: Timeout) throws(OSFailed) {
        do throws(Semaphore.Failure) {
            try semaphore.take(timeout)
        } catch {
            switch error {
            case .wouldBlock: throw OSFailed(.wouldBlock)
            case .timedOut: throw OSFailed(.timedOut)
            case .aborted: throw OSFailed(.aborted(at: nil))
            case .schedulerLocked: throw OSFailed(.schedulerLocked)
            case .inInterrupt: throw OSFailed(.interrupted)
            case .deleted, .full: throw OSFailed(.deleted(at: nil))
            }
        }
    }

    static func give(_ semaphore: Semaphore) throws(OSFailure) {
        do throws(Semaphore.Failure) {
            try semaphore.give()
        } catch {
            throw OSFailure(error == .full ? OS_ERR_SEM_OVF : OS_ERR_OBJ_DEL)
        }
    }
}

@c @implementation
public func OSSemCreate(
    _ p_sem: UnsafeMutablePointer<OS_SEM>?, _ p_name: UnsafeMutablePointer<CPU_CHAR>?, _ cnt: OS_SEM_CTR,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        let present = try p_sem.toCreate()
        let semaphore = Semaphore(count: cnt)
        present.pointee.NamePtr = p_name
        present.pointee.TS = 0
        present.create(semaphore)
        present.show(semaphore)
    }
}

@c @implementation
public func OSSemDel(
    _ p_sem: UnsafeMutablePointer<OS_SEM>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_OBJ_QTY {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSCall.mayDelete(p_sem != nil, opt)
        let present = try p_sem.needed()
        let semaphore = try present.primitive()
        if opt == OS_OPT_DEL_NO_PEND, semaphore.waiterCount > 0 { throw OSFailure(OS_ERR_TASK_WAITING) }
        let count = semaphore.delete()
        present.pointee.NamePtr = nil
        present.pointee.Ctr = 0
        present.pointee.TS = 0
        present.pointee.PendList = OS_PEND_LIST()
        present.forget(keepsObject: count > 0)
        return OS_OBJ_QTY(clamping: count)
    }
}

@c @implementation
public func OSSemPend(
    _ p_sem: UnsafeMutablePointer<OS_SEM>?, _ timeout: OS_TICK, _ opt: OS_OPT, _ p_ts: UnsafeMutablePointer<CPU_TS>?,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_SEM_CTR {
    p_ts?.pointee = 0
    return OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSPend.refuseInterrupt(opt)
        try OSCall.needRunning()
        let present = try p_sem.needed()
        let mayBlock = try OSPend.mayBlock(opt)
        let semaphore = try present.primitive()
        try OSPend.run(
            OS_TASK_PEND_ON_SEM, present, &present.pointee.PendList, timeout, mayBlock: mayBlock, p_ts
        ) { timeout throws(OSFailed) in
            try OSSemaphores.take(semaphore, timeout)
        } show: {
            if present.stands(for: semaphore) { present.show(semaphore) }
        }
        p_ts?.pointee = present.pointee.TS
        return semaphore.count
    }
}

@c @implementation
public func OSSemPendAbort(
    _ p_sem: UnsafeMutablePointer<OS_SEM>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_OBJ_QTY {
    OSCall.run(p_err, 0, putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        let all = try OSCall.mayAbort(p_sem != nil, opt)
        let present = try p_sem.needed()
        let semaphore = try present.primitive()
        let count = semaphore.abortWait(ofAll: all)
        present.show(semaphore)
        return try OSCall.aborted(count)
    }
}

@c @implementation
public func OSSemPost(
    _ p_sem: UnsafeMutablePointer<OS_SEM>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_SEM_CTR {
    OSCall.run(p_err, 0, putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        try OSCall.needRunning()
        let present = try p_sem.needed()
        guard opt & ~(OS_OPT_POST_ALL | OS_OPT_POST_NO_SCHED) == 0 else { throw OSFailure(OS_ERR_OPT_INVALID) }
        let semaphore = try present.primitive()
        present.pointee.TS = CPU_TS_Get32()
        if opt & OS_OPT_POST_ALL == 0 || semaphore.giveToAll() == 0 { try OSSemaphores.give(semaphore) }
        present.show(semaphore)
        return present.pointee.Ctr
    }
}

@c @implementation
public func OSSemSet(
    _ p_sem: UnsafeMutablePointer<OS_SEM>?, _ cnt: OS_SEM_CTR, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_SET_ISR)
        let present = try p_sem.needed()
        let semaphore = try present.primitive()
        guard semaphore.reset(to: cnt) else { throw OSFailure(OS_ERR_TASK_WAITING) }
        present.show(semaphore)
    }
}
