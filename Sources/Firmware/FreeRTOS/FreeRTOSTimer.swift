import CFirmware
import RTOS
import Synchronization

/// What stands behind a timer's handle.
final class FreeRTOSTimer: @unchecked Sendable {
    let timer: SoftwareTimer
    let cName: UnsafePointer<CChar>?
    private(set) var handle: OpaquePointer?
    let staticMemory: UnsafeMutablePointer<StaticTimer_t>?
    /// Firmware's own, to be set and read by anybody.
    let identifier: Atomic<UnsafeMutableRawPointer?>

    init(
        name: UnsafePointer<CChar>?, period: UInt32, repeats: Bool, identifier: UnsafeMutableRawPointer?,
        callback: TimerCallbackFunction_t?, memory: UnsafeMutablePointer<StaticTimer_t>? = nil
    ) {
        let place = HandlePlace()
        timer = SoftwareTimer(
            name: name.map { String(cString: $0) } ?? "", period: period, repeats: repeats,
            kernel: FirmwareKernel.kernel
        ) {
            TimerTask.isRunning()
            // One that was deleted meanwhile has no callback any more.
            if Handle.object(place.handle, .timer) != nil { callback?(place.handle) }
        }
        cName = name
        self.identifier = Atomic(identifier)
        staticMemory = memory
        handle = Handle.make(self, .timer, in: memory)
        place.handle = handle
    }

    /// Set before the timer can be started.
    private final class HandlePlace: @unchecked Sendable {
        var handle: OpaquePointer?
    }

    func delete() {
        timer.stop()
        timer.awaitCallback()
        _ = Handle.delete(handle, .timer, isStatic: staticMemory != nil)
    }

    /// The object behind a handle; nil, and the misuse is told, if there is none.
    static func of(_ handle: OpaquePointer?, _ call: StaticString) -> FreeRTOSTimer? {
        if let object = Handle.object(handle, .timer) { return object.takeUnretainedValue() }
        Misuse.assertionFailed(call, handle == nil ? "the handle is NULL" : "the handle is none, or was deleted")
        return nil
    }
}

extension HandleKind where Object == FreeRTOSTimer {
    @inline(__always) static var timer: Self { Self(6) }
}

/// The timer task as a FreeRTOS task.
enum TimerTask {
    private static let task: FreeRTOSTask = {
        let task = "Tmr Svc".withCString { FreeRTOSTask(name: $0) }
        task.adopt(FirmwareKernel.kernel.timerService.task)
        return task
    }()

    static var handle: OpaquePointer? { task.handle }

    /// The timer task calls a callback: from now on it knows who it is.
    static func isRunning() {
        if hil_firmware_task_get() == nil { hil_firmware_task_set(Unmanaged.passUnretained(task).toOpaque()) }
    }
}
