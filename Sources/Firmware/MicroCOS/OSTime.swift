// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS
import Synchronization

// Time.

/// What `OSTimeSet` has added to the kernel's ticks.
private let tickOffset = Atomic<UInt32>(0)

@c @implementation
public func hil_ucos_tick() -> OS_TICK {
    guard FirmwareKernel.phase != .inactive else { return tickOffset.load(ordering: .relaxed) }
    return OS_TICK(truncatingIfNeeded: Kernel.ticks()) &+ tickOffset.load(ordering: .relaxed)
}

@c @implementation
public func OSTimeGet(_ p_err: UnsafeMutablePointer<OS_ERR>?) -> OS_TICK {
    let tick = hil_ucos_tick()
    p_err?.pointee = OS_ERR_NONE
    return tick
}

@c @implementation
public func OSTimeSet(_ ticks: OS_TICK, _ p_err: UnsafeMutablePointer<OS_ERR>?) {
    let present = hil_ucos_tick() &- tickOffset.load(ordering: .relaxed)
    tickOffset.store(ticks &- present, ordering: .relaxed)
    p_err?.pointee = OS_ERR_NONE
}

@c @implementation
public func OSTimeTick() {}

/// The checks of both delays, up to the option.
private func mayDelay() throws(OSFailure) {
    try OSCall.refuseInterrupt(OS_ERR_TIME_DLY_ISR)
    try OSCall.needRunning()
    if Kernel.schedulerLockDepth > 0 { throw OSFailure(OS_ERR_SCHED_LOCKED) }
}

private func delay(_ ticks: OS_TICK, _ opt: OS_OPT) throws(OSFailure) {
    guard let task = OSTask.ofCaller else { throw OSFailure(OS_ERR_TCB_INVALID) }
    let now = Kernel.current.tickCount
    let shown = OS_TICK(truncatingIfNeeded: now) &+ tickOffset.load(ordering: .relaxed)
    var wait = ticks
    switch opt & OS_OPT_TIME_MASK {
    case OS_OPT_TIME_MATCH:
        // A time that is over is one that comes again when the count wraps; nobody means that.
        wait = ticks &- shown
        guard wait > 0, wait <= .max / 2 else { throw OSFailure(OS_ERR_TIME_ZERO_DLY) }
    case OS_OPT_TIME_PERIODIC:
        let since = shown &- task.tcb.pointee.TickCtrPrev
        // Too late for that period: from now on, as at the first call.
        let isOnTime = since < ticks
        task.tcb.pointee.TickCtrPrev = isOnTime ? task.tcb.pointee.TickCtrPrev &+ ticks : shown &+ ticks
        wait = isOnTime ? ticks &- since : ticks
    default: break
    }
    task.beginWait(.delay, on: OS_TASK_PEND_ON_NOTHING, object: nil, ticks: wait)
    RTOSTask.delay(untilTick: now &+ UInt64(wait))
    task.endWait(OS_STATUS_PEND_OK)
}

@c @implementation
public func OSTimeDly(_ dly: OS_TICK, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try mayDelay()
        switch opt {
        case OS_OPT_TIME_DLY, OS_OPT_TIME_TIMEOUT, OS_OPT_TIME_PERIODIC:
            if dly == 0 { throw OSFailure(OS_ERR_TIME_ZERO_DLY) }
        case OS_OPT_TIME_MATCH: break
        default: throw OSFailure(OS_ERR_OPT_INVALID)
        }
        try delay(dly, opt)
    }
    RTOSTask.giveWayToHigher()
}

@c @implementation
public func OSTimeDlyHMSM(
    _ hours: CPU_INT16U, _ minutes: CPU_INT16U, _ seconds: CPU_INT16U, _ milli: CPU_INT32U, _ opt: OS_OPT,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try mayDelay()
        guard opt & ~OS_OPT_TIME_OPTS_MASK == 0 else { throw OSFailure(OS_ERR_OPT_INVALID) }
        switch opt & OS_OPT_TIME_MASK {
        case OS_OPT_TIME_DLY, OS_OPT_TIME_TIMEOUT, OS_OPT_TIME_PERIODIC:
            if hours == 0, minutes == 0, seconds == 0, milli == 0 { throw OSFailure(OS_ERR_TIME_ZERO_DLY) }
        case OS_OPT_TIME_MATCH: break
        default: throw OSFailure(OS_ERR_OPT_INVALID)
        }
        if opt & OS_OPT_TIME_HMSM_NON_STRICT == 0 {
            if milli > 999 { throw OSFailure(OS_ERR_TIME_INVALID_MILLISECONDS) }
            if seconds > 59 { throw OSFailure(OS_ERR_TIME_INVALID_SECONDS) }
            if minutes > 59 { throw OSFailure(OS_ERR_TIME_INVALID_MINUTES) }
            if hours > 99 { throw OSFailure(OS_ERR_TIME_INVALID_HOURS) }
        } else {
            if minutes > 9999 { throw OSFailure(OS_ERR_TIME_INVALID_MINUTES) }
            if hours > 999 { throw OSFailure(OS_ERR_TIME_INVALID_HOURS) }
        }
        let rate = UInt64(OSSettings.current.tickRate)
        let whole = (UInt64(hours) * 3600 + UInt64(minutes) * 60 + UInt64(seconds)) * rate
        // To the nearest tick.
        let ticks = whole + (UInt64(milli) * rate + 500) / 1000
        if ticks == 0, opt & OS_OPT_TIME_MATCH == 0 { throw OSFailure(OS_ERR_TIME_ZERO_DLY) }
        try delay(OS_TICK(truncatingIfNeeded: ticks), opt)
    }
    RTOSTask.giveWayToHigher()
}

@c @implementation
public func OSTimeDlyResume(_ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_TIME_DLY_RESUME_ISR)
        try OSCall.needRunning()
        guard let p_tcb else { throw OSFailure(OS_ERR_TASK_NOT_EXIST) }
        let task = try OSTask.of(p_tcb, or: OS_ERR_TASK_NOT_EXIST)
        guard task !== OSTask.ofCaller, task.isDelayed, task.task.abortDelay() else {
            throw OSFailure(OS_ERR_TASK_NOT_DLY)
        }
        if p_tcb.pointee.SuspendCtr > 0 { throw OSFailure(OS_ERR_TASK_SUSPENDED) }
    }
}
