import CFirmware
import RTOS

// What is known of queues.

private func look(_ handle: OpaquePointer?, _ call: StaticString, _ body: (FreeRTOSQueue) -> UInt) -> UInt {
    FreeRTOSQueue.of(handle, call)?._withUnsafeGuaranteedRef(body) ?? 0
}

@c @implementation
public func uxQueueMessagesWaiting(_ xQueue: OpaquePointer?) -> UInt {
    FirmwareKernel.switchIfDue()
    return look(xQueue, "uxQueueMessagesWaiting") { UInt($0.count) }
}

@c @implementation
public func uxQueueMessagesWaitingFromISR(_ xQueue: OpaquePointer?) -> UInt {
    InterruptCall.run(nil) { look(xQueue, "uxQueueMessagesWaitingFromISR") { UInt($0.count) } }
}

@c @implementation
public func uxQueueSpacesAvailable(_ xQueue: OpaquePointer?) -> UInt {
    FirmwareKernel.switchIfDue()
    return look(xQueue, "uxQueueSpacesAvailable") { UInt($0.length - $0.count) }
}

@c @implementation
public func uxQueueGetQueueLength(_ xQueue: OpaquePointer?) -> UInt {
    FirmwareKernel.switchIfDue()
    return look(xQueue, "uxQueueGetQueueLength") { UInt($0.length) }
}

@c @implementation
public func uxQueueGetQueueItemSize(_ xQueue: OpaquePointer?) -> UInt {
    FirmwareKernel.switchIfDue()
    return look(xQueue, "uxQueueGetQueueItemSize") { UInt($0.itemSize) }
}

@c @implementation
public func xQueueIsQueueEmptyFromISR(_ xQueue: OpaquePointer?) -> Int {
    InterruptCall.run(nil) { look(xQueue, "xQueueIsQueueEmptyFromISR") { $0.count == 0 ? 1 : 0 } == 0 ? 0 : 1 }
}

@c @implementation
public func xQueueIsQueueFullFromISR(_ xQueue: OpaquePointer?) -> Int {
    InterruptCall.run(nil) { look(xQueue, "xQueueIsQueueFullFromISR") { $0.count == $0.length ? 1 : 0 } == 0 ? 0 : 1 }
}

@c @implementation
public func xQueueGenericReset(_ xQueue: OpaquePointer?, _ xNewQueue: Int) -> Int {
    guard let queue = FreeRTOSQueue.of(xQueue, "xQueueReset")?.takeUnretainedValue() else { return 0 }
    queue.messages?.reset()
    queue.tokens?.reset(to: 0)
    // A mutex without its one item is nobody's, and nobody can take it.
    _ = queue.mutex?.withhold()
    return 1
}

// MARK: The registry

@c @implementation
public func vQueueAddToRegistry(_ xQueue: OpaquePointer?, _ pcQueueName: UnsafePointer<CChar>?) {
    nonisolated(unsafe) let name = pcQueueName
    FreeRTOSQueue.of(xQueue, "vQueueAddToRegistry")?.takeUnretainedValue().registryName.withLock { $0 = name }
}

@c @implementation
public func vQueueUnregisterQueue(_ xQueue: OpaquePointer?) {
    FreeRTOSQueue.of(xQueue, "vQueueUnregisterQueue")?.takeUnretainedValue().registryName.withLock { $0 = nil }
}

@c @implementation
public func pcQueueGetName(_ xQueue: OpaquePointer?) -> UnsafePointer<CChar>? {
    FirmwareKernel.switchIfDue()
    return FreeRTOSQueue.of(xQueue, "pcQueueGetName")?.takeUnretainedValue().registryName.withLock { $0 }
}
