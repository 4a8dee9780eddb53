// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// The semaphores that tasks have of their own.

extension OSTask {
    fileprivate func showSemaphore() {
        tcb.pointee.SemCtr = semaphore.count
    }
}

@c @implementation
public func OSTaskSemPend(
    _ timeout: OS_TICK, _ opt: OS_OPT, _ p_ts: UnsafeMutablePointer<CPU_TS>?, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_SEM_CTR {
    p_ts?.pointee = 0
    return OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_PEND_ISR)
        try OSCall.needRunning()
        let mayBlock = try OSPend.mayBlock(opt)
        let task = try OSTask.of(nil, or: OS_ERR_TCB_INVALID)
        try OSPend.run(
            OS_TASK_PEND_ON_TASK_SEM, nil, nil, timeout, mayBlock: mayBlock, p_ts
        ) { timeout throws(OSFailed) in
            try OSSemaphores.take(task.semaphore, timeout)
        } show: {
        }
        task.showSemaphore()
        p_ts?.pointee = task.tcb.pointee.TS
        return task.tcb.pointee.SemCtr
    }
}

@c @implementation
public func OSTaskSemPendAbort(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> CPU_BOOLEAN {
    OSCall.run(p_err, 0, putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        let task = try OSTask.toAbort(p_tcb, opt)
        guard task.semaphore.abortWait() > 0 else { throw OSFailure(OS_ERR_PEND_ABORT_NONE) }
        return 1
    }
}

@c @implementation
public func OSTaskSemPost(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_SEM_CTR {
    OSCall.run(p_err, 0, putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        try OSCall.needRunning()
        guard opt & ~OS_OPT_POST_NO_SCHED == 0 else { throw OSFailure(OS_ERR_OPT_INVALID) }
        let task = try OSTask.of(p_tcb, or: OS_ERR_STATE_INVALID)
        task.tcb.pointee.TS = CPU_TS_Get32()
        try OSSemaphores.give(task.semaphore)
        task.showSemaphore()
        return task.tcb.pointee.SemCtr
    }
}

@c @implementation
public func OSTaskSemSet(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ cnt: OS_SEM_CTR, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_SEM_CTR {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_SET_ISR)
        let task = try OSTask.of(p_tcb, or: OS_ERR_STATE_INVALID)
        let before = task.semaphore.count
        guard task.semaphore.reset(to: cnt) else { throw OSFailure(OS_ERR_TASK_WAITING) }
        task.showSemaphore()
        return before
    }
}
