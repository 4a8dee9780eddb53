import CFirmware
import RTOS
import Synchronization

/// What stands behind a stream or message buffer's handle.
final class FreeRTOSStreamBuffer: @unchecked Sendable {
    /// What it is made of: kept alive here, and used through the references below without being counted.
    private let primitive: AnyObject
    /// Which one of the two it is.
    let streamReference: Unmanaged<StreamBuffer>?
    let messagesReference: Unmanaged<MessageBuffer>?
    var stream: StreamBuffer? { streamReference?.takeUnretainedValue() }
    var messages: MessageBuffer? { messagesReference?.takeUnretainedValue() }
    private(set) var handle: OpaquePointer?
    /// Firmware's own memory for it; nil for one that was created dynamically.
    let staticMemory: UnsafeMutablePointer<StaticStreamBuffer_t>?
    let staticStorage: UnsafeMutablePointer<UInt8>?
    let notificationIndex = Atomic<UInt>(0)

    let writer = StreamRole()
    let reader = StreamRole()

    /// - Parameter lengthWidth: bytes that a message's length takes; nil for a stream.
    init(
        capacity: Int, triggerLevel: Int, isBatching: Bool, lengthWidth: Int?,
        memory: UnsafeMutablePointer<StaticStreamBuffer_t>?, storage: UnsafeMutablePointer<UInt8>?,
        onSend: StreamBufferCallbackFunction_t?, onReceive: StreamBufferCallbackFunction_t?
    ) {
        staticMemory = memory
        staticStorage = storage
        // The buffer is told its callbacks before there is a handle to call them with.
        let own = Reference()
        if let lengthWidth {
            let messages = MessageBuffer(
                capacity: capacity, lengthWidth: lengthWidth, enforcesRoles: false,
                onSend: own.callback(onSend, isWriter: true), onReceive: own.callback(onReceive, isWriter: false))
            primitive = messages
            messagesReference = .passUnretained(messages)
            streamReference = nil
        } else {
            let stream = StreamBuffer(
                capacity: capacity, triggerLevel: triggerLevel, isBatching: isBatching, enforcesRoles: false,
                onSend: own.callback(onSend, isWriter: true), onReceive: own.callback(onReceive, isWriter: false))
            primitive = stream
            streamReference = .passUnretained(stream)
            messagesReference = nil
        }
        handle = Handle.make(self, .streamBuffer, in: memory)
        own.buffer = self
    }

    private final class Reference: @unchecked Sendable {
        unowned(unsafe) var buffer: FreeRTOSStreamBuffer!

        /// C's callback as Swift's; nil if there is none.
        func callback<Buffer>(
            _ function: StreamBufferCallbackFunction_t?, isWriter: Bool
        ) -> (@Sendable (Buffer, Bool) -> Void)? {
            guard let function else { return nil }
            return { _, inInterrupt in self.buffer.call(function, inInterrupt, isWriter: isWriter) }
        }
    }

    private func call(_ callback: StreamBufferCallbackFunction_t, _ inInterrupt: Bool, isWriter: Bool) {
        callback(handle, inInterrupt ? 1 : 0, isWriter ? writer.woken : reader.woken)
    }

    /// The object behind a handle; nil, and the misuse is told, if there is none.
    @inline(__always)
    static func of(_ handle: OpaquePointer?, _ call: StaticString) -> Unmanaged<FreeRTOSStreamBuffer>? {
        if let object = Handle.object(handle, .streamBuffer) { return object }
        Misuse.assertionFailed(call, handle == nil ? "the handle is NULL" : "the handle is none, or was deleted")
        return nil
    }

    func delete() {
        let waiters = stream?.delete() ?? messages?.delete() ?? 0
        _ = Handle.delete(handle, .streamBuffer, isStatic: staticMemory != nil, keepsObject: waiters > 0)
        Kernel.switchIfDue()
    }
}

extension HandleKind where Object == FreeRTOSStreamBuffer {
    @inline(__always) static var streamBuffer: Self { Self(4) }
}

/// One side of a stream buffer: there is one writer, and one reader.
struct StreamRole: ~Copyable, @unchecked Sendable {
    private struct State: ~Copyable {
        /// Who is inside: a task's object, or `interrupt`; 0 for nobody.
        let inside = Atomic<UInt>(0)
        var woken: UnsafeMutablePointer<Int>?
    }

    /// Each side writes here at every call: on cache lines that the other side has no use for.
    private let state: UnsafeMutablePointer<State>

    private static var interrupt: UInt { 1 }

    init() {
        state = UnsafeMutableRawPointer.allocate(byteCount: CacheLines.distance, alignment: CacheLines.distance)
            .bindMemory(to: State.self, capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        state.deinitialize(count: 1)
        UnsafeMutableRawPointer(state).deallocate()
    }

    /// Where a callback may say that it has woken a task: while an interrupt is inside.
    var woken: UnsafeMutablePointer<Int>? { state.pointee.woken }

    /// Runs a call on this side; nil, and the misuse is told, if another task is inside already.
    @inline(__always)
    borrowing func run(
        _ call: StaticString, woken: UnsafeMutablePointer<Int>? = nil, _ body: () -> Int
    ) -> Int {
        let own = hil_firmware_task_get().map { UInt(bitPattern: $0) } ?? Self.interrupt
        if !state.pointee.inside.compareExchange(expected: 0, desired: own, ordering: .relaxed).exchanged,
            isTaken(own, call)
        {
            return 0
        }
        state.pointee.woken = woken
        let result = body()
        state.pointee.inside.store(0, ordering: .relaxed)
        return result
    }

    /// Somebody is inside; not for good if it was a task that has been deleted there, or is the caller's own.
    @inline(never)
    private borrowing func isTaken(_ own: UInt, _ call: StaticString) -> Bool {
        let other = state.pointee.inside.load(ordering: .relaxed)
        guard other != 0, other != own, let name = nameOfTask(other) else {
            state.pointee.inside.store(own, ordering: .relaxed)
            return false
        }
        Misuse.assertionFailed(call, "\(name) is in the same call: a buffer has one writer and one reader")
        return true
    }

    private borrowing func nameOfTask(_ address: UInt) -> String? {
        if address == Self.interrupt { return "an interrupt" }
        let task = FirmwareTask.all.first { UInt(bitPattern: Unmanaged.passUnretained($0).toOpaque()) == address }
        return task.map { "task '\($0.name)'" }
    }
}
