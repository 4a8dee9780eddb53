import CFirmware
import RTOS

// osThread: what is known of threads.

@c @implementation
public func osThreadGetId() -> UnsafeMutableRawPointer? { CMSISThread.ofCaller?.id }

@c @implementation
public func osThreadGetName(_ thread_id: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    CMSISObject.with(thread_id, .osThread, otherwise: nil) { $0.givenName }
}

@c @implementation
public func osThreadGetState(_ thread_id: UnsafeMutableRawPointer?) -> osThreadState_t {
    if CMSISCall.isInterrupt { return osThreadError }
    return CMSISObject.with(thread_id, .osThread, otherwise: osThreadError) { thread in
        if thread.isTerminated { return osThreadTerminated }
        return switch thread.task.state {
        case .running: osThreadRunning
        case .ready: osThreadReady
        case .blocked, .suspended: osThreadBlocked
        case .deleted: osThreadTerminated
        }
    }
}

@c @implementation
public func osThreadGetStackSize(_ thread_id: UnsafeMutableRawPointer?) -> UInt32 {
    if CMSISCall.isInterrupt { return 0 }
    return CMSISObject.with(thread_id, .osThread, otherwise: 0) { $0.stackSize }
}

/// What firmware asked for is never used up: its threads have larger ones.
@c @implementation
public func osThreadGetStackSpace(_ thread_id: UnsafeMutableRawPointer?) -> UInt32 {
    osThreadGetStackSize(thread_id)
}

@c @implementation
public func osThreadGetPriority(_ thread_id: UnsafeMutableRawPointer?) -> osPriority_t {
    if CMSISCall.isInterrupt { return osPriorityError }
    return CMSISObject.with(thread_id, .osThread, otherwise: osPriorityError) { thread in
        thread.isTerminated ? osPriorityError : osPriority_t(rawValue: Int32(thread.task.priority))
    }
}

@c @implementation
public func osThreadGetCount() -> UInt32 {
    CMSISCall.isInterrupt ? 0 : UInt32(CMSISThread.active.count)
}

@c @implementation
public func osThreadEnumerate(
    _ thread_array: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ array_items: UInt32
) -> UInt32 {
    guard !CMSISCall.isInterrupt, let thread_array, array_items > 0 else { return 0 }
    let threads = CMSISThread.active.prefix(Int(array_items))
    for (index, thread) in threads.enumerated() { thread_array[index] = thread.id }
    return UInt32(threads.count)
}
