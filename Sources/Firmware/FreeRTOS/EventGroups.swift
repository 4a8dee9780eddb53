import CFirmware
import RTOS

// Event groups.

final class FreeRTOSEventGroup: @unchecked Sendable {
    /// The upper eight bits are the kernel's, in the original.
    static let usable: UInt32 = 0x00FF_FFFF

    let flags = EventFlags()
    private(set) var handle: OpaquePointer?
    let staticMemory: UnsafeMutablePointer<StaticEventGroup_t>?

    init(memory: UnsafeMutablePointer<StaticEventGroup_t>? = nil) {
        staticMemory = memory
        handle = Handle.make(self, .eventGroup, in: memory)
    }

    func delete() {
        let waiters = flags.delete()
        _ = Handle.delete(handle, .eventGroup, isStatic: staticMemory != nil, keepsObject: waiters > 0)
        Kernel.switchIfDue()
    }

    /// The object behind a handle; nil, and the misuse is told, if there is none or the bits are not all its own.
    static func of(_ handle: OpaquePointer?, _ call: StaticString, bits: UInt32 = 0) -> FreeRTOSEventGroup? {
        guard let group = Handle.object(handle, .eventGroup)?.takeUnretainedValue() else {
            Misuse.assertionFailed(call, handle == nil ? "the handle is NULL" : "the handle is none, or was deleted")
            return nil
        }
        guard bits & ~usable == 0 else {
            Misuse.assertionFailed(call, "an event group has 24 bits")
            return nil
        }
        return group
    }

    /// What came of a wait: the flags as they are now where it was in vain, 0 where the group was deleted.
    func flags(_ call: StaticString, _ wait: () throws(EventFlags.Failure) -> UInt32) -> UInt32 {
        do throws(EventFlags.Failure) {
            return try wait()
        } catch .deleted {
            return 0
        } catch .schedulerLocked {
            Misuse.assertionFailed(call, "nobody can block while the scheduler is suspended")
            return flags.flags
        } catch {
            return flags.flags
        }
    }
}

extension HandleKind where Object == FreeRTOSEventGroup {
    @inline(__always) static var eventGroup: Self { Self(5) }
}

@c @implementation
public func xEventGroupCreate() -> OpaquePointer? { FreeRTOSEventGroup().handle }

@c @implementation
public func xEventGroupCreateStatic(_ pxEventGroupBuffer: UnsafeMutablePointer<StaticEventGroup_t>?) -> OpaquePointer? {
    guard let pxEventGroupBuffer else {
        Misuse.assertionFailed("xEventGroupCreateStatic", "the buffer is NULL")
        return nil
    }
    return FreeRTOSEventGroup(memory: pxEventGroupBuffer).handle
}

@c @implementation
public func vEventGroupDelete(_ xEventGroup: OpaquePointer?) {
    FreeRTOSEventGroup.of(xEventGroup, "vEventGroupDelete")?.delete()
    RTOSTask.giveWayToHigher()
}

@c @implementation
public func xEventGroupGetStaticBuffer(
    _ xEventGroup: OpaquePointer?,
    _ ppxEventGroupBuffer: UnsafeMutablePointer<UnsafeMutablePointer<StaticEventGroup_t>?>?
) -> Int {
    guard let memory = FreeRTOSEventGroup.of(xEventGroup, "xEventGroupGetStaticBuffer")?.staticMemory else { return 0 }
    ppxEventGroupBuffer?.pointee = memory
    return 1
}

@c @implementation
public func xEventGroupWaitBits(
    _ xEventGroup: OpaquePointer?, _ uxBitsToWaitFor: UInt32, _ xClearOnExit: Int, _ xWaitForAllBits: Int,
    _ xTicksToWait: UInt32
) -> UInt32 {
    guard let group = FreeRTOSEventGroup.of(xEventGroup, "xEventGroupWaitBits", bits: uxBitsToWaitFor) else { return 0 }
    guard uxBitsToWaitFor != 0 else {
        Misuse.assertionFailed("xEventGroupWaitBits", "there are no bits to wait for")
        return 0
    }
    let condition = FlagCondition(uxBitsToWaitFor, all: xWaitForAllBits != 0, consumes: xClearOnExit != 0)
    let timeout = BlockTime.timeout(xTicksToWait, "xEventGroupWaitBits")
    return group.flags("xEventGroupWaitBits") { () throws(EventFlags.Failure) in
        try group.flags.wait(condition, timeout)
    }
}

@c @implementation
public func xEventGroupSync(
    _ xEventGroup: OpaquePointer?, _ uxBitsToSet: UInt32, _ uxBitsToWaitFor: UInt32, _ xTicksToWait: UInt32
) -> UInt32 {
    guard let group = FreeRTOSEventGroup.of(xEventGroup, "xEventGroupSync", bits: uxBitsToWaitFor | uxBitsToSet) else {
        return 0
    }
    guard uxBitsToWaitFor != 0 else {
        Misuse.assertionFailed("xEventGroupSync", "there are no bits to wait for")
        return 0
    }
    let timeout = BlockTime.timeout(xTicksToWait, "xEventGroupSync")
    return group.flags("xEventGroupSync") { () throws(EventFlags.Failure) in
        try group.flags.synchronize(setting: uxBitsToSet, waitingFor: uxBitsToWaitFor, timeout)
    }
}

@c @implementation
public func xEventGroupSetBits(_ xEventGroup: OpaquePointer?, _ uxBitsToSet: UInt32) -> UInt32 {
    let group = FreeRTOSEventGroup.of(xEventGroup, "xEventGroupSetBits", bits: uxBitsToSet)
    return (try? group?.flags.set(uxBitsToSet)) ?? 0
}

@c @implementation
public func xEventGroupClearBits(_ xEventGroup: OpaquePointer?, _ uxBitsToClear: UInt32) -> UInt32 {
    let group = FreeRTOSEventGroup.of(xEventGroup, "xEventGroupClearBits", bits: uxBitsToClear)
    return (try? group?.flags.clear(uxBitsToClear)) ?? 0
}

@c @implementation
public func xEventGroupGetBitsFromISR(_ xEventGroup: OpaquePointer?) -> UInt32 {
    let group = FreeRTOSEventGroup.of(xEventGroup, "xEventGroupGetBitsFromISR")
    return InterruptCall.run(nil) { group?.flags.flags ?? 0 }
}

@c @implementation
public func xEventGroupSetBitsFromISR(
    _ xEventGroup: OpaquePointer?, _ uxBitsToSet: UInt32, _ pxHigherPriorityTaskWoken: UnsafeMutablePointer<Int>?
) -> Int {
    guard let group = FreeRTOSEventGroup.of(xEventGroup, "xEventGroupSetBitsFromISR", bits: uxBitsToSet) else {
        return 0
    }
    return InterruptCall.run(pxHigherPriorityTaskWoken) { (try? group.flags.set(uxBitsToSet)) == nil ? 0 : 1 }
}

@c @implementation
public func xEventGroupClearBitsFromISR(_ xEventGroup: OpaquePointer?, _ uxBitsToClear: UInt32) -> Int {
    guard let group = FreeRTOSEventGroup.of(xEventGroup, "xEventGroupClearBitsFromISR", bits: uxBitsToClear) else {
        return 0
    }
    return InterruptCall.run(nil) { (try? group.flags.clear(uxBitsToClear)) == nil ? 0 : 1 }
}

@c @implementation
public func vEventGroupSetBitsCallback(_ pvEventGroup: UnsafeMutableRawPointer?, _ ulBitsToSet: UInt32) {
    _ = xEventGroupSetBits(pvEventGroup.map { OpaquePointer($0) }, ulBitsToSet)
}

@c @implementation
public func vEventGroupClearBitsCallback(_ pvEventGroup: UnsafeMutableRawPointer?, _ ulBitsToClear: UInt32) {
    _ = xEventGroupClearBits(pvEventGroup.map { OpaquePointer($0) }, ulBitsToClear)
}
