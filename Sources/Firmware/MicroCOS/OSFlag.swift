// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// Event flag groups.

extension os_flag_grp: OSObject {
    static var kind: HandleKind<EventFlags> { HandleKind(OSKindNumber.flags) }
    static var type: OS_OBJ_TYPE { OS_OBJ_TYPE_FLAG }
}

extension UnsafeMutablePointer<OS_FLAG_GRP> {
    fileprivate func show(_ flags: EventFlags) {
        pointee.Flags = flags.flags
        OSObjects.show(flags.waiterCount, of: self, in: &pointee.PendList)
    }
}

@c @implementation
public func OSFlagCreate(
    _ p_grp: UnsafeMutablePointer<OS_FLAG_GRP>?, _ p_name: UnsafeMutablePointer<CPU_CHAR>?, _ flags: OS_FLAGS,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        let present = try p_grp.toCreate()
        let group = EventFlags(flags: flags)
        present.pointee.NamePtr = p_name
        present.pointee.TS = 0
        present.create(group)
        present.show(group)
    }
}

@c @implementation
public func OSFlagDel(
    _ p_grp: UnsafeMutablePointer<OS_FLAG_GRP>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_OBJ_QTY {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSCall.mayDelete(p_grp != nil, opt)
        let present = try p_grp.needed()
        let group = try present.primitive()
        if opt == OS_OPT_DEL_NO_PEND, group.waiterCount > 0 { throw OSFailure(OS_ERR_TASK_WAITING) }
        let count = group.delete()
        present.pointee.NamePtr = nil
        present.pointee.Flags = 0
        present.pointee.TS = 0
        present.pointee.PendList = OS_PEND_LIST()
        present.forget(keepsObject: count > 0)
        return OS_OBJ_QTY(clamping: count)
    }
}

/// What an option asks for; nil if it asks for nothing that there is.
private func condition(_ flags: OS_FLAGS, _ opt: OS_OPT) -> FlagCondition? {
    let known = OS_OPT_PEND_FLAG_MASK | OS_OPT_PEND_FLAG_CONSUME | OS_OPT_PEND_NON_BLOCKING
    guard opt & ~known == 0 else { return nil }
    let consumes = opt & OS_OPT_PEND_FLAG_CONSUME != 0
    return switch opt & OS_OPT_PEND_FLAG_MASK {
    case OS_OPT_PEND_FLAG_CLR_ALL: FlagCondition(flags, all: true, clear: true, consumes: consumes)
    case OS_OPT_PEND_FLAG_CLR_ANY: FlagCondition(flags, all: false, clear: true, consumes: consumes)
    case OS_OPT_PEND_FLAG_SET_ALL: FlagCondition(flags, all: true, clear: false, consumes: consumes)
    case OS_OPT_PEND_FLAG_SET_ANY: FlagCondition(flags, all: false, clear: false, consumes: consumes)
    default: nil
    }
}

@c @implementation
public func OSFlagPend(
    _ p_grp: UnsafeMutablePointer<OS_FLAG_GRP>?, _ flags: OS_FLAGS, _ timeout: OS_TICK, _ opt: OS_OPT,
    _ p_ts: UnsafeMutablePointer<CPU_TS>?, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_FLAGS {
    p_ts?.pointee = 0
    return OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSPend.refuseInterrupt(opt)
        try OSCall.needRunning()
        let present = try p_grp.needed()
        guard let condition = condition(flags, opt) else { throw OSFailure(OS_ERR_OPT_INVALID) }
        let group = try present.primitive()
        let caller = OSTask.ofCaller
        caller?.tcb.pointee.FlagsPend = flags
        caller?.tcb.pointee.FlagsOpt = opt
        let found = try OSPend.run(
            OS_TASK_PEND_ON_FLAG, present, &present.pointee.PendList, timeout,
            mayBlock: opt & OS_OPT_PEND_NON_BLOCKING == 0, p_ts
        ) { timeout throws(OSFailed) in
            do throws(EventFlags.Failure) {
                return try group.wait(condition, timeout)
            } catch {
                switch error {
                case .wouldBlock: throw OSFailed(.wouldBlock)
                case .timedOut: throw OSFailed(.timedOut)
                case .aborted: throw OSFailed(.aborted(at: nil))
                case .deleted: throw OSFailed(.deleted(at: nil))
                case .inInterrupt: throw OSFailed(.interrupted)
                case .schedulerLocked: throw OSFailed(.schedulerLocked)
                }
            }
        } show: {
            if present.stands(for: group) { present.show(group) }
        }
        let ready = condition.met(by: found) ?? 0
        caller?.tcb.pointee.FlagsRdy = ready
        p_ts?.pointee = present.pointee.TS
        return ready
    }
}

@c @implementation
public func OSFlagPendAbort(
    _ p_grp: UnsafeMutablePointer<OS_FLAG_GRP>?, _ opt: OS_OPT, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_OBJ_QTY {
    OSCall.run(p_err, 0, putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        let all = try OSCall.mayAbort(p_grp != nil, opt)
        let present = try p_grp.needed()
        let group = try present.primitive()
        let count = all ? group.abortWaits() : group.abortFirstWait() ? 1 : 0
        present.show(group)
        return try OSCall.aborted(count)
    }
}

@c @implementation
public func OSFlagPendGetFlagsRdy(_ p_err: UnsafeMutablePointer<OS_ERR>?) -> OS_FLAGS {
    OSCall.run(p_err, 0) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_PEND_ISR)
        try OSCall.needRunning()
        return try OSTask.of(nil, or: OS_ERR_TCB_INVALID).tcb.pointee.FlagsRdy
    }
}

@c @implementation
public func OSFlagPost(
    _ p_grp: UnsafeMutablePointer<OS_FLAG_GRP>?, _ flags: OS_FLAGS, _ opt: OS_OPT,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> OS_FLAGS {
    OSCall.run(p_err, 0, putsSwitchOff: OSCall.isWithoutSwitch(opt)) { () throws(OSFailure) in
        try OSCall.needRunning()
        let present = try p_grp.needed()
        guard opt & ~(OS_OPT_POST_FLAG_CLR | OS_OPT_POST_NO_SCHED) == 0 else { throw OSFailure(OS_ERR_OPT_INVALID) }
        let group = try present.primitive()
        present.pointee.TS = CPU_TS_Get32()
        do throws(EventFlags.Failure) {
            if opt & OS_OPT_POST_FLAG_CLR != 0 { try group.clear(flags) } else { try group.set(flags) }
        } catch {
            throw OSFailure(OS_ERR_OBJ_DEL)
        }
        present.show(group)
        return present.pointee.Flags
    }
}
