import CFirmware
import RTOS

/// A thread of CMSIS-RTOS2: what it keeps besides what every task has.
final class CMSISThread: FirmwareTask, @unchecked Sendable {
    /// A thread is not given the stack that firmware asks for: so much is always left of the one it has.
    static let usualStackSize: UInt32 = 65536

    private struct Life {
        var isJoinable: Bool
        var isTerminated = false
    }

    /// The name as firmware gave it.
    let givenName: UnsafePointer<CChar>?
    let stackSize: UInt32
    /// The thread flags: nobody but the thread itself waits for them.
    let flags = EventFlags(consumption: .oneByOne)
    /// The timers' thread.
    let isService: Bool
    private let isStatic: Bool
    private let life: Guarded<Life>
    private var handle: OpaquePointer?

    init(
        _ block: ControlBlock, stackSize: UInt32 = CMSISThread.usualStackSize, isService: Bool = false
    ) {
        givenName = block.name
        isStatic = block.memory != nil
        self.stackSize = stackSize
        self.isService = isService
        life = Guarded(Life(isJoinable: block.bits & osThreadJoinable != 0))
        super.init(name: block.name)
        handle = Handle.make(self, .osThread, in: block.memory)
    }

    /// Nil if there was no memory for it.
    var id: UnsafeMutableRawPointer? { handle.map { UnsafeMutableRawPointer($0) } }

    /// It has ended, or is about to.
    var isTerminated: Bool { life.withLock { $0.isTerminated } }

    override func hasEnded() {
        let isJoinable = life.withLock { life in
            life.isTerminated = true
            return life.isJoinable
        }
        if !isJoinable { forget() }
    }

    /// From now on nobody joins it. False if it was not joinable.
    func detach() -> Bool {
        let outcome = life.withLock { life in
            defer { life.isJoinable = false }
            return (wasJoinable: life.isJoinable, isOver: life.isTerminated)
        }
        if outcome.wasJoinable, outcome.isOver { forget() }
        return outcome.wasJoinable
    }

    private func forget() {
        _ = Handle.delete(handle, .osThread, isStatic: isStatic)
    }

    // MARK: Finding one

    /// The one that the calling thread runs; nil if it runs none.
    @inline(__always)
    static var ofCaller: CMSISThread? {
        guard let task = FirmwareTask.current, type(of: task) == CMSISThread.self else { return nil }
        return unsafeDowncast(task, to: CMSISThread.self)
    }

    /// Those that have not ended, in the order of their creation, without the timers' thread.
    static var active: [CMSISThread] {
        FirmwareTask.all.compactMap { $0 as? CMSISThread }.filter { !$0.isService && !$0.isTerminated }
    }

    /// Calls `body` with a thread that has not ended; otherwise the answer is a parameter or a resource error.
    static func withLiving(
        _ id: UnsafeMutableRawPointer?, _ body: (CMSISThread) -> osStatus_t
    ) -> osStatus_t {
        if CMSISCall.isInterrupt { return osErrorISR }
        return CMSISObject.with(id, .osThread, otherwise: osErrorParameter) { thread in
            thread.isTerminated ? osErrorResource : body(thread)
        }
    }
}

extension HandleKind where Object == CMSISThread {
    @inline(__always) static var osThread: Self { Self(100) }
}
