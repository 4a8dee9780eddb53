// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// Tasks begin, end, stop and go on.

@c @implementation
public func OSTaskCreate(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ p_name: UnsafeMutablePointer<CPU_CHAR>?, _ p_task: OS_TASK_PTR?,
    _ p_arg: UnsafeMutableRawPointer?, _ prio: OS_PRIO, _ p_stk_base: UnsafeMutablePointer<CPU_STK>?,
    _ stk_limit: CPU_STK_SIZE, _ stk_size: CPU_STK_SIZE, _ q_size: OS_MSG_QTY, _ time_quanta: OS_TICK,
    _ p_ext: UnsafeMutableRawPointer?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_TASK_CREATE_ISR)
        guard let p_tcb else { throw OSFailure(OS_ERR_TCB_INVALID) }
        guard let p_task else { throw OSFailure(OS_ERR_TASK_INVALID) }
        guard let p_stk_base else { throw OSFailure(OS_ERR_STK_INVALID) }
        let settings = OSSettings.current
        guard Int(stk_size) >= settings.smallestStack else { throw OSFailure(OS_ERR_STK_SIZE_INVALID) }
        guard stk_limit < stk_size else { throw OSFailure(OS_ERR_STK_LIMIT_INVALID) }
        guard Int(prio) < settings.priorities - 1 else { throw OSFailure(OS_ERR_PRIO_INVALID) }
        // The original takes such a block for a new one, and goes wrong.
        guard Handle.object(OpaquePointer(p_tcb), .microCOSTask) == nil else {
            Misuse.report("OSTaskCreate", "the control block is that of a task which has not ended")
            throw OSFailure(OS_ERR_TCB_INVALID)
        }
        var tcb = OS_TCB()
        tcb.StkPtr = p_stk_base + Int(stk_size)
        tcb.StkBasePtr = p_stk_base
        tcb.StkLimitPtr = p_stk_base + Int(stk_limit)
        tcb.StkSize = stk_size
        tcb.StkFree = stk_size
        tcb.ExtPtr = p_ext
        tcb.NamePtr = p_name
        tcb.TaskEntryAddr = p_task
        tcb.TaskEntryArg = p_arg
        tcb.Prio = prio
        tcb.BasePrio = prio
        tcb.Opt = opt
        tcb.TimeQuanta = time_quanta
        tcb.TimeQuantaCtr = time_quanta
        tcb.MsgQ.NbrEntriesSize = q_size
        p_tcb.pointee = tcb
        let task = OSTask(name: p_name, tcb: p_tcb)
        nonisolated(unsafe) let argument = p_arg
        task.start(priority: OSPriority.kernel(prio), willStart: { task.begin(queueSize: q_size) }) {
            p_task(argument)
            // As in the original, a task that returns is deleted.
        }
    }
    RTOSTask.giveWayToHigher()
}

@c @implementation
public func OSTaskDel(_ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) {
    var deleted: RTOSTask?
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_TASK_DEL_ISR)
        try OSCall.needRunning()
        if p_tcb == hil_ucos_idle_task() { throw OSFailure(OS_ERR_TASK_DEL_IDLE) }
        let object = try OSTask.of(p_tcb, or: OS_ERR_TASK_DEL)
        let task = object.task
        object.end()
        p_err?.pointee = OS_ERR_NONE
        if task == .current { RTOSTask.exit() }
        task.delete()
        deleted = task
    }
    deleted?.awaitStop()
}

@c @implementation
public func OSTaskSuspend(_ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) {
    var suspended: RTOSTask?
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_TASK_SUSPEND_ISR)
        try OSCall.needRunning()
        if p_tcb == hil_ucos_idle_task() { throw OSFailure(OS_ERR_TASK_SUSPEND_IDLE) }
        let task = try OSTask.of(p_tcb, or: OS_ERR_STATE_INVALID)
        if task === OSTask.ofCaller, Kernel.schedulerLockDepth > 0 { throw OSFailure(OS_ERR_SCHED_LOCKED) }
        guard task.tcb.pointee.SuspendCtr < .max else { throw OSFailure(OS_ERR_TASK_SUSPEND_CTR_OVF) }
        task.tcb.pointee.SuspendCtr += 1
        task.showState()
        if task.tcb.pointee.SuspendCtr == 1 { task.task.suspend() }
        suspended = task.task
    }
    suspended?.awaitStop()
}

@c @implementation
public func OSTaskResume(_ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_TASK_RESUME_ISR)
        try OSCall.needRunning()
        guard let p_tcb, p_tcb != OSTask.ofCaller?.tcb else { throw OSFailure(OS_ERR_TASK_RESUME_SELF) }
        let task = try OSTask.of(p_tcb, or: OS_ERR_STATE_INVALID)
        guard p_tcb.pointee.SuspendCtr > 0 else { throw OSFailure(OS_ERR_TASK_NOT_SUSPENDED) }
        p_tcb.pointee.SuspendCtr -= 1
        task.showState()
        if p_tcb.pointee.SuspendCtr == 0 { task.task.resume() }
    }
    RTOSTask.giveWayToHigher()
}

@c @implementation
public func OSTaskChangePrio(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ prio_new: OS_PRIO, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_TASK_CHANGE_PRIO_ISR)
        try OSCall.needRunning()
        guard Int(prio_new) < OSSettings.current.priorities - 1 else { throw OSFailure(OS_ERR_PRIO_INVALID) }
        let task = try OSTask.of(p_tcb, or: OS_ERR_STATE_INVALID)
        task.task.priority = OSPriority.kernel(prio_new)
        OSTask.showPriorities()
    }
    RTOSTask.giveWayToHigher()
}

@c @implementation
public func OSTaskTimeQuantaSet(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ time_quanta: OS_TICK, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_SET_ISR)
        let task = try OSTask.of(p_tcb, or: OS_ERR_TCB_INVALID)
        task.tcb.pointee.TimeQuanta = time_quanta
        task.tcb.pointee.TimeQuantaCtr = time_quanta
    }
}

@c @implementation
public func OSTaskStkChk(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ p_free: UnsafeMutablePointer<CPU_STK_SIZE>?,
    _ p_used: UnsafeMutablePointer<CPU_STK_SIZE>?, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_TASK_STK_CHK_ISR)
        guard let p_free, let p_used else { throw OSFailure(OS_ERR_PTR_INVALID) }
        p_free.pointee = 0
        p_used.pointee = 0
        let tcb = try OSTask.of(p_tcb, or: OS_ERR_TASK_NOT_EXIST).tcb
        guard tcb.pointee.Opt & OS_OPT_TASK_STK_CHK != 0 else { throw OSFailure(OS_ERR_TASK_OPT) }
        p_free.pointee = tcb.pointee.StkFree
        p_used.pointee = tcb.pointee.StkUsed
    }
}

// MARK: Registers

private let nextRegister = Guarded<OS_REG_ID>(0)

@c @implementation
public func OSTaskRegGetID(_ p_err: UnsafeMutablePointer<OS_ERR>?) -> OS_REG_ID {
    OSCall.run(p_err, OS_REG_ID(OSSettings.current.registers)) { () throws(OSFailure) in
        let register = nextRegister.withLock { next -> OS_REG_ID? in
            guard Int(next) < OSSettings.current.registers else { return nil }
            defer { next += 1 }
            return next
        }
        guard let register else { throw OSFailure(OS_ERR_NO_MORE_ID_AVAIL) }
        return register
    }
}

@c @implementation
public func OSTaskRegGet(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ id: OS_REG_ID, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_REG {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        try register(p_tcb, id).pointee
    }
}

@c @implementation
public func OSTaskRegSet(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ id: OS_REG_ID, _ value: OS_REG, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try register(p_tcb, id).pointee = value
    }
}

private func register(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ id: OS_REG_ID
) throws(OSFailure) -> UnsafeMutablePointer<OS_REG> {
    guard Int(id) < OSSettings.current.registers else { throw OSFailure(OS_ERR_REG_ID_INVALID) }
    let tcb = try OSTask.of(p_tcb, or: OS_ERR_TCB_INVALID).tcb
    let table = UnsafeMutableRawPointer(tcb) + MemoryLayout<OS_TCB>.offset(of: \.RegTbl)!
    return table.assumingMemoryBound(to: OS_REG.self) + Int(id)
}
