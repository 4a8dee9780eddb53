import CFirmware
import RTOS
import Synchronization

/// A FreeRTOS task: what FreeRTOS keeps of it besides what every task has.
final class FreeRTOSTask: FirmwareTask, @unchecked Sendable {
    /// How many pointers firmware may keep with a task, whatever its configuration says.
    static let localStorageCount = 16

    private(set) var handle: OpaquePointer?
    /// Firmware's own memory for it; nil for a task that was created dynamically.
    let staticMemory: UnsafeMutablePointer<StaticTask_t>?
    let staticStack: UnsafeMutablePointer<StackType_t>?

    /// Set by `xTaskAbortDelay` until the task has noticed: the end of a wait by suspension is none for good.
    private let isAborted = Atomic<Bool>(false)

    /// Used by whoever firmware lets use it, as in the original.
    var tag: TaskHookFunction_t?
    let localStorage: UnsafeMutablePointer<UnsafeMutableRawPointer?>

    init(
        name: UnsafePointer<CChar>?, memory: UnsafeMutablePointer<StaticTask_t>? = nil,
        stack: UnsafeMutablePointer<StackType_t>? = nil
    ) {
        staticMemory = memory
        staticStack = stack
        localStorage = .allocate(capacity: Self.localStorageCount)
        localStorage.initialize(repeating: nil, count: Self.localStorageCount)
        super.init(name: name, longestName: FreeRTOSSettings.current.longestTaskName - 1)
        handle = Handle.make(self, .task, in: memory)
    }

    deinit {
        localStorage.deallocate()
    }

    override func hasEnded() {
        _ = Handle.delete(handle, .task, isStatic: staticMemory != nil)
    }

    /// Ends the task's wait for good; false if it did not wait.
    func abortDelay() -> Bool {
        isAborted.store(true, ordering: .releasing)
        if task.abortDelay() { return true }
        isAborted.store(false, ordering: .relaxed)
        return false
    }

    /// Whether the caller's wait, which somebody has ended, is to be taken up again: it was suspended in it, and has been
    /// resumed.
    static var mustWaitAgain: Bool {
        guard let own = ofCaller else { return false }
        return !own.isAborted.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// The one that the calling thread runs; nil if it runs none.
    static var ofCaller: FreeRTOSTask? { FirmwareTask.current as? FreeRTOSTask }

    /// The task of a handle, or the caller's own for NULL; nil, and the misuse is told, if it is none.
    @inline(__always)
    static func task(_ handle: OpaquePointer?, _ call: StaticString) -> RTOSTask? {
        if let object = Handle.object(handle, .task) { return object._withUnsafeGuaranteedRef { $0.task } }
        if handle == nil { return RTOSTask.current }
        Misuse.assertionFailed(call, "the task handle is none, or of a task that was deleted")
        return nil
    }

    /// The same as an object; nil, and the misuse is told, if there is none.
    static func object(_ handle: OpaquePointer?, _ call: StaticString) -> FreeRTOSTask? {
        if let object = Handle.object(handle, .task) { return object.takeUnretainedValue() }
        if handle == nil, let own = ofCaller { return own }
        Misuse.assertionFailed(call, handle == nil ? "the caller is no task" : "not the handle of a task that lives")
        return nil
    }
}

extension HandleKind where Object == FreeRTOSTask {
    @inline(__always) static var task: Self { Self(1) }
}
