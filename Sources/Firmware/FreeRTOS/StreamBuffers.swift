import CFirmware
import RTOS

// Stream and message buffers begin and end, and what is known of them.

@c @implementation
public func hilStreamBufferCreate(
    _ size: Int, _ triggerLevel: Int, _ type: Int, _ lengthWidth: Int, _ storage: UnsafeMutablePointer<UInt8>?,
    _ memory: UnsafeMutablePointer<StaticStreamBuffer_t>?, _ onSend: StreamBufferCallbackFunction_t?,
    _ onReceive: StreamBufferCallbackFunction_t?
) -> OpaquePointer? {
    let isMessages = type == 1
    // One byte of a static buffer's storage is not used, as in the original.
    let capacity = memory == nil ? size : size - 1
    guard capacity > (isMessages ? lengthWidth : 0), triggerLevel <= capacity || isMessages else {
        Misuse.assertionFailed(
            isMessages ? "xMessageBufferCreate" : "xStreamBufferCreate",
            "\(size) bytes with trigger level \(triggerLevel): there is no such buffer")
        return nil
    }
    return FreeRTOSStreamBuffer(
        capacity: capacity, triggerLevel: triggerLevel, isBatching: type == 2,
        lengthWidth: isMessages ? lengthWidth : nil, memory: memory, storage: storage, onSend: onSend,
        onReceive: onReceive
    ).handle
}

@c @implementation
public func xStreamBufferGenericCreate(
    _ xBufferSizeBytes: Int, _ xTriggerLevelBytes: Int, _ xStreamBufferType: Int,
    _ pxSendCompletedCallback: StreamBufferCallbackFunction_t?,
    _ pxReceiveCompletedCallback: StreamBufferCallbackFunction_t?
) -> OpaquePointer? {
    hilStreamBufferCreate(
        xBufferSizeBytes, xTriggerLevelBytes, xStreamBufferType, 4, nil, nil, pxSendCompletedCallback,
        pxReceiveCompletedCallback)
}

@c @implementation
public func xStreamBufferGenericCreateStatic(
    _ xBufferSizeBytes: Int, _ xTriggerLevelBytes: Int, _ xStreamBufferType: Int,
    _ pucStreamBufferStorageArea: UnsafeMutablePointer<UInt8>?,
    _ pxStaticStreamBuffer: UnsafeMutablePointer<StaticStreamBuffer_t>?,
    _ pxSendCompletedCallback: StreamBufferCallbackFunction_t?,
    _ pxReceiveCompletedCallback: StreamBufferCallbackFunction_t?
) -> OpaquePointer? {
    guard let pxStaticStreamBuffer, pucStreamBufferStorageArea != nil else {
        Misuse.assertionFailed("xStreamBufferCreateStatic", "a static buffer needs storage and its structure")
        return nil
    }
    return hilStreamBufferCreate(
        xBufferSizeBytes, xTriggerLevelBytes, xStreamBufferType, 4, pucStreamBufferStorageArea, pxStaticStreamBuffer,
        pxSendCompletedCallback, pxReceiveCompletedCallback)
}

@c @implementation
public func xStreamBufferGetStaticBuffers(
    _ xStreamBuffer: OpaquePointer?,
    _ ppucStreamBufferStorageArea: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
    _ ppxStaticStreamBuffer: UnsafeMutablePointer<UnsafeMutablePointer<StaticStreamBuffer_t>?>?
) -> Int {
    guard let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferGetStaticBuffers")?.takeUnretainedValue(),
        let memory = buffer.staticMemory
    else { return 0 }
    ppucStreamBufferStorageArea?.pointee = buffer.staticStorage
    ppxStaticStreamBuffer?.pointee = memory
    return 1
}

@c @implementation
public func vStreamBufferDelete(_ xStreamBuffer: OpaquePointer?) {
    FreeRTOSStreamBuffer.of(xStreamBuffer, "vStreamBufferDelete")?.takeUnretainedValue().delete()
}

@c @implementation
public func xStreamBufferReset(_ xStreamBuffer: OpaquePointer?) -> Int {
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferReset")?.takeUnretainedValue()
    return buffer?.stream?.reset() ?? buffer?.messages?.reset() ?? false ? 1 : 0
}

@c @implementation
public func xStreamBufferResetFromISR(_ xStreamBuffer: OpaquePointer?) -> Int {
    InterruptCall.run(nil) { xStreamBufferReset(xStreamBuffer) }
}

@c @implementation
public func xStreamBufferSetTriggerLevel(_ xStreamBuffer: OpaquePointer?, _ xTriggerLevel: Int) -> Int {
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferSetTriggerLevel")?.takeUnretainedValue()
    return buffer?.stream?.setTriggerLevel(xTriggerLevel) ?? false ? 1 : 0
}

@c @implementation
public func xStreamBufferIsFull(_ xStreamBuffer: OpaquePointer?) -> Int {
    FirmwareKernel.switchIfDue()
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferIsFull")?.takeUnretainedValue()
    return buffer?.stream?.isFull ?? buffer?.messages?.isFull ?? false ? 1 : 0
}

@c @implementation
public func xStreamBufferIsEmpty(_ xStreamBuffer: OpaquePointer?) -> Int {
    FirmwareKernel.switchIfDue()
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferIsEmpty")?.takeUnretainedValue()
    return buffer?.stream?.isEmpty ?? buffer?.messages?.isEmpty ?? false ? 1 : 0
}

@c @implementation
public func xStreamBufferSpacesAvailable(_ xStreamBuffer: OpaquePointer?) -> Int {
    FirmwareKernel.switchIfDue()
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferSpacesAvailable")?.takeUnretainedValue()
    return buffer?.stream?.space ?? buffer?.messages?.space ?? 0
}

@c @implementation
public func xStreamBufferBytesAvailable(_ xStreamBuffer: OpaquePointer?) -> Int {
    FirmwareKernel.switchIfDue()
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xStreamBufferBytesAvailable")?.takeUnretainedValue()
    return buffer?.stream?.count ?? buffer?.messages?.count ?? 0
}

@c @implementation
public func xStreamBufferNextMessageLengthBytes(_ xStreamBuffer: OpaquePointer?) -> Int {
    FirmwareKernel.switchIfDue()
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "xMessageBufferNextLengthBytes")?.takeUnretainedValue()
    return buffer?.messages?.nextLength ?? 0
}

@c @implementation
public func uxStreamBufferGetStreamBufferNotificationIndex(_ xStreamBuffer: OpaquePointer?) -> UInt {
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "uxStreamBufferGetStreamBufferNotificationIndex")
    return buffer?._withUnsafeGuaranteedRef { $0.notificationIndex.load(ordering: .relaxed) } ?? 0
}

@c @implementation
public func vStreamBufferSetStreamBufferNotificationIndex(
    _ xStreamBuffer: OpaquePointer?, _ uxNotificationIndex: UInt
) {
    let buffer = FreeRTOSStreamBuffer.of(xStreamBuffer, "vStreamBufferSetStreamBufferNotificationIndex")
    buffer?._withUnsafeGuaranteedRef { $0.notificationIndex.store(uxNotificationIndex, ordering: .relaxed) }
}
