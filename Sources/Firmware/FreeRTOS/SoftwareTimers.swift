import CFirmware
import RTOS
import Synchronization

// Software timers, and functions that the timer task calls.

private func create(
    _ name: UnsafePointer<CChar>?, _ period: UInt32, _ reload: Int, _ identifier: UnsafeMutableRawPointer?,
    _ callback: TimerCallbackFunction_t?, _ memory: UnsafeMutablePointer<StaticTimer_t>?
) -> OpaquePointer? {
    guard period > 0 else {
        Misuse.assertionFailed("xTimerCreate", "a timer needs a period above 0")
        return nil
    }
    return FreeRTOSTimer(
        name: name, period: period, repeats: reload != 0, identifier: identifier, callback: callback, memory: memory
    ).handle
}

@c @implementation
public func xTimerCreate(
    _ pcTimerName: UnsafePointer<CChar>?, _ xTimerPeriodInTicks: UInt32, _ xAutoReload: Int,
    _ pvTimerID: UnsafeMutableRawPointer?, _ pxCallbackFunction: TimerCallbackFunction_t?
) -> OpaquePointer? {
    create(pcTimerName, xTimerPeriodInTicks, xAutoReload, pvTimerID, pxCallbackFunction, nil)
}

@c @implementation
public func xTimerCreateStatic(
    _ pcTimerName: UnsafePointer<CChar>?, _ xTimerPeriodInTicks: UInt32, _ xAutoReload: Int,
    _ pvTimerID: UnsafeMutableRawPointer?, _ pxCallbackFunction: TimerCallbackFunction_t?,
    _ pxTimerBuffer: UnsafeMutablePointer<StaticTimer_t>?
) -> OpaquePointer? {
    guard let pxTimerBuffer else {
        Misuse.assertionFailed("xTimerCreateStatic", "the buffer is NULL")
        return nil
    }
    return create(pcTimerName, xTimerPeriodInTicks, xAutoReload, pvTimerID, pxCallbackFunction, pxTimerBuffer)
}

/// The original's command queue, as far as it can be noticed: before the start nobody empties it.
private enum CommandQueue {
    private static let waiting = Atomic<Int>(0)

    static func hasRoom() -> Bool {
        guard FirmwareKernel.phase == .inactive else { return true }
        return waiting.wrappingAdd(1, ordering: .relaxed).oldValue
            < FirmwareKernel.kernel.configuration.timerQueueLength
    }
}

private func command(_ handle: OpaquePointer?, _ command: Int, _ value: UInt32) -> Int {
    guard let timer = FreeRTOSTimer.of(handle, "xTimerGenericCommand") else { return 0 }
    guard CommandQueue.hasRoom() else { return 0 }
    // Before the start, time stands at tick 0.
    let now: UInt64? = FirmwareKernel.phase == .inactive ? 0 : nil
    switch command {
    case 0, 1, 2, 6, 7: timer.timer.start(countingFrom: now)
    case 3, 8:
        timer.timer.stop()
        timer.timer.awaitCallback()
    case 4, 9:
        guard value > 0 else {
            Misuse.assertionFailed("xTimerChangePeriod", "a timer needs a period above 0")
            return 0
        }
        timer.timer.start(period: value, countingFrom: now)
    case 5: timer.delete()
    default:
        Misuse.assertionFailed("xTimerGenericCommand", "command \(command): there is none")
        return 0
    }
    return 1
}

@c @implementation
public func xTimerGenericCommandFromTask(
    _ xTimer: OpaquePointer?, _ xCommandID: Int, _ xOptionalValue: UInt32,
    _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?, _ xTicksToWait: UInt32
) -> Int {
    command(xTimer, xCommandID, xOptionalValue)
}

@c @implementation
public func xTimerGenericCommandFromISR(
    _ xTimer: OpaquePointer?, _ xCommandID: Int, _ xOptionalValue: UInt32,
    _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?, _ xTicksToWait: UInt32
) -> Int {
    InterruptCall.run(pxHigherPriorityTaskWoken) { command(xTimer, xCommandID, xOptionalValue) }
}

@c @implementation
public func pvTimerGetTimerID(_ xTimer: OpaquePointer?) -> UnsafeMutableRawPointer? {
    FirmwareKernel.switchIfDue()
    return FreeRTOSTimer.of(xTimer, "pvTimerGetTimerID")?.identifier.load(ordering: .acquiring)
}

@c @implementation
public func vTimerSetTimerID(_ xTimer: OpaquePointer?, _ pvNewID: UnsafeMutableRawPointer?) {
    FirmwareKernel.switchIfDue()
    FreeRTOSTimer.of(xTimer, "vTimerSetTimerID")?.identifier.store(pvNewID, ordering: .releasing)
}

@c @implementation
public func xTimerIsTimerActive(_ xTimer: OpaquePointer?) -> Int {
    // Before the start no command has been carried out.
    guard FirmwareKernel.phase != .inactive else { return 0 }
    return FreeRTOSTimer.of(xTimer, "xTimerIsTimerActive")?.timer.isRunning ?? false ? 1 : 0
}

@c @implementation
public func xTimerGetTimerDaemonTaskHandle() -> OpaquePointer? {
    FirmwareKernel.switchIfDue()
    return TimerTask.handle
}

@c @implementation
public func pcTimerGetName(_ xTimer: OpaquePointer?) -> UnsafePointer<CChar>? {
    FirmwareKernel.switchIfDue()
    return FreeRTOSTimer.of(xTimer, "pcTimerGetName")?.cName
}

@c @implementation
public func vTimerSetReloadMode(_ xTimer: OpaquePointer?, _ xAutoReload: Int) {
    FreeRTOSTimer.of(xTimer, "vTimerSetReloadMode")?.timer.repeats = xAutoReload != 0
}

@c @implementation
public func xTimerGetReloadMode(_ xTimer: OpaquePointer?) -> Int {
    FreeRTOSTimer.of(xTimer, "xTimerGetReloadMode")?.timer.repeats ?? false ? 1 : 0
}

@c @implementation
public func uxTimerGetReloadMode(_ xTimer: OpaquePointer?) -> UInt { UInt(xTimerGetReloadMode(xTimer)) }

@c @implementation
public func xTimerGetPeriod(_ xTimer: OpaquePointer?) -> UInt32 {
    FreeRTOSTimer.of(xTimer, "xTimerGetPeriod")?.timer.period ?? 0
}

@c @implementation
public func xTimerGetExpiryTime(_ xTimer: OpaquePointer?) -> UInt32 {
    UInt32(truncatingIfNeeded: FreeRTOSTimer.of(xTimer, "xTimerGetExpiryTime")?.timer.expiry ?? 0)
}

@c @implementation
public func xTimerGetStaticBuffer(
    _ xTimer: OpaquePointer?, _ ppxTimerBuffer: UnsafeMutablePointer<UnsafeMutablePointer<StaticTimer_t>?>?
) -> Int {
    guard let memory = FreeRTOSTimer.of(xTimer, "xTimerGetStaticBuffer")?.staticMemory else { return 0 }
    ppxTimerBuffer?.pointee = memory
    return 1
}

// MARK: Functions that the timer task calls

private func pend(
    _ function: PendedFunction_t?, _ argument: UnsafeMutableRawPointer?, _ value: UInt32, _ timeout: Timeout
) -> Int {
    guard let function else { return 0 }
    nonisolated(unsafe) let argument = argument
    let isAccepted = FirmwareKernel.kernel.timerService.call(timeout) {
        TimerTask.isRunning()
        function(argument, value)
    }
    return isAccepted ? 1 : 0
}

@c @implementation
public func xTimerPendFunctionCall(
    _ xFunctionToPend: PendedFunction_t?, _ pvParameter1: UnsafeMutableRawPointer?, _ ulParameter2: UInt32,
    _ xTicksToWait: UInt32
) -> Int {
    let timeout = BlockTime.timeout(xTicksToWait, "xTimerPendFunctionCall")
    return pend(xFunctionToPend, pvParameter1, ulParameter2, timeout)
}

@c @implementation
public func xTimerPendFunctionCallFromISR(
    _ xFunctionToPend: PendedFunction_t?, _ pvParameter1: UnsafeMutableRawPointer?, _ ulParameter2: UInt32,
    _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) -> Int {
    InterruptCall.run(pxHigherPriorityTaskWoken) { pend(xFunctionToPend, pvParameter1, ulParameter2, .now) }
}
