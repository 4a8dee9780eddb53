// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

/// How a wait ended that brought nothing.
enum OSPendEnding {
    case wouldBlock, timedOut, interrupted, schedulerLocked
    /// The time of the event; nil if the object does not keep it.
    case aborted(at: UInt64?)
    case deleted(at: UInt64?)
}

/// Waiting, as all objects of µC/OS-III's do it.
enum OSPend {
    /// Checks the option of a pend. Answers whether the call may block.
    ///
    /// - Parameter mayPoll: interrupts may call it without blocking.
    @inline(__always)
    static func mayBlock(_ opt: OS_OPT) throws(OSFailure) -> Bool {
        switch opt {
        case OS_OPT_PEND_BLOCKING: return true
        case OS_OPT_PEND_NON_BLOCKING: return false
        default: throw OSFailure(OS_ERR_OPT_INVALID)
        }
    }

    @inline(__always)
    static func refuseInterrupt(_ opt: OS_OPT) throws(OSFailure) {
        if opt & OS_OPT_PEND_NON_BLOCKING == 0 { try OSCall.refuseInterrupt(OS_ERR_PEND_ISR) }
    }

    /// The kernel's time-out: 0 ticks wait for ever.
    @inline(__always)
    static func timeout(_ ticks: OS_TICK, mayBlock: Bool) -> Timeout {
        if !mayBlock { return .now }
        return ticks == 0 ? .forever : .ticks(ticks)
    }

    /// Runs `wait`, which may block, and shows in the caller's control block what it waits for. It does not return if
    /// the task was deleted meanwhile.
    ///
    /// - Parameters:
    ///   - what: one of OS_TASK_PEND_ON_.
    ///   - object: the structure, for `PendObjPtr`.
    ///   - list: that structure's pend list.
    ///   - show: brings the structure up to date; not called once it was deleted.
    @inline(__always)
    static func run<Result>(
        _ what: OS_STATE, _ object: UnsafeMutableRawPointer?, _ list: UnsafeMutablePointer<OS_PEND_LIST>?,
        _ ticks: OS_TICK, mayBlock: Bool, _ p_ts: UnsafeMutablePointer<CPU_TS>?,
        _ wait: (Timeout) throws(OSFailed) -> Result, show: () -> Void
    ) throws(OSFailure) -> Result {
        let task = OSTask.ofCaller
        if mayBlock, let task {
            task.beginWait(ticks > 0 ? .pendWithTimeout : .pend, on: what, object: object, ticks: ticks)
            if let object, let list { OSTask.showWaiters(of: object, in: &list.pointee, isBeginning: true) }
        }
        do throws(OSFailed) {
            let result = try wait(timeout(ticks, mayBlock: mayBlock))
            if mayBlock, let task { task.endWait(OS_STATUS_PEND_OK) }
            show()
            return result
        } catch {
            if mayBlock, let task { task.endWait(error.status) }
            p_ts?.pointee = error.timeStamp
            if error.code != OS_ERR_OBJ_DEL { show() }
            throw OSFailure(error.code)
        }
    }
}

/// The ending of a wait as an error.
struct OSFailed: Error {
    let ending: OSPendEnding

    @inline(__always)
    init(_ ending: OSPendEnding) {
        self.ending = ending
    }

    var code: OS_ERR {
        switch ending {
        case .wouldBlock: OS_ERR_PEND_WOULD_BLOCK
        case .timedOut: OS_ERR_TIMEOUT
        case .aborted: OS_ERR_PEND_ABORT
        case .deleted: OS_ERR_OBJ_DEL
        case .interrupted: OS_ERR_PEND_ISR
        case .schedulerLocked: OS_ERR_SCHED_LOCKED
        }
    }

    var status: OS_STATUS {
        switch ending {
        case .aborted: OS_STATUS_PEND_ABORT
        case .deleted: OS_STATUS_PEND_DEL
        case .timedOut: OS_STATUS_PEND_TIMEOUT
        default: OS_STATUS_PEND_OK
        }
    }

    /// 0 at a time-out, otherwise the event's.
    var timeStamp: CPU_TS {
        switch ending {
        case .aborted(let stamp), .deleted(let stamp): OSTimeStamp.short(stamp ?? OSTimeStamp.now)
        default: 0
        }
    }
}
