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
    _ msg_count: UInt32, _ msg_size: UInt32, _ attr: UnsafePointer<osMessageQueueAttr_t>?
) -> UnsafeMutableRawPointer? {
    guard let needed = StorageSize.bytes(count: msg_count, size: msg_size),
        Int(msg_count) <= MessageQueue.largestCapacity, let block = ControlBlock(attr)
    else { return nil }
    // The storage is only looked at: a message's bookkeeping would not fit into what firmware for 32 bits provides.
    if let attributes = attr?.pointee {
        guard ControlBlock.accepts(attributes.mq_mem, attributes.mq_size, atLeast: needed) else { return nil }
    }
    if (4..<UInt32(MemoryLayout<UnsafeRawPointer>.size)).contains(msg_size) {
        Misuse.mention(
            "osMessageQueueNew",
            "messages of \(msg_size) bytes are smaller than a pointer: only addresses below 4 GiB fit, as the library's "
                + "own are, but not those of static variables and stacks")
    }
    let queue = CMSISMessageQueue(block, capacity: Int(msg_count), messageSize: Int(msg_size))
    return CMSISObject.identify(queue, .osMessageQueue, block)
}

@c @implementation
public func osMessageQueueGetName(_ mq_id: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    CMSISObject.name(mq_id, .osMessageQueue)
}

@c @implementation
public func osMessageQueuePut(
    _ mq_id: UnsafeMutableRawPointer?, _ msg_ptr: UnsafeRawPointer?, _ msg_prio: UInt8, _ timeout: UInt32
) -> osStatus_t {
    guard let message = msg_ptr, !CMSISCall.mustNotWait(timeout, "osMessageQueuePut") else { return osErrorParameter }
    return CMSISObject.with(mq_id, .osMessageQueue, otherwise: osErrorParameter) { object in
        object.put(message, msg_prio, timeout)
    }
}

@c @implementation
public func osMessageQueueGet(
    _ mq_id: UnsafeMutableRawPointer?, _ msg_ptr: UnsafeMutableRawPointer?,
    _ msg_prio: UnsafeMutablePointer<UInt8>?, _ timeout: UInt32
) -> osStatus_t {
    guard let message = msg_ptr, !CMSISCall.mustNotWait(timeout, "osMessageQueueGet") else { return osErrorParameter }
    return CMSISObject.with(mq_id, .osMessageQueue, otherwise: osErrorParameter) { object in
        object.get(message, msg_prio, timeout)
    }
}

@c @implementation
public func hil_message_queue_get_pointer(
    _ mq_id: UnsafeMutableRawPointer?, _ msg_ptr: UnsafeMutableRawPointer?,
    _ msg_prio: UnsafeMutablePointer<UInt8>?, _ timeout: UInt32
) -> osStatus_t {
    guard let message = msg_ptr, !CMSISCall.mustNotWait(timeout, "osMessageQueueGet") else { return osErrorParameter }
    return CMSISObject.with(mq_id, .osMessageQueue, otherwise: osErrorParameter) { object in
        let status = object.get(message, msg_prio, timeout)
        let (size, pointerSize) = (object.queue.messageSize, MemoryLayout<UnsafeRawPointer>.size)
        if status == osOK, size < pointerSize {
            (message + size).initializeMemory(as: UInt8.self, repeating: 0, count: pointerSize - size)
        }
        return status
    }
}

@c @implementation
public func osMessageQueueGetCapacity(_ mq_id: UnsafeMutableRawPointer?) -> UInt32 {
    CMSISObject.with(mq_id, .osMessageQueue, otherwise: 0) { UInt32($0.queue.capacity) }
}

@c @implementation
public func osMessageQueueGetMsgSize(_ mq_id: UnsafeMutableRawPointer?) -> UInt32 {
    CMSISObject.with(mq_id, .osMessageQueue, otherwise: 0) { UInt32($0.queue.messageSize) }
}

@c @implementation
public func osMessageQueueGetCount(_ mq_id: UnsafeMutableRawPointer?) -> UInt32 {
    CMSISObject.with(mq_id, .osMessageQueue, otherwise: 0) { UInt32($0.queue.count) }
}

@c @implementation
public func osMessageQueueGetSpace(_ mq_id: UnsafeMutableRawPointer?) -> UInt32 {
    CMSISObject.with(mq_id, .osMessageQueue, otherwise: 0) { UInt32($0.queue.space) }
}

@c @implementation
public func osMessageQueueReset(_ mq_id: UnsafeMutableRawPointer?) -> osStatus_t {
    if CMSISCall.isInterrupt { return osErrorISR }
    return CMSISObject.with(mq_id, .osMessageQueue, otherwise: osErrorParameter) { object in
        object.queue.reset()
        return osOK
    }
}

@c @implementation
public func osMessageQueueDelete(_ mq_id: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.delete(mq_id, .osMessageQueue) { $0.queue.delete() }
}
