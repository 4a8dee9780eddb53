// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// Timers.

/// A timer of firmware's: what fires, and what firmware reads of it.
///
/// The structure is under the critical section of the calls.
final class OSTimer: @unchecked Sendable {
    private let structure: UnsafeMutablePointer<OS_TMR>
    private var timer: SoftwareTimer!
    private let unit: UInt32

    init(_ structure: UnsafeMutablePointer<OS_TMR>) {
        self.structure = structure
        unit = OSSettings.current.ticksPerTimerUnit
        let fields = structure.pointee
        timer = SoftwareTimer(
            period: ticks(fields.Opt == OS_OPT_TMR_PERIODIC ? fields.Period : fields.Dly),
            repeats: fields.Opt == OS_OPT_TMR_PERIODIC, kernel: FirmwareKernel.kernel
        ) { [weak self] in self?.fire() }
    }

    private func ticks(_ units: OS_TICK) -> UInt32 {
        let (ticks, overflow) = units.multipliedReportingOverflow(by: unit)
        return overflow ? .max : max(1, ticks)
    }

    func start() {
        let fields = structure.pointee
        let first = fields.Dly > 0 ? fields.Dly : fields.Period
        structure.pointee.State = OS_TMR_STATE_RUNNING
        structure.pointee.Remain = first
        if fields.Opt == OS_OPT_TMR_PERIODIC {
            timer.start(period: ticks(fields.Period), delay: ticks(first))
        } else {
            timer.start(period: ticks(first))
        }
    }

    func stop() {
        timer.stop()
        structure.pointee.State = OS_TMR_STATE_STOPPED
    }

    func awaitCallback() { timer.awaitCallback() }

    /// In the timers' unit.
    var remaining: OS_TICK {
        guard let expiry = timer.expiry else { return 0 }
        let now = FirmwareKernel.kernel.tickCount
        let left = expiry > now ? expiry - now : 0
        return OS_TICK(clamping: (left + UInt64(unit) - 1) / UInt64(unit))
    }

    /// In the timers' task.
    private func fire() {
        let call = CriticalSection.run { () -> (OS_TMR_CALLBACK_PTR, UnsafeMutableRawPointer?)? in
            // Stopped or deleted meanwhile.
            guard structure.stands(for: self), structure.pointee.State == OS_TMR_STATE_RUNNING else { return nil }
            if structure.pointee.Opt == OS_OPT_TMR_ONE_SHOT {
                structure.pointee.State = OS_TMR_STATE_COMPLETED
                structure.pointee.Remain = 0
            } else {
                structure.pointee.Remain = structure.pointee.Period
            }
            return structure.pointee.CallbackPtr.map { ($0, structure.pointee.CallbackPtrArg) }
        }
        if let (callback, argument) = call { callback(UnsafeMutableRawPointer(structure), argument) }
    }
}

extension os_tmr: OSObject {
    static var kind: HandleKind<OSTimer> { HandleKind(OSKindNumber.timer) }
    static var type: OS_OBJ_TYPE { OS_OBJ_TYPE_TMR }
}

/// The timer that a call is about.
private func timer(
    _ p_tmr: UnsafeMutablePointer<OS_TMR>?
) throws(OSFailure) -> (UnsafeMutablePointer<OS_TMR>, OSTimer) {
    try OSCall.refuseInterrupt(OS_ERR_TMR_ISR)
    try OSCall.needRunning()
    let present = try p_tmr.needed(or: OS_ERR_TMR_INVALID)
    return (present, try present.primitive())
}

private func check(_ dly: OS_TICK, _ period: OS_TICK, _ opt: OS_OPT) throws(OSFailure) {
    switch opt {
    case OS_OPT_TMR_PERIODIC: if period == 0 { throw OSFailure(OS_ERR_TMR_INVALID_PERIOD) }
    case OS_OPT_TMR_ONE_SHOT: if dly == 0 { throw OSFailure(OS_ERR_TMR_INVALID_DLY) }
    default: throw OSFailure(OS_ERR_OPT_INVALID)
    }
}

@c @implementation
public func OSTmrCreate(
    _ p_tmr: UnsafeMutablePointer<OS_TMR>?, _ p_name: UnsafeMutablePointer<CPU_CHAR>?, _ dly: OS_TICK,
    _ period: OS_TICK, _ opt: OS_OPT, _ p_callback: OS_TMR_CALLBACK_PTR?, _ p_callback_arg: UnsafeMutableRawPointer?,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_TMR_ISR)
        let present = try p_tmr.needed()
        try check(dly, period, opt)
        if present.isCreated { throw OSFailure(OS_ERR_OBJ_CREATED) }
        present.pointee.NamePtr = p_name
        present.pointee.Dly = dly
        present.pointee.Period = period
        present.pointee.Remain = 0
        present.pointee.Opt = opt
        present.pointee.CallbackPtr = p_callback
        present.pointee.CallbackPtrArg = p_callback_arg
        present.pointee.State = OS_TMR_STATE_STOPPED
        present.create(OSTimer(present))
    }
}

@c @implementation
public func OSTmrDel(_ p_tmr: UnsafeMutablePointer<OS_TMR>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) -> CPU_BOOLEAN {
    var deleted: OSTimer?
    let isDeleted = OSCall.run(p_err, CPU_BOOLEAN(0)) { () throws(OSFailure) in
        let (present, timer) = try timer(p_tmr)
        timer.stop()
        present.pointee.State = OS_TMR_STATE_UNUSED
        present.pointee.NamePtr = nil
        present.forget(keepsObject: false)
        deleted = timer
        return 1
    }
    deleted?.awaitCallback()
    return isDeleted
}

@c @implementation
public func OSTmrSet(
    _ p_tmr: UnsafeMutablePointer<OS_TMR>?, _ dly: OS_TICK, _ period: OS_TICK, _ p_callback: OS_TMR_CALLBACK_PTR?,
    _ p_callback_arg: UnsafeMutableRawPointer?, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        let (present, _) = try timer(p_tmr)
        try check(dly, period, present.pointee.Opt)
        // Counts from the next start on.
        present.pointee.Dly = dly
        present.pointee.Period = period
        present.pointee.CallbackPtr = p_callback
        present.pointee.CallbackPtrArg = p_callback_arg
    }
}

@c @implementation
public func OSTmrRemainGet(_ p_tmr: UnsafeMutablePointer<OS_TMR>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) -> OS_TICK {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        let (present, timer) = try timer(p_tmr)
        switch present.pointee.State {
        case OS_TMR_STATE_RUNNING: present.pointee.Remain = timer.remaining
        case OS_TMR_STATE_STOPPED:
            let isPeriodic = present.pointee.Opt == OS_OPT_TMR_PERIODIC && present.pointee.Dly == 0
            present.pointee.Remain = isPeriodic ? present.pointee.Period : present.pointee.Dly
        case OS_TMR_STATE_COMPLETED: present.pointee.Remain = 0
        case OS_TMR_STATE_UNUSED: throw OSFailure(OS_ERR_TMR_INACTIVE)
        default: throw OSFailure(OS_ERR_TMR_INVALID_STATE)
        }
        return present.pointee.Remain
    }
}

@c @implementation
public func OSTmrStart(_ p_tmr: UnsafeMutablePointer<OS_TMR>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) -> CPU_BOOLEAN {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        let (present, timer) = try timer(p_tmr)
        switch present.pointee.State {
        case OS_TMR_STATE_RUNNING, OS_TMR_STATE_STOPPED, OS_TMR_STATE_COMPLETED: timer.start()
        case OS_TMR_STATE_UNUSED: throw OSFailure(OS_ERR_TMR_INACTIVE)
        default: throw OSFailure(OS_ERR_TMR_INVALID_STATE)
        }
        return 1
    }
}

@c @implementation
public func OSTmrStateGet(_ p_tmr: UnsafeMutablePointer<OS_TMR>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) -> OS_STATE {
    OSCall.run(p_err, OS_TMR_STATE_UNUSED) { () throws(OSFailure) in
        let (present, _) = try timer(p_tmr)
        guard present.pointee.State <= OS_TMR_STATE_TIMEOUT else { throw OSFailure(OS_ERR_TMR_INVALID_STATE) }
        return present.pointee.State
    }
}

@c @implementation
public func OSTmrStop(
    _ p_tmr: UnsafeMutablePointer<OS_TMR>?, _ opt: OS_OPT, _ p_callback_arg: UnsafeMutableRawPointer?,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> CPU_BOOLEAN {
    var callback: OS_TMR_CALLBACK_PTR?
    var argument = p_callback_arg
    var stopped: OSTimer?
    let isStopped = OSCall.run(p_err, CPU_BOOLEAN(0)) { () throws(OSFailure) in
        let (present, timer) = try timer(p_tmr)
        stopped = timer
        switch present.pointee.State {
        case OS_TMR_STATE_RUNNING:
            guard [OS_OPT_TMR_NONE, OS_OPT_TMR_CALLBACK, OS_OPT_TMR_CALLBACK_ARG].contains(opt) else {
                throw OSFailure(OS_ERR_OPT_INVALID)
            }
            timer.stop()
            guard opt != OS_OPT_TMR_NONE else { return 1 }
            guard let function = present.pointee.CallbackPtr else { throw OSFailure(OS_ERR_TMR_NO_CALLBACK) }
            callback = function
            if opt == OS_OPT_TMR_CALLBACK { argument = present.pointee.CallbackPtrArg }
            return 1
        case OS_TMR_STATE_STOPPED, OS_TMR_STATE_COMPLETED:
            timer.stop()
            throw OSFailure(OS_ERR_TMR_STOPPED)
        case OS_TMR_STATE_UNUSED: throw OSFailure(OS_ERR_TMR_INACTIVE)
        default: throw OSFailure(OS_ERR_TMR_INVALID_STATE)
        }
    }
    stopped?.awaitCallback()
    callback?(p_tmr, argument)
    // It is stopped all the same where there was nothing left to do, or nobody to tell.
    if let code = p_err?.pointee, code == OS_ERR_TMR_STOPPED || code == OS_ERR_TMR_NO_CALLBACK { return 1 }
    return isStopped
}
