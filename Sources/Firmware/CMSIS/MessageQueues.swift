import CFirmware
import RTOS

// osMessageQueue: messages of one size, copied in and out, with priorities.

final class CMSISMessageQueue: CMSISObject, @unchecked Sendable {
    let queue: MessageQueue

    init(_ block: ControlBlock, capacity: Int, messageSize: Int) {
        queue = MessageQueue(capacity: capacity, messageSize: messageSize)
        super.init(block)
    }

    private static func status(_ failure: MessageQueue.Failure, _ ticks: UInt32) -> osStatus_t {
        switch failure {
        case .wouldBlock: CMSISCall.nothingThere(ticks)
        case .timedOut, .aborted, .schedulerLocked: osErrorTimeout
        case .deleted: osErrorResource
        case .inInterrupt: osErrorParameter
        }
    }

    func put(_ message: UnsafeRawPointer, _ priority: UInt8, _ ticks: UInt32) -> osStatus_t {
        do {
            try queue.put(from: message, priority: priority, timeout: CMSISCall.timeout(ticks))
            return osOK
        } catch {
            return Self.status(error, ticks)
        }
    }

    func get(
        _ message: UnsafeMutableRawPointer, _ priority: UnsafeMutablePointer<UInt8>?, _ ticks: UInt32
    ) -> osStatus_t {
        do {
            let got = try queue.get(into: message, timeout: CMSISCall.timeout(ticks))
            priority?.pointee = got
            return osOK
        } catch {
            return Self.status(error, ticks)
        }
    }
}

extension HandleKind where Object == CMSISMessageQueue {
    @inline(__always) static var osMessageQueue: Self { Self(106) }
}

@c @implementation
public func osMessageQueueNew(
    _ msgCount: UInt32, _ msgSize: UInt32, _ attr: UnsafePointer<osMessageQueueAttr_t>?
) -> UnsafeMutableRawPointer? {
    guard let needed = StorageSize.bytes(count: msgCount, size: msgSize),
        Int(msgCount) <= MessageQueue.largestCapacity, let block = ControlBlock(attr)
    else { return nil }
    // The storage is only looked at: a message's bookkeeping would not fit into what firmware for 32 bits provides.
    if let attributes = attr?.pointee {
        guard ControlBlock.accepts(attributes.mq_mem, attributes.mq_size, atLeast: needed) else { return nil }
    }
    if (4..<UInt32(MemoryLayout<UnsafeRawPointer>.size)).contains(msgSize) {
        Misuse.mention(
            "osMessageQueueNew",
            "messages of \(msgSize) bytes are smaller than a pointer: only addresses below 4 GiB fit, as the library's "
                + "own are, but not those of static variables and stacks")
    }
    let queue = CMSISMessageQueue(block, capacity: Int(msgCount), messageSize: Int(msgSize))
    return CMSISObject.identify(queue, .osMessageQueue, block)
}

@c @implementation
public func osMessageQueueGetName(_ mqId: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    CMSISObject.name(mqId, .osMessageQueue)
}

@c @implementation
public func osMessageQueuePut(
    _ mqId: UnsafeMutableRawPointer?, _ msgPtr: UnsafeRawPointer?, _ msgPrio: UInt8, _ timeout: UInt32
) -> osStatus_t {
    guard let message = msgPtr, !CMSISCall.mustNotWait(timeout, "osMessageQueuePut") else { return osErrorParameter }
    return CMSISObject.with(mqId, .osMessageQueue, otherwise: osErrorParameter) { object in
        object.put(message, msgPrio, timeout)
    }
}

@c @implementation
public func osMessageQueueGet(
    _ mqId: UnsafeMutableRawPointer?, _ msgPtr: UnsafeMutableRawPointer?,
    _ msgPrio: UnsafeMutablePointer<UInt8>?, _ timeout: UInt32
) -> osStatus_t {
    guard let message = msgPtr, !CMSISCall.mustNotWait(timeout, "osMessageQueueGet") else { return osErrorParameter }
    return CMSISObject.with(mqId, .osMessageQueue, otherwise: osErrorParameter) { object in
        object.get(message, msgPrio, timeout)
    }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func hil_message_queue_get_pointer(
    _ mqId: UnsafeMutableRawPointer?, _ msgPtr: UnsafeMutableRawPointer?,
    _ msgPrio: UnsafeMutablePointer<UInt8>?, _ timeout: UInt32
) -> osStatus_t {
    guard let message = msgPtr, !CMSISCall.mustNotWait(timeout, "osMessageQueueGet") else { return osErrorParameter }
    return CMSISObject.with(mqId, .osMessageQueue, otherwise: osErrorParameter) { object in
        let status = object.get(message, msgPrio, timeout)
        let (size, pointerSize) = (object.queue.messageSize, MemoryLayout<UnsafeRawPointer>.size)
        if status == osOK, size < pointerSize {
            (message + size).initializeMemory(as: UInt8.self, repeating: 0, count: pointerSize - size)
        }
        return status
    }
}

@c @implementation
public func osMessageQueueGetCapacity(_ mqId: UnsafeMutableRawPointer?) -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISObject.with(mqId, .osMessageQueue, otherwise: 0) { UInt32($0.queue.capacity) }
}

@c @implementation
public func osMessageQueueGetMsgSize(_ mqId: UnsafeMutableRawPointer?) -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISObject.with(mqId, .osMessageQueue, otherwise: 0) { UInt32($0.queue.messageSize) }
}

@c @implementation
public func osMessageQueueGetCount(_ mqId: UnsafeMutableRawPointer?) -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISObject.with(mqId, .osMessageQueue, otherwise: 0) { UInt32($0.queue.count) }
}

@c @implementation
public func osMessageQueueGetSpace(_ mqId: UnsafeMutableRawPointer?) -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISObject.with(mqId, .osMessageQueue, otherwise: 0) { UInt32($0.queue.space) }
}

@c @implementation
public func osMessageQueueReset(_ mqId: UnsafeMutableRawPointer?) -> osStatus_t {
    if CMSISCall.isInterrupt { return osErrorISR }
    return CMSISObject.with(mqId, .osMessageQueue, otherwise: osErrorParameter) { object in
        object.queue.reset()
        RTOSTask.giveWayToHigher()
        return osOK
    }
}

@c @implementation
public func osMessageQueueDelete(_ mqId: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.delete(mqId, .osMessageQueue) { $0.queue.delete() }
}
