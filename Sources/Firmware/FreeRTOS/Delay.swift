import CFirmware
import RTOS

// Letting time pass.

@c @implementation
public func vTaskDelay(_ xTicksToDelay: UInt32) {
    let timeout = BlockTime.timeout(xTicksToDelay, "vTaskDelay")
    guard xTicksToDelay == 0 || timeout != .now else { return }
    guard timeout != .now else { return RTOSTask.giveWay() }
    RTOSTask.delay(timeout)
    RTOSTask.giveWayToHigher()
}

@c @implementation
public func xTaskDelayUntil(_ pxPreviousWakeTime: UnsafeMutablePointer<UInt32>?, _ xTimeIncrement: UInt32) -> Int {
    guard let pxPreviousWakeTime, xTimeIncrement > 0 else {
        Misuse.assertionFailed("xTaskDelayUntil", "it needs a time to count from, and an increment above 0")
        return 0
    }
    guard BlockTime.timeout(xTimeIncrement, "xTaskDelayUntil") != .now else { return 0 }
    let now = Kernel.ticks()
    let previous = pxPreviousWakeTime.pointee
    let target = previous &+ xTimeIncrement
    pxPreviousWakeTime.pointee = target
    // Both in a circle of 32 bits: the time is over if it lies outside of what is between the last wake and the next.
    let sinceLast = UInt32(truncatingIfNeeded: now) &- previous
    guard sinceLast < xTimeIncrement else { return 0 }
    RTOSTask.delay(untilTick: now &+ UInt64(xTimeIncrement &- sinceLast))
    RTOSTask.giveWayToHigher()
    return 1
}

/// How long a call may block.
enum BlockTime {
    /// The time-out for a tick count, and none where nobody may block: in an interrupt, and in `main` before the start.
    /// That is told as misuse.
    @inline(__always)
    static func timeout(_ ticks: UInt32, _ call: StaticString) -> Timeout {
        guard ticks > 0 else { return .now }
        if hil_firmware_task_get() == nil, mustNotBlock(call) { return .now }
        return Timeout(rtosTicks: ticks)
    }

    @inline(never)
    private static func mustNotBlock(_ call: StaticString) -> Bool {
        if InterruptContext.isActive {
            Misuse.assertionFailed(call, "an interrupt must not block: use a time of 0 and the FromISR form")
            return true
        }
        guard FirmwareKernel.phase == .inactive else { return false }
        Misuse.assertionFailed(call, "nobody can block before the scheduler is started")
        return true
    }
}

/// One wait that may take several rounds: a task that is suspended while it waits for a queue waits on when it is
/// resumed, for what is left of its time.
struct WaitRounds {
    private let timeout: Timeout
    private let start: UInt64

    /// - Parameter mayWait: whether it looks as if there will be a wait; only then the clock is read.
    @inline(__always)
    init(_ timeout: Timeout, mayWait: @autoclosure () -> Bool) {
        self.timeout = timeout
        if case .ticks = timeout, mayWait() { start = FirmwareKernel.kernel.tickCount } else { start = .max }
    }

    /// How long the next round may take.
    var rest: Timeout {
        guard case .ticks(let ticks) = timeout, start != .max else { return timeout }
        let passed = FirmwareKernel.kernel.tickCount - start
        return passed < UInt64(ticks) ? .ticks(ticks - UInt32(passed)) : .now
    }
}

@c @implementation
public func vTaskSetTimeOutState(_ pxTimeOut: UnsafeMutablePointer<TimeOut_t>?) {
    pxTimeOut?.pointee = TimeOut_t(xOverflowCount: 0, xTimeOnEntering: xTaskGetTickCount())
}

@c @implementation
public func xTaskCheckForTimeOut(
    _ pxTimeOut: UnsafeMutablePointer<TimeOut_t>?, _ pxTicksToWait: UnsafeMutablePointer<UInt32>?
) -> Int {
    guard let pxTimeOut, let pxTicksToWait else {
        Misuse.assertionFailed("xTaskCheckForTimeOut", "a pointer is NULL")
        return 1
    }
    guard pxTicksToWait.pointee != .max else { return 0 }
    let now = xTaskGetTickCount()
    let elapsed = now &- pxTimeOut.pointee.xTimeOnEntering
    if elapsed < pxTicksToWait.pointee {
        pxTicksToWait.pointee -= elapsed
        pxTimeOut.pointee.xTimeOnEntering = now
        return 0
    }
    pxTicksToWait.pointee = 0
    return 1
}
