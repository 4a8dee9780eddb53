import CFirmware
import RTOS

// osThread: what is known of threads.

@c @implementation
public func osThreadGetId() -> UnsafeMutableRawPointer? {
    FirmwareKernel.switchIfDue()
    return CMSISThread.withCaller(otherwise: nil) { $0.id }
}

@c @implementation
public func osThreadGetName(_ threadId: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    FirmwareKernel.switchIfDue()
    if let object = Handle.object(OpaquePointer(threadId), .osThread) {
        return object._withUnsafeGuaranteedRef { $0.givenName }
    }
    // In parallel a thread may end at any moment: firmware for one core looks at the name of one that cannot have run
    // yet, and does not expect NULL.
    return FirmwareKernel.isSingleCore ? nil : Handle.nameKept(of: OpaquePointer(threadId))
}

@c @implementation
public func osThreadGetState(_ threadId: UnsafeMutableRawPointer?) -> osThreadState_t {
    FirmwareKernel.switchIfDue()
    if CMSISCall.isInterrupt { return osThreadError }
    return CMSISObject.with(threadId, .osThread, otherwise: osThreadError) { thread in
        if thread.isTerminated { return osThreadTerminated }
        // Its thread may not have come to the gate yet where it waits for the start.
        if FirmwareKernel.phase == .inactive { return osThreadReady }
        return switch thread.task.state {
        case .running: osThreadRunning
        case .ready: osThreadReady
        case .blocked, .suspended: osThreadBlocked
        case .deleted: osThreadTerminated
        }
    }
}

@c @implementation
public func osThreadGetStackSize(_ threadId: UnsafeMutableRawPointer?) -> UInt32 {
    FirmwareKernel.switchIfDue()
    if CMSISCall.isInterrupt { return 0 }
    return CMSISObject.with(threadId, .osThread, otherwise: 0) { $0.stackSize }
}

/// What firmware asked for is never used up: its threads have larger ones. Only what every thread uses is taken off.
@c @implementation
public func osThreadGetStackSpace(_ threadId: UnsafeMutableRawPointer?) -> UInt32 {
    let size = osThreadGetStackSize(threadId)
    return size - min(CMSISThread.savedRegisters, size / 2)
}

@c @implementation
public func osThreadGetPriority(_ threadId: UnsafeMutableRawPointer?) -> osPriority_t {
    FirmwareKernel.switchIfDue()
    if CMSISCall.isInterrupt { return osPriorityError }
    return CMSISObject.with(threadId, .osThread, otherwise: osPriorityError) { thread in
        thread.isTerminated ? osPriorityError : osPriority_t(rawValue: Int32(thread.task.priority))
    }
}

@c @implementation
public func osThreadGetCount() -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISCall.isInterrupt ? 0 : UInt32(CMSISThread.active.count)
}

@c @implementation
public func osThreadEnumerate(
    _ threadArray: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ arrayItems: UInt32
) -> UInt32 {
    FirmwareKernel.switchIfDue()
    guard !CMSISCall.isInterrupt, let threadArray, arrayItems > 0 else { return 0 }
    let threads = CMSISThread.active.prefix(Int(arrayItems))
    for (index, thread) in threads.enumerated() { threadArray[index] = thread.id }
    return UInt32(threads.count)
}
