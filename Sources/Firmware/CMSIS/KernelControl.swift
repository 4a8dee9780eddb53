import CFirmware
import RTOS
import Synchronization

// osKernel: the life of the scheduler, its lock, and time.

/// What the interface knows of the kernel besides what every firmware does.
enum CMSISKernel {
    fileprivate static let isInitialized = Atomic<Bool>(false)
    fileprivate static let isSuspended = Atomic<Bool>(false)
    /// When `osKernelSuspend` was called.
    fileprivate static let suspensionTick = Atomic<UInt64>(0)
    fileprivate static let identification = "hilbridge CMSIS-RTOS2"
    /// Counts in a second of the system timer: no more than a microcontroller's, so that 32 bits last for a while.
    fileprivate static let timerFrequency: UInt32 = 100_000_000

    private static let prepared: Void = {
        FirmwareKernel.configure { kernel in
            // FreeRTOS's configuration may have set it before.
            if kernel.timerPriority == Kernel.Configuration().timerPriority {
                kernel.timerPriority = UInt8(osPriorityHigh.rawValue)
            }
        }
        _ = FirmwareKernel.kernel
    }()

    /// Settles how the kernel works, before its first user.
    static func prepare() { _ = prepared }

    /// As the calling thread sees it.
    static var state: osKernelState_t {
        switch FirmwareKernel.phase {
        case .inactive: isInitialized.load(ordering: .acquiring) ? osKernelReady : osKernelInactive
        case .ended: osKernelError
        case .running where isSuspended.load(ordering: .acquiring): osKernelSuspended
        case .running: Kernel.schedulerLockDepth > 0 ? osKernelLocked : osKernelRunning
        }
    }

    /// Ticks until the next wait with a time ends, or `osWaitForever`.
    fileprivate static var sleepTime: UInt32 {
        var ticks = FirmwareTask.all.compactMap { $0.task.wakeTick }
        if let timers = CMSISTimer.service, let tick = timers.task.wakeTick { ticks.append(tick) }
        guard let next = ticks.min() else { return osWaitForever }
        let now = FirmwareKernel.kernel.tickCount
        return UInt32(clamping: next > now ? next - now : 1)
    }
}

@c @implementation
public func osKernelInitialize() -> osStatus_t {
    FirmwareKernel.switchIfDue()
    if CMSISCall.isInterrupt { return osErrorISR }
    switch CMSISKernel.state {
    case osKernelReady: return osOK
    case osKernelInactive:
        CMSISKernel.prepare()
        CMSISKernel.isInitialized.store(true, ordering: .releasing)
        return osOK
    default: return osError
    }
}

@c @implementation
public func osKernelGetInfo(
    _ version: UnsafeMutablePointer<osVersion_t>?, _ name: UnsafeMutablePointer<CChar>?, _ size: UInt32
) -> osStatus_t {
    FirmwareKernel.switchIfDue()
    version?.pointee = osVersion_t(api: 20_030_000, kernel: 10_000_000)
    if let name, size > 0 {
        let text = CMSISKernel.identification.utf8.prefix(Int(size) - 1)
        for (index, byte) in text.enumerated() { name[index] = CChar(bitPattern: byte) }
        name[text.count] = 0
    }
    return osOK
}

@c @implementation
public func osKernelGetState() -> osKernelState_t {
    FirmwareKernel.switchIfDue()
    return CMSISKernel.state
}

@c @implementation
public func osKernelStart() -> osStatus_t {
    if CMSISCall.isInterrupt { return osErrorISR }
    guard CMSISKernel.state == osKernelReady, FirmwareKernel.run() else { return osError }
    // Somebody has ended the scheduler, by means of another interface.
    return osOK
}

// MARK: The scheduler's lock

extension CMSISKernel {
    /// Whether it was locked, 1 or 0, or a status below 0; and it is as asked for from now on.
    fileprivate static func setLocked(_ locks: Bool) -> Int32 {
        if CMSISCall.isInterrupt { return osErrorISR.rawValue }
        switch state {
        case osKernelRunning:
            if locks { Kernel.lockScheduler() }
            return 0
        case osKernelLocked:
            // It does not nest here.
            while !locks, Kernel.unlockScheduler() {}
            return 1
        default: return osError.rawValue
        }
    }
}

@c @implementation
public func osKernelLock() -> Int32 { CMSISKernel.setLocked(true) }

@c @implementation
public func osKernelUnlock() -> Int32 { CMSISKernel.setLocked(false) }

@c @implementation
public func osKernelRestoreLock(_ lock: Int32) -> Int32 {
    if CMSISCall.isInterrupt { return osErrorISR.rawValue }
    guard lock == 0 || lock == 1 else { return osError.rawValue }
    let previous = CMSISKernel.setLocked(lock == 1)
    return previous < 0 ? previous : lock
}

@c @implementation
public func osKernelSuspend() -> UInt32 {
    guard !CMSISCall.isInterrupt, CMSISKernel.state == osKernelRunning else { return 0 }
    Kernel.lockScheduler()
    CMSISKernel.suspensionTick.store(FirmwareKernel.kernel.tickCount, ordering: .relaxed)
    CMSISKernel.isSuspended.store(true, ordering: .releasing)
    return CMSISKernel.sleepTime
}

@c @implementation
public func osKernelResume(_ sleepTicks: UInt32) {
    guard !CMSISCall.isInterrupt, CMSISKernel.state == osKernelSuspended, Kernel.schedulerLockDepth > 0 else { return }
    CMSISKernel.isSuspended.store(false, ordering: .releasing)
    Kernel.unlockScheduler()
    // The original adds the ticks of its stopped timer. Here time goes on by itself, and may still have to. For ever is
    // what `osKernelSuspend` answers if nothing will end the sleep: nobody means that much time.
    if sleepTicks > 0, sleepTicks != osWaitForever, FirmwareTask.current != nil {
        let suspensionTick = CMSISKernel.suspensionTick.load(ordering: .relaxed)
        RTOSTask.delay(untilTick: suspensionTick + UInt64(sleepTicks))
    }
}

// MARK: Time

@c @implementation
public func osKernelGetTickCount() -> UInt32 {
    FirmwareKernel.phase == .inactive ? 0 : UInt32(truncatingIfNeeded: Kernel.ticks())
}

@c @implementation
public func osKernelGetTickFreq() -> UInt32 {
    FirmwareKernel.switchIfDue()
    CMSISKernel.prepare()
    return FirmwareKernel.tickRate
}

@c @implementation
public func osKernelGetSysTimerCount() -> UInt32 {
    guard FirmwareKernel.phase != .inactive else { return 0 }
    // A loop that waits for it must come to an end.
    _ = Kernel.ticks()
    let kernel = FirmwareKernel.kernel
    let elapsed = kernel.now.nanoseconds(since: kernel.time(ofTick: 0))
    return UInt32(truncatingIfNeeded: elapsed / (1_000_000_000 / UInt64(CMSISKernel.timerFrequency)))
}

@c @implementation
public func osKernelGetSysTimerFreq() -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISKernel.timerFrequency
}
