import CFirmware
import RTOS
import Synchronization

/// What stands behind a queue handle: a queue of items, a semaphore, a mutex, or a set of those.
final class FreeRTOSQueue: @unchecked Sendable {
    /// What it is made of: kept alive here, and used through the references below without being counted.
    private let primitive: AnyObject
    /// Items, or for a set the handles of members that have something; nil for semaphores and mutexes.
    let messagesReference: Unmanaged<MessageQueue>?
    let tokensReference: Unmanaged<Semaphore>?
    let mutexReference: Unmanaged<RTOSMutex>?
    var messages: MessageQueue? { messagesReference?.takeUnretainedValue() }
    var tokens: Semaphore? { tokensReference?.takeUnretainedValue() }
    var mutex: RTOSMutex? { mutexReference?.takeUnretainedValue() }
    let isRecursive: Bool
    let isSet: Bool
    /// Bytes in an item. One of none takes a byte in the queue all the same.
    let itemSize: Int

    private(set) var handle: OpaquePointer?
    /// Firmware's own memory for it; nil for one that was created dynamically.
    let staticMemory: UnsafeMutablePointer<StaticQueue_t>?
    let staticStorage: UnsafeMutablePointer<UInt8>?

    /// The name it has in the registry, for debuggers; the pointer is firmware's.
    let registryName = Guarded<UnsafePointer<CChar>?>(nil)
    /// The set that is told of what comes in, as a handle's address; 0 for none.
    private let setAddress = Atomic<UInt>(0)

    /// An interrupt has given the mutex, and the task that got it has not run since.
    let wasGivenByInterrupt = Atomic<Bool>(false)

    enum Content {
        case items(length: Int, size: Int)
        case set(length: Int)
        case tokens(count: UInt32, limit: UInt32)
        case mutex(isRecursive: Bool)
    }

    init(
        _ content: Content, memory: UnsafeMutablePointer<StaticQueue_t>? = nil,
        storage: UnsafeMutablePointer<UInt8>? = nil
    ) {
        var (messages, tokens, mutex): (MessageQueue?, Semaphore?, RTOSMutex?) = (nil, nil, nil)
        var (isRecursive, isSet, itemSize) = (false, false, 0)
        switch content {
        case .items(let length, let size):
            messages = MessageQueue(capacity: length, messageSize: max(size, 1))
            itemSize = size
        case .set(let length):
            messages = MessageQueue(capacity: length, messageSize: MemoryLayout<OpaquePointer>.size)
            isSet = true
            itemSize = MemoryLayout<OpaquePointer>.size
        case .tokens(let count, let limit): tokens = Semaphore(count: count, limit: limit)
        case .mutex(let recursive):
            mutex = RTOSMutex(isRecursive: recursive)
            isRecursive = recursive
        }
        let made: [AnyObject?] = [messages, tokens, mutex]
        primitive = made.compactMap { $0 }[0]
        messagesReference = messages.map { .passUnretained($0) }
        tokensReference = tokens.map { .passUnretained($0) }
        mutexReference = mutex.map { .passUnretained($0) }
        (self.isRecursive, self.isSet, self.itemSize) = (isRecursive, isSet, itemSize)
        staticMemory = memory
        staticStorage = storage
        handle = Handle.make(self, .queue, in: memory)
    }

    /// The object behind a handle; nil, and the misuse is told, if there is none.
    @inline(__always)
    static func of(_ handle: OpaquePointer?, _ call: StaticString) -> Unmanaged<FreeRTOSQueue>? {
        if let object = Handle.object(handle, .queue) { return object }
        Misuse.assertionFailed(
            call, handle == nil ? "the handle is NULL" : "the handle is none, or was deleted")
        return nil
    }

    /// Ends the object's life and that of its handle.
    func delete() {
        let waiters = messages?.delete() ?? tokens?.delete() ?? mutex?.delete() ?? 0
        _ = Handle.delete(handle, .queue, isStatic: staticMemory != nil, keepsObject: waiters > 0)
        Kernel.switchIfDue()
    }

    // MARK: What is in it

    /// Items or tokens that are there; 1 for a mutex that is free.
    var count: Int {
        if let messages { return messages.count }
        if let tokens { return Int(tokens.count) }
        return mutex!.owner == nil && !mutex!.isWithheld ? 1 : 0
    }

    /// The most there can be.
    var length: Int {
        if let messages { return messages.capacity }
        return tokens.map { Int($0.limit) } ?? 1
    }

    // MARK: Sets

    /// Whether it is a member of a set.
    var isInSet: Bool { setAddress.load(ordering: .relaxed) != 0 }

    /// Joins a set, if it is in none and there is nothing in it.
    func join(_ set: OpaquePointer) -> Bool {
        guard count == 0 || mutex != nil else { return false }
        return setAddress.compareExchange(expected: 0, desired: UInt(bitPattern: set), ordering: .relaxed).exchanged
    }

    /// Leaves that set, if there is nothing in it.
    func leave(_ set: OpaquePointer) -> Bool {
        guard count == 0 else { return false }
        return setAddress.compareExchange(expected: UInt(bitPattern: set), desired: 0, ordering: .relaxed).exchanged
    }

    /// Something came in: the set is told.
    @inline(__always)
    func tellSet() {
        if isInSet { putIntoSet() }
    }

    @inline(never)
    private func putIntoSet() {
        let address = OpaquePointer(bitPattern: setAddress.load(ordering: .relaxed))
        guard let handle, let set = Handle.object(address, .queue)?.takeUnretainedValue() else { return }
        do throws(MessageQueue.Failure) {
            try set.messages!.put(handle, timeout: .now)
        } catch {
            Misuse.assertionFailed("xQueueCreateSet", "the set is too short for the items of all its members")
        }
    }
}

extension HandleKind where Object == FreeRTOSQueue {
    @inline(__always) static var queue: Self { Self(3) }
}
