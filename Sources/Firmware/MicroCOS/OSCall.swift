// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

/// Why a call did not do what it was asked for.
struct OSFailure: Error {
    let code: OS_ERR

    @inline(__always)
    init(_ code: OS_ERR) {
        self.code = code
    }
}

/// What every call of µC/OS-III's has in common.
///
/// A call is one critical section from its checks to its end, as in the original: the fields of the structures that
/// firmware reads change with what they tell of, and tasks are switched when both are right. A call that waits lets go
/// of it meanwhile.
enum OSCall {
    /// Runs a call and writes its error code.
    ///
    /// - Parameters:
    ///   - failed: what the call answers when it fails.
    ///   - putsSwitchOff: OS_OPT_POST_NO_SCHED: tasks are switched at a later call.
    @inline(__always)
    static func run<Result>(
        _ p_err: UnsafeMutablePointer<OS_ERR>?, _ failed: Result, putsSwitchOff: Bool = false,
        _ body: () throws(OSFailure) -> Result
    ) -> Result {
        if hil_ucos_this_thread().pointee.switch_is_put_off != 0, !putsSwitchOff { OSSwitch.makeUpForIt() }
        if putsSwitchOff { OSSwitch.putOff() }
        CriticalSection.enter()
        var answer = failed
        var code = OS_ERR_NONE
        do throws(OSFailure) {
            answer = try body()
        } catch {
            code = error.code
        }
        p_err?.pointee = code
        if InterruptContext.takeHasWoken() { OSTask.noteWhoWaits() }
        CriticalSection.exit()
        return answer
    }

    @inline(__always)
    static func refuseInterrupt(_ code: OS_ERR) throws(OSFailure) {
        if InterruptContext.isActive { throw OSFailure(code) }
    }

    @inline(__always)
    static func needRunning() throws(OSFailure) {
        if FirmwareKernel.phase != .running { throw OSFailure(OS_ERR_OS_NOT_RUNNING) }
    }

    /// Checks that are the same for every deletion.
    static func mayDelete(_ isThere: Bool, _ opt: OS_OPT) throws(OSFailure) {
        try refuseInterrupt(OS_ERR_DEL_ISR)
        try needRunning()
        guard isThere else { throw OSFailure(OS_ERR_OBJ_PTR_NULL) }
        guard opt == OS_OPT_DEL_NO_PEND || opt == OS_OPT_DEL_ALWAYS else { throw OSFailure(OS_ERR_OPT_INVALID) }
    }

    /// Checks that are the same for every end of others' waits. Answers whether all waits are to end.
    static func mayAbort(_ isThere: Bool, _ opt: OS_OPT) throws(OSFailure) -> Bool {
        try refuseInterrupt(OS_ERR_PEND_ABORT_ISR)
        try needRunning()
        guard isThere else { throw OSFailure(OS_ERR_OBJ_PTR_NULL) }
        guard opt & ~(OS_OPT_PEND_ABORT_ALL | OS_OPT_POST_NO_SCHED) == 0 else { throw OSFailure(OS_ERR_OPT_INVALID) }
        return opt & OS_OPT_PEND_ABORT_ALL != 0
    }

    /// How many waits were ended, if any.
    static func aborted(_ count: Int) throws(OSFailure) -> OS_OBJ_QTY {
        guard count > 0 else { throw OSFailure(OS_ERR_PEND_ABORT_NONE) }
        return OS_OBJ_QTY(clamping: count)
    }

    @inline(__always)
    static func isWithoutSwitch(_ opt: OS_OPT) -> Bool { opt & OS_OPT_POST_NO_SCHED != 0 }
}

/// Switches of tasks that OS_OPT_POST_NO_SCHED puts off, on a single core: until the next call of the same task without
/// it.
enum OSSwitch {
    static func putOff() {
        let thread = hil_ucos_this_thread()!
        guard FirmwareKernel.isSingleCore, thread.pointee.switch_is_put_off == 0, !InterruptContext.isActive,
            FirmwareKernel.phase == .running, Kernel.schedulerLockDepth == 0
        else { return }
        if Kernel.lockScheduler() { thread.pointee.switch_is_put_off = 1 }
    }

    @inline(never)
    static func makeUpForIt() {
        hil_ucos_this_thread().pointee.switch_is_put_off = 0
        Kernel.unlockScheduler()
    }
}

/// Time stamps, in microseconds. 0 is none.
enum OSTimeStamp {
    @inline(__always)
    static var now: UInt64 { PostQueue.timeStamp / 1000 &+ 1 }

    @inline(__always)
    static func short(_ stamp: UInt64) -> CPU_TS { CPU_TS(truncatingIfNeeded: stamp) }
}
