import CFirmware
import RTOS
import Synchronization

// osTimer: functions that the timers' thread calls, once or again and again.

final class CMSISTimer: CMSISObject, @unchecked Sendable {
    let timer: SoftwareTimer

    init(
        _ block: ControlBlock, repeats: Bool, _ function: @escaping osTimerFunc_t, _ argument: UnsafeMutableRawPointer?
    ) {
        nonisolated(unsafe) let argument = argument
        timer = SoftwareTimer(period: 1, repeats: repeats, kernel: FirmwareKernel.kernel) {
            CMSISTimer.adoptThread()
            function(argument)
        }
        Self.isServiceInUse.store(true, ordering: .relaxed)
        super.init(block)
    }

    private static let isServiceInUse = Atomic<Bool>(false)

    /// Who runs the timers; nil as long as there were none.
    static var service: TimerService? {
        isServiceInUse.load(ordering: .relaxed) ? FirmwareKernel.kernel.timerService : nil
    }

    /// The timers' thread is one of firmware's to what it calls, as in the original: it has an identifier and may wait.
    private static func adoptThread() {
        guard hil_firmware_task_get() == nil else { return }
        let thread = CMSISThread(ControlBlock(named: "timers"), isService: true)
        thread.adopt(.current)
        hil_firmware_task_set(Unmanaged.passRetained(thread).toOpaque())
    }
}

extension HandleKind where Object == CMSISTimer {
    @inline(__always) static var osTimer: Self { Self(101) }
}

@c @implementation
public func osTimerNew(
    _ func: osTimerFunc_t?, _ type: osTimerType_t, _ argument: UnsafeMutableRawPointer?,
    _ attr: UnsafePointer<osTimerAttr_t>?
) -> UnsafeMutableRawPointer? {
    guard let function = `func`, type == osTimerOnce || type == osTimerPeriodic, let block = ControlBlock(attr) else {
        return nil
    }
    let timer = CMSISTimer(block, repeats: type == osTimerPeriodic, function, argument)
    return CMSISObject.identify(timer, .osTimer, block)
}

@c @implementation
public func osTimerGetName(_ timerId: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    FirmwareKernel.switchIfDue()
    return CMSISObject.name(timerId, .osTimer)
}

@c @implementation
public func osTimerStart(_ timerId: UnsafeMutableRawPointer?, _ ticks: UInt32) -> osStatus_t {
    if CMSISCall.isInterrupt { return osErrorISR }
    guard ticks > 0 else { return osErrorParameter }
    return CMSISObject.with(timerId, .osTimer, otherwise: osErrorParameter) { object in
        // Tick 0 begins with the kernel.
        object.timer.start(period: ticks, countingFrom: FirmwareKernel.phase == .inactive ? 0 : nil)
        return osOK
    }
}

@c @implementation
public func osTimerStop(_ timerId: UnsafeMutableRawPointer?) -> osStatus_t {
    if CMSISCall.isInterrupt { return osErrorISR }
    return CMSISObject.with(timerId, .osTimer, otherwise: osErrorParameter) { object in
        let wasRunning = object.timer.stop()
        object.timer.awaitCallback()
        return wasRunning ? osOK : osErrorResource
    }
}

@c @implementation
public func osTimerIsRunning(_ timerId: UnsafeMutableRawPointer?) -> UInt32 {
    if CMSISCall.isInterrupt { return 0 }
    return CMSISObject.with(timerId, .osTimer, otherwise: 0) { $0.timer.isRunning ? 1 : 0 }
}

@c @implementation
public func osTimerDelete(_ timerId: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.delete(timerId, .osTimer) { object in
        object.timer.stop()
        object.timer.awaitCallback()
        return 0
    }
}
