import CFirmware
import RTOS

// Direct to task notifications.

extension NotificationSlots.Action {
    fileprivate init(_ action: eNotifyAction, _ value: UInt32) {
        self =
            switch action {
            case eSetBits: .setBits(value)
            case eIncrement: .increment
            case eSetValueWithOverwrite: .overwrite(value)
            case eSetValueWithoutOverwrite: .setIfNotPending(value)
            default: .none
            }
    }
}

/// The index as the kernel has it; nil, and the misuse is told, if there is none so high.
private func slot(_ index: UInt, _ call: StaticString) -> Int? {
    if index < UInt(RTOSTask.notificationCount) { return Int(index) }
    Misuse.assertionFailed(call, "notification \(index): they are numbered 0 to \(RTOSTask.notificationCount - 1)")
    return nil
}

private func notify(
    _ handle: OpaquePointer?, _ index: UInt, _ value: UInt32, _ action: eNotifyAction,
    _ previous: UnsafeMutablePointer<UInt32>?, _ call: StaticString
) -> Int {
    guard let index = slot(index, call) else { return 0 }
    guard let task = Handle.object(handle, .task)?._withUnsafeGuaranteedRef({ $0.task }) else {
        Misuse.assertionFailed(call, "the task handle is none, or of a task that was deleted")
        return 0
    }
    switch task.notify(at: index, NotificationSlots.Action(action, value)) {
    case .delivered(let before):
        previous?.pointee = before
        return 1
    case .refused(let before):
        previous?.pointee = before
        return 0
    // It has ended just now: nobody is left to notice.
    case .ended: return 1
    }
}

@c @implementation
public func xTaskGenericNotify(
    _ xTaskToNotify: OpaquePointer?, _ uxIndexToNotify: UInt, _ ulValue: UInt32, _ eAction: eNotifyAction,
    _ pulPreviousNotificationValue: UnsafeMutablePointer<UInt32>?
) -> Int {
    notify(xTaskToNotify, uxIndexToNotify, ulValue, eAction, pulPreviousNotificationValue, "xTaskNotify")
}

@c @implementation
public func xTaskGenericNotifyFromISR(
    _ xTaskToNotify: OpaquePointer?, _ uxIndexToNotify: UInt, _ ulValue: UInt32, _ eAction: eNotifyAction,
    _ pulPreviousNotificationValue: UnsafeMutablePointer<UInt32>?,
    _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) -> Int {
    InterruptCall.run(pxHigherPriorityTaskWoken) {
        notify(xTaskToNotify, uxIndexToNotify, ulValue, eAction, pulPreviousNotificationValue, "xTaskNotifyFromISR")
    }
}

@c @implementation
public func vTaskGenericNotifyGiveFromISR(
    _ xTaskToNotify: OpaquePointer?, _ uxIndexToNotify: UInt, _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) {
    InterruptCall.run(pxHigherPriorityTaskWoken) {
        _ = notify(xTaskToNotify, uxIndexToNotify, 0, eIncrement, nil, "vTaskNotifyGiveFromISR")
    }
}

@c @implementation
public func xTaskGenericNotifyWait(
    _ uxIndexToWaitOn: UInt, _ ulBitsToClearOnEntry: UInt32, _ ulBitsToClearOnExit: UInt32,
    _ pulNotificationValue: UnsafeMutablePointer<UInt32>?, _ xTicksToWait: UInt32
) -> Int {
    guard let index = slot(uxIndexToWaitOn, "xTaskNotifyWait") else { return 0 }
    let notification = RTOSTask.waitForNotification(
        at: index, clearAtStart: ulBitsToClearOnEntry, clearAtEnd: ulBitsToClearOnExit,
        BlockTime.timeout(xTicksToWait, "xTaskNotifyWait"))
    pulNotificationValue?.pointee = notification.value
    return notification.isNew ? 1 : 0
}

@c @implementation
public func ulTaskGenericNotifyTake(
    _ uxIndexToWaitOn: UInt, _ xClearCountOnExit: Int, _ xTicksToWait: UInt32
) -> UInt32 {
    guard let index = slot(uxIndexToWaitOn, "ulTaskNotifyTake") else { return 0 }
    return RTOSTask.takeNotification(
        at: index, all: xClearCountOnExit != 0, BlockTime.timeout(xTicksToWait, "ulTaskNotifyTake"))
}

@c @implementation
public func xTaskGenericNotifyStateClear(_ xTask: OpaquePointer?, _ uxIndexToClear: UInt) -> Int {
    guard let index = slot(uxIndexToClear, "xTaskNotifyStateClear"),
        let task = FreeRTOSTask.task(xTask, "xTaskNotifyStateClear")
    else { return 0 }
    return task.clearNotification(at: index) ? 1 : 0
}

@c @implementation
public func ulTaskGenericNotifyValueClear(
    _ xTask: OpaquePointer?, _ uxIndexToClear: UInt, _ ulBitsToClear: UInt32
) -> UInt32 {
    guard let index = slot(uxIndexToClear, "ulTaskNotifyValueClear"),
        let task = FreeRTOSTask.task(xTask, "ulTaskNotifyValueClear")
    else { return 0 }
    return task.clearNotificationValue(at: index, bits: ulBitsToClear)
}
