// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

/// What firmware's `os_cfg.h` and `os_cfg_app.h` say, as far as the library has to know.
struct OSSettings: Sendable {
    /// Priorities are 0 to one less, and the last is the idle task's.
    var priorities = 64
    var tickRate: UInt32 = 1000
    /// Delays and periods of timers are in so many parts of a second.
    var timerRate: UInt32 = 10
    var messagePoolSize = 100
    var smallestStack = 64
    var registers = 1

    private static let guarded = Guarded(OSSettings())

    static var current: OSSettings { guarded.withLock { $0 } }

    fileprivate static func set(_ settings: OSSettings) { guarded.withLock { $0 = settings } }

    /// Ticks in one unit of the timers.
    var ticksPerTimerUnit: UInt32 { max(1, tickRate / max(1, timerRate)) }
}

/// µC/OS-III's priorities and the kernel's: there the lower number is the higher priority.
enum OSPriority {
    static func kernel(_ priority: OS_PRIO) -> UInt8 { .max - priority }
    static func microCOS(_ priority: UInt8) -> OS_PRIO { .max - priority }
}

/// Each source file of firmware calls this before `main`; they all say the same.
@c @implementation
public func hil_ucos_configure(_ configuration: UnsafePointer<hil_ucos_configuration>?) {
    guard let configuration = configuration?.pointee else { return }
    var settings = OSSettings()
    settings.priorities = min(256, max(3, Int(configuration.priorities)))
    settings.tickRate = min(max(1, configuration.tick_rate), 1_000_000)
    settings.timerRate = configuration.timer_rate
    settings.messagePoolSize = Int(configuration.message_pool_size)
    settings.smallestStack = Int(configuration.smallest_stack)
    settings.registers = Int(min(configuration.registers, UInt32(OS_CFG_TASK_REG_TBL_SIZE_MAX)))
    OSSettings.set(settings)
    FirmwareKernel.configure { kernel in
        kernel.tickRate = settings.tickRate
        kernel.timerPriority = OSPriority.kernel(UInt8(clamping: configuration.timer_priority))
    }
}
