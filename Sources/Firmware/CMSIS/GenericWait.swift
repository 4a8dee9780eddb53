import CFirmware
import RTOS

// Generic wait: letting time pass.

@c @implementation
public func osDelay(_ ticks: UInt32) -> osStatus_t {
    if CMSISCall.mustNotBlock("osDelay") { return osErrorISR }
    guard ticks > 0 else {
        FirmwareKernel.switchIfDue()
        return osErrorParameter
    }
    guard GenericWait.isPossible else { return osError }
    RTOSTask.delay(Timeout(rtosTicks: ticks))
    RTOSTask.giveWayToHigher()
    return osOK
}

@c @implementation
public func osDelayUntil(_ ticks: UInt32) -> osStatus_t {
    if CMSISCall.mustNotBlock("osDelayUntil") { return osErrorISR }
    guard GenericWait.isPossible else { return osError }
    let now = Kernel.ticks()
    let distance = ticks &- UInt32(truncatingIfNeeded: now)
    // The other half of the circle is the past.
    guard distance > 0, distance <= 0x7FFF_FFFF else { return osErrorParameter }
    RTOSTask.delay(untilTick: now + UInt64(distance))
    RTOSTask.giveWayToHigher()
    return osOK
}

private enum GenericWait {
    /// Whether the caller is a task, and the scheduler is not locked.
    static var isPossible: Bool { hil_firmware_task_get() != nil && Kernel.schedulerLockDepth == 0 }
}
