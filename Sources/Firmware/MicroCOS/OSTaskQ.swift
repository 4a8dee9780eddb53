// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// The message queues that tasks have of their own.

extension OSTask {
    /// Its queue; every task has one, if only for messages that are handed over directly.
    fileprivate func ownQueue() throws(OSFailure) -> PostQueue {
        guard let queue else { throw OSFailure(OS_ERR_STATE_INVALID) }
        return queue
    }

    fileprivate func show(_ queue: PostQueue) {
        OSMessages.show(queue, &tcb.pointee.MsgQ)
    }
}

@c @implementation
public func OSTaskQPend(
    _ timeout: OS_TICK, _ opt: OS_OPT, _ p_msg_size: UnsafeMutablePointer<OS_MSG_SIZE>?,
    _ p_ts: UnsafeMutablePointer<CPU_TS>?, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> UnsafeMutableRawPointer? {
    p_ts?.pointee = 0
    p_msg_size?.pointee = 0
    return OSCall.run(p_err, nil) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_PEND_ISR)
        try OSCall.needRunning()
        guard let p_msg_size else { throw OSFailure(OS_ERR_PTR_INVALID) }
        let mayBlock = try OSPend.mayBlock(opt)
        let task = try OSTask.of(nil, or: OS_ERR_TCB_INVALID)
        let queue = try task.ownQueue()
        let message = try OSPend.run(
            OS_TASK_PEND_ON_TASK_Q, nil, nil, timeout, mayBlock: mayBlock, p_ts
        ) { timeout throws(OSFailed) in
            try OSMessages.pend(queue, timeout)
        } show: {
        }
        task.show(queue)
        task.tcb.pointee.MsgPtr = message.pointer
        task.tcb.pointee.MsgSize = OS_MSG_SIZE(truncatingIfNeeded: message.size)
        task.tcb.pointee.TS = OSTimeStamp.short(message.timeStamp)
        p_msg_size.pointee = task.tcb.pointee.MsgSize
        p_ts?.pointee = task.tcb.pointee.TS
        return message.pointer
    }
}

@c @implementation
public func OSTaskQPendAbort(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> CPU_BOOLEAN {
    OSCall.run(p_err, 0, putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        let task = try OSTask.toAbort(p_tcb, opt)
        guard try task.ownQueue().abort(timeStamp: OSTimeStamp.now) > 0 else {
            throw OSFailure(OS_ERR_PEND_ABORT_NONE)
        }
        return 1
    }
}

@c @implementation
public func OSTaskQPost(
    _ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ p_void: UnsafeMutableRawPointer?, _ msg_size: OS_MSG_SIZE,
    _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, (), putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        try OSCall.needRunning()
        guard opt & ~(OS_OPT_POST_LIFO | OS_OPT_POST_NO_SCHED) == 0 else { throw OSFailure(OS_ERR_OPT_INVALID) }
        let task = try OSTask.of(p_tcb, or: OS_ERR_STATE_INVALID)
        let queue = try task.ownQueue()
        try OSMessages.post(queue, p_void, msg_size, opt)
        task.show(queue)
    }
}

@c @implementation
public func OSTaskQFlush(_ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) -> OS_MSG_QTY {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_FLUSH_ISR)
        try OSCall.needRunning()
        let task = try OSTask.of(p_tcb, or: OS_ERR_STATE_INVALID)
        return OSMessages.flush(try task.ownQueue(), &task.tcb.pointee.MsgQ)
    }
}

extension OSTask {
    /// The task whose wait for what is its own is to be ended.
    static func toAbort(_ p_tcb: UnsafeMutablePointer<OS_TCB>?, _ opt: OS_OPT) throws(OSFailure) -> OSTask {
        try OSCall.refuseInterrupt(OS_ERR_PEND_ABORT_ISR)
        try OSCall.needRunning()
        guard opt & ~OS_OPT_POST_NO_SCHED == 0 else { throw OSFailure(OS_ERR_OPT_INVALID) }
        guard let p_tcb, p_tcb != ofCaller?.tcb else { throw OSFailure(OS_ERR_PEND_ABORT_SELF) }
        return try of(p_tcb, or: OS_ERR_PEND_ABORT_NONE)
    }
}
