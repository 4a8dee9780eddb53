import CFirmware
import RTOS

// osThreadFlags: flags that each thread has, and waits for.

@c @implementation
public func osThreadFlagsSet(_ threadId: UnsafeMutableRawPointer?, _ flags: UInt32) -> UInt32 {
    guard FlagWait.areFlags(flags) else { return osFlagsErrorParameter }
    return CMSISObject.with(threadId, .osThread, otherwise: osFlagsErrorParameter) { thread in
        guard !thread.isTerminated else { return osFlagsErrorResource }
        return (try? thread.flags.set(flags)) ?? osFlagsErrorUnknown
    }
}

@c @implementation
public func osThreadFlagsClear(_ flags: UInt32) -> UInt32 {
    if CMSISCall.isInterrupt { return osFlagsErrorISR }
    guard FlagWait.areFlags(flags) else { return osFlagsErrorParameter }
    return CMSISThread.withCaller(otherwise: osFlagsErrorUnknown) { thread in
        (try? thread.flags.clear(flags)) ?? osFlagsErrorUnknown
    }
}

@c @implementation
public func osThreadFlagsGet() -> UInt32 {
    CMSISCall.isInterrupt ? 0 : CMSISThread.withCaller(otherwise: 0) { $0.flags.flags }
}

@c @implementation
public func osThreadFlagsWait(_ flags: UInt32, _ options: UInt32, _ timeout: UInt32) -> UInt32 {
    if CMSISCall.mustNotBlock("osThreadFlagsWait") { return osFlagsErrorISR }
    guard let condition = FlagWait.condition(flags, options) else { return osFlagsErrorParameter }
    return CMSISThread.withCaller(otherwise: osFlagsErrorUnknown) { thread in
        FlagWait.wait(thread.flags, condition, timeout)
    }
}
