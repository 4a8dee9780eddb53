import CFirmware
import RTOS

// Queues, semaphores, mutexes and sets begin and end.

private enum QueueType {
    static let mutex: UInt8 = 1
    static let countingSemaphore: UInt8 = 2
    static let binarySemaphore: UInt8 = 3
    static let recursiveMutex: UInt8 = 4
    static let set: UInt8 = 5
}

/// What such a queue holds; nil if there can be none.
private func content(_ length: UInt, _ size: UInt, _ type: UInt8) -> FreeRTOSQueue.Content? {
    guard length > 0, length <= UInt(MessageQueue.largestCapacity), size <= UInt(Int32.max) else { return nil }
    return switch type {
    case QueueType.mutex: .mutex(isRecursive: false)
    case QueueType.recursiveMutex: .mutex(isRecursive: true)
    case QueueType.binarySemaphore, QueueType.countingSemaphore: .tokens(count: 0, limit: UInt32(length))
    case QueueType.set: .set(length: Int(length))
    default: .items(length: Int(length), size: Int(size))
    }
}

@c @implementation
public func xQueueGenericCreate(_ uxQueueLength: UInt, _ uxItemSize: UInt, _ ucQueueType: UInt8) -> OpaquePointer? {
    guard let content = content(uxQueueLength, uxItemSize, ucQueueType) else {
        Misuse.assertionFailed("xQueueCreate", "\(uxQueueLength) items of \(uxItemSize) bytes: there is no such queue")
        return nil
    }
    return FreeRTOSQueue(content).handle
}

@c @implementation
public func xQueueGenericCreateStatic(
    _ uxQueueLength: UInt, _ uxItemSize: UInt, _ pucQueueStorage: UnsafeMutablePointer<UInt8>?,
    _ pxStaticQueue: UnsafeMutablePointer<StaticQueue_t>?, _ ucQueueType: UInt8
) -> OpaquePointer? {
    guard let pxStaticQueue, let content = content(uxQueueLength, uxItemSize, ucQueueType),
        (pucQueueStorage == nil) == (uxItemSize == 0)
    else {
        Misuse.assertionFailed(
            "xQueueCreateStatic", "a static queue needs its buffer, a length, and storage if its items have bytes")
        return nil
    }
    return FreeRTOSQueue(content, memory: pxStaticQueue, storage: pucQueueStorage).handle
}

@c @implementation
public func xQueueGenericGetStaticBuffers(
    _ xQueue: OpaquePointer?, _ ppucQueueStorage: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
    _ ppxStaticQueue: UnsafeMutablePointer<UnsafeMutablePointer<StaticQueue_t>?>?
) -> Int {
    guard let queue = FreeRTOSQueue.of(xQueue, "xQueueGetStaticBuffers")?.takeUnretainedValue(),
        let memory = queue.staticMemory
    else { return 0 }
    ppucQueueStorage?.pointee = queue.staticStorage
    ppxStaticQueue?.pointee = memory
    return 1
}

@c @implementation
public func vQueueDelete(_ xQueue: OpaquePointer?) {
    FreeRTOSQueue.of(xQueue, "vQueueDelete")?.takeUnretainedValue().delete()
}

@c @implementation
public func xQueueCreateMutex(_ ucQueueType: UInt8) -> OpaquePointer? {
    FreeRTOSQueue(.mutex(isRecursive: ucQueueType == QueueType.recursiveMutex)).handle
}

@c @implementation
public func xQueueCreateMutexStatic(
    _ ucQueueType: UInt8, _ pxStaticQueue: UnsafeMutablePointer<StaticQueue_t>?
) -> OpaquePointer? {
    guard let pxStaticQueue else {
        Misuse.assertionFailed("xSemaphoreCreateMutexStatic", "the buffer is NULL")
        return nil
    }
    return FreeRTOSQueue(.mutex(isRecursive: ucQueueType == QueueType.recursiveMutex), memory: pxStaticQueue).handle
}

/// Whether a semaphore can have so many tokens; if not, the misuse is told.
private func isCount(_ count: UInt, of limit: UInt, _ call: StaticString) -> Bool {
    if limit > 0, limit <= UInt(UInt32.max), count <= limit { return true }
    Misuse.assertionFailed(call, "\(count) of at most \(limit) tokens: there is no such semaphore")
    return false
}

@c @implementation
public func xQueueCreateCountingSemaphore(_ uxMaxCount: UInt, _ uxInitialCount: UInt) -> OpaquePointer? {
    guard isCount(uxInitialCount, of: uxMaxCount, "xSemaphoreCreateCounting") else { return nil }
    return FreeRTOSQueue(.tokens(count: UInt32(uxInitialCount), limit: UInt32(uxMaxCount))).handle
}

@c @implementation
public func xQueueCreateCountingSemaphoreStatic(
    _ uxMaxCount: UInt, _ uxInitialCount: UInt, _ pxStaticQueue: UnsafeMutablePointer<StaticQueue_t>?
) -> OpaquePointer? {
    guard let pxStaticQueue else {
        Misuse.assertionFailed("xSemaphoreCreateCountingStatic", "the buffer is NULL")
        return nil
    }
    guard isCount(uxInitialCount, of: uxMaxCount, "xSemaphoreCreateCountingStatic") else { return nil }
    return FreeRTOSQueue(
        .tokens(count: UInt32(uxInitialCount), limit: UInt32(uxMaxCount)), memory: pxStaticQueue
    ).handle
}

// MARK: Sets

@c @implementation
public func xQueueCreateSet(_ uxEventQueueLength: UInt) -> OpaquePointer? {
    xQueueGenericCreate(uxEventQueueLength, UInt(MemoryLayout<OpaquePointer>.size), QueueType.set)
}

@c @implementation
public func xQueueAddToSet(_ xQueueOrSemaphore: OpaquePointer?, _ xQueueSet: OpaquePointer?) -> Int {
    guard let member = FreeRTOSQueue.of(xQueueOrSemaphore, "xQueueAddToSet")?.takeUnretainedValue(),
        let set = FreeRTOSQueue.of(xQueueSet, "xQueueAddToSet")?.takeUnretainedValue(), set.isSet, let xQueueSet
    else { return 0 }
    return member.join(xQueueSet) ? 1 : 0
}

@c @implementation
public func xQueueRemoveFromSet(_ xQueueOrSemaphore: OpaquePointer?, _ xQueueSet: OpaquePointer?) -> Int {
    guard let member = FreeRTOSQueue.of(xQueueOrSemaphore, "xQueueRemoveFromSet")?.takeUnretainedValue(), let xQueueSet
    else { return 0 }
    return member.leave(xQueueSet) ? 1 : 0
}

@c @implementation
public func xQueueSelectFromSet(_ xQueueSet: OpaquePointer?, _ xTicksToWait: UInt32) -> OpaquePointer? {
    var member: OpaquePointer?
    return xQueueReceive(xQueueSet, &member, xTicksToWait) != 0 ? member : nil
}

@c @implementation
public func xQueueSelectFromSetFromISR(_ xQueueSet: OpaquePointer?) -> OpaquePointer? {
    var member: OpaquePointer?
    return xQueueReceiveFromISR(xQueueSet, &member, nil) != 0 ? member : nil
}
