import CFirmware
import RTOS

// Items go into queues and come out, and semaphores are given, through the functions that FreeRTOS has for all of them.

extension FreeRTOSQueue {
    /// Puts an item in, or gives the semaphore or mutex. True for pdPASS.
    @inline(__always)
    fileprivate func send(_ item: UnsafeRawPointer?, _ position: Int, _ timeout: Timeout, _ call: StaticString) -> Bool
    {
        if let messagesReference {
            guard let item = item ?? placeOfNothing(call).map({ UnsafeRawPointer($0) }) else { return false }
            return messagesReference._withUnsafeGuaranteedRef { put(item, into: $0, position, timeout, call) }
        }
        let isGiven =
            tokensReference?._withUnsafeGuaranteedRef { (try? $0.give()) != nil }
            ?? giveMutex(InterruptContext.isActive ? "xSemaphoreGiveFromISR" : "xSemaphoreGive")
        if isGiven { tellSet() }
        return isGiven
    }

    @inline(__always)
    private func put(
        _ item: UnsafeRawPointer, into messages: MessageQueue, _ position: Int, _ timeout: Timeout, _ call: StaticString
    ) -> Bool {
        if position == 2 {
            overwrite(item, in: messages, call)
            return true
        }
        let rounds = WaitRounds(timeout, mayWait: messages.space == 0)
        var round = timeout
        while true {
            do throws(MessageQueue.Failure) {
                let attempt = Self.handsOver ? round : .now
                if position == 0 {
                    try messages.put(from: item, timeout: attempt)
                } else {
                    try messages.putInFront(from: item, timeout: attempt)
                }
                tellSet()
                return true
            } catch {
                if error == .wouldBlock, round != .now {
                    guard wait(round, call, for: messages.waitForRoom) else { return false }
                    round = rounds.rest
                    continue
                }
                guard error == .aborted, FreeRTOSTask.mustWaitAgain else {
                    tell(error, call)
                    return false
                }
                round = rounds.rest
            }
        }
    }

    /// Whether what a task waits for is its own at once. In the original a woken task tries again, and whoever runs before
    /// it may be faster: on a single core that can be told from a hand-over, and is as there.
    private static let handsOver = !FirmwareKernel.isSingleCore

    /// Waits for a message or for room. False, and told, if there is none; true when it is worth trying again.
    @inline(never)
    private func wait(
        _ timeout: Timeout, _ call: StaticString, for change: (Timeout) throws(MessageQueue.Failure) -> Void
    ) -> Bool {
        do throws(MessageQueue.Failure) {
            try change(timeout)
            return true
        } catch {
            if error == .aborted, FreeRTOSTask.mustWaitAgain { return true }
            tell(error, call)
            return false
        }
    }

    @inline(never)
    private func overwrite(_ item: UnsafeRawPointer, in messages: MessageQueue, _ call: StaticString) {
        if messages.capacity != 1 { Misuse.assertionFailed(call, "only a queue of one item can be overwritten") }
        // The set knows of an item that takes another's place.
        let isNews = messages.count < messages.capacity
        messages.overwrite(from: item)
        if isNews { tellSet() }
    }

    /// Takes an item out, or copies it. True for pdPASS.
    @inline(__always)
    fileprivate func receive(
        into buffer: UnsafeMutableRawPointer?, _ timeout: Timeout, peeks: Bool, _ call: StaticString
    ) -> Bool {
        guard let messagesReference else { return takeTokens(timeout, call) }
        guard let buffer = buffer ?? placeOfNothing(call) else { return false }
        return messagesReference._withUnsafeGuaranteedRef { get(buffer, from: $0, timeout, peeks: peeks, call) }
    }

    @inline(__always)
    private func get(
        _ buffer: UnsafeMutableRawPointer, from messages: MessageQueue, _ timeout: Timeout, peeks: Bool,
        _ call: StaticString
    ) -> Bool {
        let rounds = WaitRounds(timeout, mayWait: messages.count == 0)
        var round = timeout
        while true {
            do throws(MessageQueue.Failure) {
                if peeks {
                    try messages.peek(at: buffer, timeout: Self.handsOver ? round : .now)
                    // The message is still there: worth a try for the next one.
                    if !Self.handsOver { messages.tellNextGetter() }
                } else {
                    try messages.get(into: buffer, timeout: Self.handsOver ? round : .now)
                }
                return true
            } catch {
                if error == .wouldBlock, round != .now {
                    let isThere = wait(round, call) { round throws(MessageQueue.Failure) in
                        try messages.waitForMessage(scratch: buffer, timeout: round)
                    }
                    guard isThere else { return false }
                    round = rounds.rest
                    continue
                }
                guard error == .aborted, FreeRTOSTask.mustWaitAgain else {
                    tell(error, call)
                    return false
                }
                round = rounds.rest
            }
        }
    }

    /// Items of no bytes need no place; others do, and the misuse is told.
    @inline(never)
    private func placeOfNothing(_ call: StaticString) -> UnsafeMutableRawPointer? {
        if itemSize == 0 { return Self.nothing }
        Misuse.assertionFailed(call, "the item is NULL")
        return nil
    }

    nonisolated(unsafe) private static let nothing = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)

    private func tell(_ failure: MessageQueue.Failure, _ call: StaticString) {
        switch failure {
        case .schedulerLocked: Misuse.assertionFailed(call, "nobody can block while the scheduler is suspended")
        case .inInterrupt: Misuse.assertionFailed(call, "an interrupt must not block: use the FromISR form")
        case .wouldBlock, .timedOut, .aborted, .deleted: break
        }
    }
}

@c @implementation
public func xQueueGenericSend(
    _ xQueue: OpaquePointer?, _ pvItemToQueue: UnsafeRawPointer?, _ xTicksToWait: UInt32, _ xCopyPosition: Int
) -> Int {
    guard let queue = FreeRTOSQueue.of(xQueue, "xQueueSend") else { return 0 }
    let timeout = BlockTime.timeout(xTicksToWait, "xQueueSend")
    return queue._withUnsafeGuaranteedRef { $0.send(pvItemToQueue, xCopyPosition, timeout, "xQueueSend") } ? 1 : 0
}

@c @implementation
public func xQueueGenericSendFromISR(
    _ xQueue: OpaquePointer?, _ pvItemToQueue: UnsafeRawPointer?,
    _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?, _ xCopyPosition: Int
) -> Int {
    guard let queue = FreeRTOSQueue.of(xQueue, "xQueueSendFromISR") else { return 0 }
    return InterruptCall.run(pxHigherPriorityTaskWoken) {
        queue._withUnsafeGuaranteedRef { $0.send(pvItemToQueue, xCopyPosition, .now, "xQueueSendFromISR") } ? 1 : 0
    }
}

@c @implementation
public func xQueueGiveFromISR(
    _ xQueue: OpaquePointer?, _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) -> Int {
    guard let queue = FreeRTOSQueue.of(xQueue, "xSemaphoreGiveFromISR") else { return 0 }
    return InterruptCall.run(pxHigherPriorityTaskWoken) {
        queue._withUnsafeGuaranteedRef { $0.send(nil, 0, .now, "xSemaphoreGiveFromISR") } ? 1 : 0
    }
}

@c @implementation
public func xQueueReceive(_ xQueue: OpaquePointer?, _ pvBuffer: UnsafeMutableRawPointer?, _ xTicksToWait: UInt32) -> Int
{
    guard let queue = FreeRTOSQueue.of(xQueue, "xQueueReceive") else { return 0 }
    let timeout = BlockTime.timeout(xTicksToWait, "xQueueReceive")
    return queue._withUnsafeGuaranteedRef {
        $0.receive(into: pvBuffer, timeout, peeks: false, "xQueueReceive")
    } ? 1 : 0
}

@c @implementation
public func xQueueReceiveFromISR(
    _ xQueue: OpaquePointer?, _ pvBuffer: UnsafeMutableRawPointer?,
    _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) -> Int {
    guard let queue = FreeRTOSQueue.of(xQueue, "xQueueReceiveFromISR") else { return 0 }
    return InterruptCall.run(pxHigherPriorityTaskWoken) {
        queue._withUnsafeGuaranteedRef {
            $0.receive(into: pvBuffer, .now, peeks: false, "xQueueReceiveFromISR")
        } ? 1 : 0
    }
}

@c @implementation
public func xQueuePeek(_ xQueue: OpaquePointer?, _ pvBuffer: UnsafeMutableRawPointer?, _ xTicksToWait: UInt32) -> Int {
    guard let queue = FreeRTOSQueue.of(xQueue, "xQueuePeek") else { return 0 }
    let timeout = BlockTime.timeout(xTicksToWait, "xQueuePeek")
    return queue._withUnsafeGuaranteedRef { $0.receive(into: pvBuffer, timeout, peeks: true, "xQueuePeek") } ? 1 : 0
}

@c @implementation
public func xQueuePeekFromISR(_ xQueue: OpaquePointer?, _ pvBuffer: UnsafeMutableRawPointer?) -> Int {
    guard let queue = FreeRTOSQueue.of(xQueue, "xQueuePeekFromISR") else { return 0 }
    return InterruptCall.run(nil) {
        queue._withUnsafeGuaranteedRef { $0.receive(into: pvBuffer, .now, peeks: true, "xQueuePeekFromISR") } ? 1 : 0
    }
}
