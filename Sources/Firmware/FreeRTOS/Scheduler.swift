import CFirmware
import RTOS

// The scheduler's life, its time, and the hooks that belong to it.

@c @implementation
public func vTaskStartScheduler() {
    guard FirmwareKernel.phase == .inactive else {
        return Misuse.assertionFailed("vTaskStartScheduler", "the scheduler runs already, or has ended")
    }
    IdleTask.create()
    // It is counted among the tasks from the beginning.
    _ = TimerTask.handle
    let settings = FreeRTOSSettings.current
    if let hook = settings.tickHook { TickHook.start(hook) }
    if let hook = settings.daemonStartupHook { _ = FirmwareKernel.kernel.timerService.call { hook() } }
    _ = FirmwareKernel.run()
}

@c @implementation
public func vTaskEndScheduler() {
    FirmwareKernel.end()
}

/// The idle task. It sleeps for ever, or calls firmware's hook once a tick at the lowest priority: a loop without a wait
/// would burn a processor.
enum IdleTask {
    private static let task = Guarded<FreeRTOSTask?>(nil)

    static var current: FreeRTOSTask? { task.withLock { $0 } }

    static func create() {
        let idle = "IDLE".withCString { FreeRTOSTask(name: $0) }
        task.withLock { $0 = idle }
        let hook = FreeRTOSSettings.current.idleHook
        idle.start(priority: 0) {
            while true {
                hook?()
                RTOSTask.delay(hook == nil ? .forever : .ticks(1))
            }
        }
    }
}

/// Calls firmware's tick hook in every tick, as an interrupt.
private enum TickHook {
    static func start(_ hook: @escaping @convention(c) () -> Void) {
        RTOSTask.startInterrupt(name: "tick", kernel: FirmwareKernel.kernel) {
            var tick = FirmwareKernel.kernel.tickCount
            while true {
                // An interrupt does not wait; between two of them this is none.
                InterruptContext.set(false)
                tick += 1
                RTOSTask.delay(untilTick: tick)
                InterruptContext.run { hook() }
            }
        }
    }
}

@c @implementation
public func vTaskSuspendAll() {
    Kernel.lockScheduler()
}

@c @implementation
public func xTaskResumeAll() -> Int {
    if !Kernel.unlockScheduler() {
        Misuse.assertionFailed("xTaskResumeAll", "this task has not called vTaskSuspendAll")
    }
    return 0
}

@c @implementation
public func xTaskGetSchedulerState() -> Int {
    FirmwareKernel.switchIfDue()
    guard FirmwareKernel.phase == .running else { return 1 }
    return Kernel.schedulerLockDepth > 0 ? 0 : 2
}

@c @implementation
public func xTaskGetTickCount() -> UInt32 {
    FirmwareKernel.phase == .inactive ? 0 : UInt32(truncatingIfNeeded: Kernel.ticks())
}

@c @implementation
public func xTaskGetTickCountFromISR() -> UInt32 {
    FirmwareKernel.switchIfDue()
    return FirmwareKernel.phase == .inactive ? 0 : UInt32(truncatingIfNeeded: FirmwareKernel.kernel.tickCount)
}
