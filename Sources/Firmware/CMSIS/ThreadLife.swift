import CFirmware
import RTOS

// osThread: threads begin, end, stop and go on.

@c @implementation
public func osThreadNew(
    _ func: osThreadFunc_t?, _ argument: UnsafeMutableRawPointer?, _ attr: UnsafePointer<osThreadAttr_t>?
) -> UnsafeMutableRawPointer? {
    guard let function = `func`, let block = ControlBlock(attr) else { return nil }
    var priority = osPriorityNormal
    var stackSize = CMSISThread.usualStackSize
    if let attributes = attr?.pointee {
        if attributes.priority != osPriorityNone { priority = attributes.priority }
        if let stack = attributes.stack_mem {
            guard UInt(bitPattern: stack) % 8 == 0, attributes.stack_size > 0 else { return nil }
        }
        if attributes.stack_size > 0 { stackSize = attributes.stack_size }
        let privileges = osThreadPrivileged | osThreadUnprivileged
        guard block.bits & privileges != privileges else { return nil }
    }
    guard let priority = CMSISThread.rank(priority) else { return nil }
    let thread = CMSISThread(block, stackSize: stackSize)
    guard let id = thread.id else { return nil }
    nonisolated(unsafe) let argument = argument
    thread.start(priority: priority) { function(argument) }
    return id
}

extension CMSISThread {
    /// The kernel's own number for a priority: the same; nil if it is none that a thread may have.
    static func rank(_ priority: osPriority_t) -> UInt8? {
        guard (osPriorityIdle.rawValue...osPriorityISR.rawValue).contains(priority.rawValue) else { return nil }
        return UInt8(priority.rawValue)
    }

    /// It is the caller's own, and the scheduler is locked: it cannot stop.
    fileprivate var cannotStop: Bool { task == .current && Kernel.schedulerLockDepth > 0 }
}

@c @implementation
public func osThreadExit() -> Never {
    FirmwareTask.current?.end()
    RTOSTask.exit()
}

@c @implementation
public func osThreadTerminate(_ threadId: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISThread.withLiving(threadId) { thread in
        let task = thread.task
        if thread.cannotStop { return osErrorResource }
        thread.end()
        if task == .current { RTOSTask.exit() }
        task.delete()
        return osOK
    }
}

@c @implementation
public func osThreadDetach(_ threadId: UnsafeMutableRawPointer?) -> osStatus_t {
    FirmwareKernel.switchIfDue()
    if CMSISCall.isInterrupt { return osErrorISR }
    return CMSISObject.with(threadId, .osThread, otherwise: osErrorParameter) { thread in
        thread.detach() ? osOK : osErrorResource
    }
}

@c @implementation
public func osThreadJoin(_ threadId: UnsafeMutableRawPointer?) -> osStatus_t {
    FirmwareKernel.switchIfDue()
    if CMSISCall.mustNotBlock("osThreadJoin") { return osErrorISR }
    return CMSISObject.with(threadId, .osThread, otherwise: osErrorParameter) { thread in
        let (task, isTerminated) = (thread.task, thread.isTerminated)
        guard task != .current else { return osErrorResource }
        // Whoever cannot wait leaves the thread as it was.
        let mayWait = hil_firmware_task_get() != nil && Kernel.schedulerLockDepth == 0
        // As in the original, who waits for its end has detached it.
        guard isTerminated || mayWait, thread.detach() else { return osErrorResource }
        return isTerminated || task.join() ? osOK : osErrorResource
    }
}

@c @implementation
public func osThreadSuspend(_ threadId: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISThread.withLiving(threadId) { thread in
        guard !thread.cannotStop else { return osErrorResource }
        return thread.task.suspend(endingWait: true) ? osOK : osErrorResource
    }
}

@c @implementation
public func osThreadResume(_ threadId: UnsafeMutableRawPointer?) -> osStatus_t {
    FirmwareKernel.switchIfDue()
    let status = CMSISThread.withLiving(threadId) { thread in
        let task = thread.task
        return switch task.state {
        case .suspended: task.resume() ? osOK : osErrorResource
        case .blocked: task.abortDelay() ? osOK : osErrorResource
        case .running, .ready, .deleted: osErrorResource
        }
    }
    RTOSTask.giveWayToHigher()
    return status
}

@c @implementation
public func osThreadYield() -> osStatus_t {
    if CMSISCall.isInterrupt { return osErrorISR }
    if FirmwareTask.current != nil, Kernel.schedulerLockDepth == 0 { RTOSTask.giveWay() }
    return osOK
}

@c @implementation
public func osThreadSetPriority(_ threadId: UnsafeMutableRawPointer?, _ priority: osPriority_t) -> osStatus_t {
    if CMSISCall.isInterrupt { return osErrorISR }
    guard let rank = CMSISThread.rank(priority) else { return osErrorParameter }
    return CMSISThread.withLiving(threadId) { thread in
        thread.task.priority = rank
        RTOSTask.giveWayToHigher()
        return osOK
    }
}
