// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// The kernel's beginning, interrupts, the scheduler.

private let isInitialized = Guarded(false)

@c @implementation
public func OSInit(_ p_err: UnsafeMutablePointer<OS_ERR>?) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        isInitialized.withLock { $0 = true }
        OSMessages.showPool()
        let idle = hil_ucos_idle_task()!
        idle.pointee.Prio = OS_PRIO(OSSettings.current.priorities - 1)
        idle.pointee.BasePrio = idle.pointee.Prio
    }
}

@c @implementation
public func OSStart(_ p_err: UnsafeMutablePointer<OS_ERR>?) {
    let failure: OS_ERR? =
        if !isInitialized.withLock({ $0 }) {
            OS_ERR_OS_NOT_INIT
        } else if FirmwareKernel.phase != .inactive {
            OS_ERR_OS_RUNNING
        } else if OSTask.count == 0 {
            OS_ERR_OS_NO_APP_TASK
        } else {
            nil
        }
    if let failure {
        p_err?.pointee = failure
        return
    }
    p_err?.pointee = OS_ERR_NONE
    p_err?.pointee = FirmwareKernel.run() ? OS_ERR_FATAL_RETURN : OS_ERR_OS_RUNNING
}

@c @implementation
public func OSVersion(_ p_err: UnsafeMutablePointer<OS_ERR>?) -> CPU_INT16U {
    p_err?.pointee = OS_ERR_NONE
    return CPU_INT16U(OS_VERSION)
}

@c @implementation
public func hil_ucos_current_task() -> UnsafeMutablePointer<OS_TCB>? { OSTask.ofCaller?.tcb }

@c @implementation
public func hil_ucos_running() -> OS_STATE {
    FirmwareKernel.phase == .running ? OS_STATE_OS_RUNNING : OS_STATE_OS_STOPPED
}

@c @implementation
public func hil_ucos_task_count() -> OS_OBJ_QTY { OS_OBJ_QTY(clamping: OSTask.count) }

@c @implementation
public func OSStatTaskCPUUsageInit(_ p_err: UnsafeMutablePointer<OS_ERR>?) { p_err?.pointee = OS_ERR_NONE }

@c @implementation
public func OSStatReset(_ p_err: UnsafeMutablePointer<OS_ERR>?) {
    p_err?.pointee = InterruptContext.isActive ? OS_ERR_STAT_RESET_ISR : OS_ERR_NONE
}

// MARK: Interrupts

@c @implementation
public func OSIntEnter() {
    guard FirmwareKernel.phase == .running else { return }
    let thread = hil_ucos_this_thread()!
    if thread.pointee.interrupt_nesting == 0 {
        InterruptContext.set(true)
        CriticalSection.enter()
    }
    thread.pointee.interrupt_nesting += 1
}

@c @implementation
public func OSIntExit() {
    let thread = hil_ucos_this_thread()!
    guard thread.pointee.interrupt_nesting > 0 else { return }
    thread.pointee.interrupt_nesting -= 1
    if thread.pointee.interrupt_nesting == 0 {
        InterruptContext.set(false)
        CriticalSection.exit()
    }
}

@c @implementation
public func hil_ucos_interrupt_nesting() -> OS_NESTING_CTR {
    let nesting = OS_NESTING_CTR(clamping: hil_ucos_this_thread().pointee.interrupt_nesting)
    return nesting == 0 && InterruptContext.isActive ? 1 : nesting
}

// MARK: Scheduler

@c @implementation
public func OSSched() {
    OSCall.run(nil, ()) { () throws(OSFailure) in }
}

/// As deep as the original lets it be locked.
private let deepestLock = 250

@c @implementation
public func OSSchedLock(_ p_err: UnsafeMutablePointer<OS_ERR>?) {
    let depth = hil_ucos_scheduler_lock_nesting()
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_SCHED_LOCK_ISR)
        try OSCall.needRunning()
        if depth >= deepestLock { throw OSFailure(OS_ERR_LOCK_NESTING_OVF) }
        Kernel.lockScheduler()
    }
}

@c @implementation
public func OSSchedUnlock(_ p_err: UnsafeMutablePointer<OS_ERR>?) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_SCHED_UNLOCK_ISR)
        try OSCall.needRunning()
        guard Kernel.unlockScheduler() else { throw OSFailure(OS_ERR_SCHED_NOT_LOCKED) }
        if Kernel.schedulerLockDepth > 0 { throw OSFailure(OS_ERR_SCHED_LOCKED) }
    }
}

@c @implementation
public func hil_ucos_scheduler_lock_nesting() -> OS_NESTING_CTR {
    let own = hil_ucos_this_thread().pointee.switch_is_put_off != 0 ? 1 : 0
    return OS_NESTING_CTR(clamping: Kernel.schedulerLockDepth - own)
}

private let takesTurns = Guarded(false)

@c @implementation
public func OSSchedRoundRobinCfg(
    _ en: CPU_BOOLEAN, _ dflt_time_quanta: OS_TICK, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    takesTurns.withLock { $0 = en != 0 }
    p_err?.pointee = OS_ERR_NONE
}

@c @implementation
public func OSSchedRoundRobinYield(_ p_err: UnsafeMutablePointer<OS_ERR>?) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_YIELD_ISR)
        try OSCall.needRunning()
        if Kernel.schedulerLockDepth > 0 { throw OSFailure(OS_ERR_SCHED_LOCKED) }
        guard takesTurns.withLock({ $0 }) else { throw OSFailure(OS_ERR_ROUND_ROBIN_DISABLED) }
        let own = RTOSTask.current
        let hasEqual = OSTask.living.contains {
            $0.task != own && $0.task.priority == own.priority && [.ready, .running].contains($0.task.state)
        }
        guard hasEqual else { throw OSFailure(OS_ERR_ROUND_ROBIN_1) }
    }
    if p_err?.pointee == OS_ERR_NONE { RTOSTask.giveWay() }
}

// MARK: What is expected of the processor

@c @implementation
public func CPU_Init() {}

@c @implementation
public func CPU_TS_Get32() -> CPU_TS32 { OSTimeStamp.short(OSTimeStamp.now) }

@c @implementation
public func CPU_TS_Get64() -> CPU_TS64 { OSTimeStamp.now }

@c @implementation
public func CPU_TS_TmrFreqGet(_ p_err: UnsafeMutablePointer<CPU_ERR>?) -> CPU_TS_TMR_FREQ {
    p_err?.pointee = 0
    return 1_000_000
}

@c @implementation
public func hil_ucos_critical_enter() { CriticalSection.enter() }

@c @implementation
public func hil_ucos_critical_exit() {
    guard CriticalSection.isActive else {
        return Misuse.report("CPU_CRITICAL_EXIT", "this task is in no critical section")
    }
    CriticalSection.exit()
}
