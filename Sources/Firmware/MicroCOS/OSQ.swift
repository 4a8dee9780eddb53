// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// Message queues.

extension os_q: OSObject {
    static var kind: HandleKind<PostQueue> { HandleKind(OSKindNumber.queue) }
    static var type: OS_OBJ_TYPE { OS_OBJ_TYPE_Q }
}

extension UnsafeMutablePointer<OS_Q> {
    fileprivate func show(_ queue: PostQueue) {
        let waiters = OSMessages.show(queue, &pointee.MsgQ)
        OSObjects.show(waiters, of: self, in: &pointee.PendList)
    }
}

@c @implementation
public func OSQCreate(
    _ p_q: UnsafeMutablePointer<OS_Q>?, _ p_name: UnsafeMutablePointer<CPU_CHAR>?, _ max_qty: OS_MSG_QTY,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_CREATE_ISR)
        let present = try p_q.needed()
        guard max_qty > 0 else { throw OSFailure(OS_ERR_Q_SIZE) }
        if present.isCreated { throw OSFailure(OS_ERR_OBJ_CREATED) }
        let queue = PostQueue(size: Int(max_qty), pool: OSMessages.pool)
        present.pointee.NamePtr = p_name
        present.create(queue)
        present.show(queue)
    }
}

@c @implementation
public func OSQDel(
    _ p_q: UnsafeMutablePointer<OS_Q>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_OBJ_QTY {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSCall.mayDelete(p_q != nil, opt)
        let present = try p_q.needed()
        let queue = try present.primitive()
        if opt == OS_OPT_DEL_NO_PEND, queue.waiterCount > 0 { throw OSFailure(OS_ERR_TASK_WAITING) }
        let count = queue.delete(timeStamp: OSTimeStamp.now)
        present.show(queue)
        present.pointee.NamePtr = nil
        present.forget(keepsObject: count > 0)
        return OS_OBJ_QTY(clamping: count)
    }
}

@c @implementation
public func OSQFlush(_ p_q: UnsafeMutablePointer<OS_Q>?, _ p_err: UnsafeMutablePointer<OS_ERR>?) -> OS_MSG_QTY {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_FLUSH_ISR)
        try OSCall.needRunning()
        let present = try p_q.needed()
        let queue = try present.primitive()
        return OSMessages.flush(queue, &present.pointee.MsgQ)
    }
}

@c @implementation
public func OSQPend(
    _ p_q: UnsafeMutablePointer<OS_Q>?, _ timeout: OS_TICK, _ opt: OS_OPT,
    _ p_msg_size: UnsafeMutablePointer<OS_MSG_SIZE>?, _ p_ts: UnsafeMutablePointer<CPU_TS>?,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> UnsafeMutableRawPointer? {
    p_ts?.pointee = 0
    p_msg_size?.pointee = 0
    return OSCall.run(p_err, nil) { () throws(OSFailure) in
        try OSPend.refuseInterrupt(opt)
        try OSCall.needRunning()
        let present = try p_q.needed()
        guard let p_msg_size else { throw OSFailure(OS_ERR_PTR_INVALID) }
        let mayBlock = try OSPend.mayBlock(opt)
        let queue = try present.primitive()
        let message = try OSPend.run(
            OS_TASK_PEND_ON_Q, present, &present.pointee.PendList, timeout, mayBlock: mayBlock, p_ts
        ) { timeout throws(OSFailed) in
            try OSMessages.pend(queue, timeout)
        } show: {
            if present.stands(for: queue) { present.show(queue) }
        }
        p_msg_size.pointee = OS_MSG_SIZE(truncatingIfNeeded: message.size)
        p_ts?.pointee = OSTimeStamp.short(message.timeStamp)
        return message.pointer
    }
}

@c @implementation
public func OSQPendAbort(
    _ p_q: UnsafeMutablePointer<OS_Q>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_OBJ_QTY {
    OSCall.run(p_err, 0, putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        let all = try OSCall.mayAbort(p_q != nil, opt)
        let present = try p_q.needed()
        let queue = try present.primitive()
        let count = queue.abort(all: all, timeStamp: OSTimeStamp.now)
        present.show(queue)
        return try OSCall.aborted(count)
    }
}

@c @implementation
public func OSQPost(
    _ p_q: UnsafeMutablePointer<OS_Q>?, _ p_void: UnsafeMutableRawPointer?, _ msg_size: OS_MSG_SIZE, _ opt: OS_OPT,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, (), putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        try OSCall.needRunning()
        let present = try p_q.needed()
        guard opt & ~(OS_OPT_POST_LIFO | OS_OPT_POST_ALL | OS_OPT_POST_NO_SCHED) == 0 else {
            throw OSFailure(OS_ERR_OPT_INVALID)
        }
        let queue = try present.primitive()
        try OSMessages.post(queue, p_void, msg_size, opt)
        present.show(queue)
    }
}
