import CFirmware
import RTOS

/// What firmware's `FreeRTOSConfig.h` says, as far as the library has to know.
struct FreeRTOSSettings: Sendable {
    var highestPriority: UInt8 = 31
    /// With the final zero.
    var longestTaskName = 16
    /// The most bytes that `pvPortMalloc` hands out; 0 without a limit.
    var heapSize: UInt64 = 0
    var idleHook: (@convention(c) () -> Void)?
    var tickHook: (@convention(c) () -> Void)?
    var mallocFailedHook: (@convention(c) () -> Void)?
    var daemonStartupHook: (@convention(c) () -> Void)?

    private static let guarded = Guarded(FreeRTOSSettings())

    static var current: FreeRTOSSettings { guarded.withLock { $0 } }

    fileprivate static func set(_ settings: FreeRTOSSettings) { guarded.withLock { $0 = settings } }

    /// FreeRTOS priorities are the kernel's own; those that are too high are cut.
    func priority(_ asked: UInt) -> UInt8 { UInt8(min(asked, UInt(highestPriority))) }
}

/// Each source file of firmware calls this before `main`; they all say the same.
@c @implementation
public func hilFreeRTOSConfigure(_ configuration: UnsafePointer<hil_freertos_configuration>?) {
    guard let configuration = configuration?.pointee else { return }
    var settings = FreeRTOSSettings()
    settings.highestPriority = UInt8(clamping: Int(configuration.max_priorities) - 1)
    settings.longestTaskName = max(1, Int(configuration.longest_task_name))
    settings.heapSize = configuration.heap_size
    settings.idleHook = configuration.idle_hook
    settings.tickHook = configuration.tick_hook
    settings.mallocFailedHook = configuration.malloc_failed_hook
    settings.daemonStartupHook = configuration.daemon_startup_hook
    FreeRTOSSettings.set(settings)
    Misuse.onAssertion.withLock { $0 = configuration.assertion_failed }
    FirmwareKernel.configure { kernel in
        kernel.tickRate = min(max(1, configuration.tick_rate), 1_000_000)
        kernel.timerPriority = settings.priority(UInt(configuration.timer_task_priority))
        kernel.timerQueueLength = max(1, Int(configuration.timer_queue_length))
        kernel.preemptedGoesLast = true
        kernel.isPreemptive = configuration.preempts != 0
        kernel.slicesTime = configuration.slices_time != 0
    }
}
