import CFirmware
import RTOS
import Synchronization

/// A thread of CMSIS-RTOS2: what it keeps besides what every task has.
final class CMSISThread: FirmwareTask, @unchecked Sendable {
    /// A thread is not given the stack that firmware asks for: so much is always left of the one it has.
    static let usualStackSize: UInt32 = 65536

    /// Bytes that a Cortex-M keeps on the stack of a thread that does not run: 16 registers.
    static let savedRegisters: UInt32 = 64

    private enum Life {
        static let joinable: UInt8 = 1
        static let terminated: UInt8 = 2
    }

    /// The name as firmware gave it.
    let givenName: UnsafePointer<CChar>?
    let stackSize: UInt32
    /// The thread flags: nobody but the thread itself waits for them.
    let flags = EventFlags(consumption: .oneByOne)
    /// The timers' thread.
    let isService: Bool
    private let isStatic: Bool
    private let life: Atomic<UInt8>
    private var handle: OpaquePointer?

    init(
        _ block: ControlBlock, stackSize: UInt32 = CMSISThread.usualStackSize, isService: Bool = false
    ) {
        givenName = block.name
        isStatic = block.memory != nil
        self.stackSize = stackSize
        self.isService = isService
        life = Atomic(block.bits & osThreadJoinable != 0 ? Life.joinable : 0)
        // What says what the thread does wrong needs a name for it.
        super.init(name: block.name ?? ControlBlock.cString("thread"))
        handle = Handle.make(self, .osThread, in: block.memory)
        if let handle, !isStatic { Handle.keep(name: block.name, of: handle) }
    }

    /// Nil if there was no memory for it.
    var id: UnsafeMutableRawPointer? { handle.map { UnsafeMutableRawPointer($0) } }

    /// It has ended, or is about to.
    var isTerminated: Bool { life.load(ordering: .acquiring) & Life.terminated != 0 }

    // Of its end and its being detached, the later one takes the identifier back.

    override func hasEnded() {
        let before = life.bitwiseOr(Life.terminated, ordering: .acquiringAndReleasing).oldValue
        if before & Life.joinable == 0 { forget() }
    }

    /// From now on nobody joins it. False if it was not joinable.
    func detach() -> Bool {
        let before = life.bitwiseAnd(~Life.joinable, ordering: .acquiringAndReleasing).oldValue
        if before == Life.joinable | Life.terminated { forget() }
        return before & Life.joinable != 0
    }

    private func forget() {
        _ = Handle.delete(handle, .osThread, isStatic: isStatic)
    }

    // MARK: Finding one

    /// Calls `body` with the one that the calling thread runs; `otherwise` if it runs none.
    @inline(__always)
    static func withCaller<Result>(otherwise: Result, _ body: (CMSISThread) -> Result) -> Result {
        guard let task = hil_firmware_task_get() else { return otherwise }
        return Unmanaged<FirmwareTask>.fromOpaque(task)._withUnsafeGuaranteedRef { task in
            guard type(of: task) == CMSISThread.self else { return otherwise }
            return body(unsafeDowncast(task, to: CMSISThread.self))
        }
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
