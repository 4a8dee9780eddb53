import CFirmware
import RTOS

// Bytes and messages go into stream buffers and come out.

extension FreeRTOSStreamBuffer {
    @inline(__always)
    fileprivate func send(_ bytes: UnsafeRawPointer?, _ count: Int, _ timeout: Timeout) -> Int {
        let bytes = UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
        if let messagesReference {
            return messagesReference._withUnsafeGuaranteedRef { $0.send(bytes, timeout: timeout) }
        }
        return streamReference!._withUnsafeGuaranteedRef { $0.send(bytes, timeout: timeout) }
    }

    @inline(__always)
    fileprivate func receive(_ bytes: UnsafeMutableRawPointer?, _ count: Int, _ timeout: Timeout) -> Int {
        let bytes = UnsafeMutableRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
        if let messagesReference {
            return messagesReference._withUnsafeGuaranteedRef { $0.receive(into: bytes, timeout: timeout) }
        }
        return streamReference!._withUnsafeGuaranteedRef { $0.receive(into: bytes, timeout: timeout) }
    }
}

@c @implementation
public func xStreamBufferSend(
    _ xStreamBuffer: OpaquePointer?, _ pvTxData: UnsafeRawPointer?, _ xDataLengthBytes: Int, _ xTicksToWait: UInt32
) -> Int {
    guard let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferSend") else { return 0 }
    let timeout = BlockTime.timeout(xTicksToWait, "xStreamBufferSend")
    return buffer._withUnsafeGuaranteedRef { buffer in
        buffer.writer.run("xStreamBufferSend") { buffer.send(pvTxData, xDataLengthBytes, timeout) }
    }
}

@c @implementation
public func xStreamBufferSendFromISR(
    _ xStreamBuffer: OpaquePointer?, _ pvTxData: UnsafeRawPointer?, _ xDataLengthBytes: Int,
    _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) -> Int {
    guard let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferSendFromISR") else { return 0 }
    return InterruptCall.run(pxHigherPriorityTaskWoken) {
        buffer._withUnsafeGuaranteedRef { buffer in
            buffer.writer.run("xStreamBufferSendFromISR", woken: pxHigherPriorityTaskWoken) {
                buffer.send(pvTxData, xDataLengthBytes, .now)
            }
        }
    }
}

@c @implementation
public func xStreamBufferReceive(
    _ xStreamBuffer: OpaquePointer?, _ pvRxData: UnsafeMutableRawPointer?, _ xBufferLengthBytes: Int,
    _ xTicksToWait: UInt32
) -> Int {
    guard let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferReceive") else { return 0 }
    let timeout = BlockTime.timeout(xTicksToWait, "xStreamBufferReceive")
    return buffer._withUnsafeGuaranteedRef { buffer in
        buffer.reader.run("xStreamBufferReceive") { buffer.receive(pvRxData, xBufferLengthBytes, timeout) }
    }
}

@c @implementation
public func xStreamBufferReceiveFromISR(
    _ xStreamBuffer: OpaquePointer?, _ pvRxData: UnsafeMutableRawPointer?, _ xBufferLengthBytes: Int,
    _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) -> Int {
    guard let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferReceiveFromISR") else { return 0 }
    return InterruptCall.run(pxHigherPriorityTaskWoken) {
        buffer._withUnsafeGuaranteedRef { buffer in
            buffer.reader.run("xStreamBufferReceiveFromISR", woken: pxHigherPriorityTaskWoken) {
                buffer.receive(pvRxData, xBufferLengthBytes, .now)
            }
        }
    }
}

@c @implementation
public func xStreamBufferSendCompletedFromISR(
    _ xStreamBuffer: OpaquePointer?, _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) -> Int {
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferSendCompletedFromISR")?.takeUnretainedValue()
    return InterruptCall.run(pxHigherPriorityTaskWoken) {
        buffer?.stream?.sendCompleted() ?? buffer?.messages?.sendCompleted() ?? false ? 1 : 0
    }
}

@c @implementation
public func xStreamBufferReceiveCompletedFromISR(
    _ xStreamBuffer: OpaquePointer?, _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) -> Int {
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferReceiveCompletedFromISR")?.takeUnretainedValue()
    return InterruptCall.run(pxHigherPriorityTaskWoken) {
        buffer?.stream?.receiveCompleted() ?? buffer?.messages?.receiveCompleted() ?? false ? 1 : 0
    }
}
