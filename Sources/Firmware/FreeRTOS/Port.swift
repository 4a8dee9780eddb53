import CFirmware
import Glibc
import RTOS

// What FreeRTOS leaves to the port: critical sections, yielding, and who is an interrupt.

@c @implementation
public func vPortYield() {
    if !InterruptContext.isActive { RTOSTask.giveWay() }
}

/// Where tasks pre-empt each other, the dispatch rule has been looked at when the call that woke a task returned.
@c @implementation
public func vPortYieldFromISR(_ xSwitchRequired: Int) {
    if xSwitchRequired != 0 { FirmwareKernel.kernel.switchAfterInterrupt() }
}

@c @implementation
public func vPortEnterCritical() { CriticalSection.enter() }

@c @implementation
public func vPortExitCritical() {
    guard CriticalSection.isActive else {
        return Misuse.assertionFailed("taskEXIT_CRITICAL", "this task is in no critical section")
    }
    CriticalSection.exit()
}

@c @implementation
public func vPortDisableInterrupts() {
    if !CriticalSection.isActive { CriticalSection.enter() }
}

@c @implementation
public func vPortEnableInterrupts() {
    while CriticalSection.isActive { CriticalSection.exit() }
}

@c @implementation
public func ulPortSetInterruptMask() -> UInt {
    CriticalSection.enter()
    return 0
}

@c @implementation
public func vPortClearInterruptMask(_ uxSavedMask: UInt) {
    if CriticalSection.isActive { CriticalSection.exit() }
}

@c @implementation
public func xPortIsInsideInterrupt() -> Int { InterruptContext.isActive ? 1 : 0 }
