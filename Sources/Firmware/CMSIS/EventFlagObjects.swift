import CFirmware
import RTOS

// osEventFlags: flags that any thread sets, clears and waits for.

final class CMSISEventFlags: CMSISObject, @unchecked Sendable {
    let flags = EventFlags(consumption: .oneByOne)
}

extension HandleKind where Object == CMSISEventFlags {
    @inline(__always) static var osEventFlags: Self { Self(102) }
}

@c @implementation
public func osEventFlagsNew(_ attr: UnsafePointer<osEventFlagsAttr_t>?) -> UnsafeMutableRawPointer? {
    guard let block = ControlBlock(attr) else { return nil }
    return CMSISObject.identify(CMSISEventFlags(block), .osEventFlags, block)
}

@c @implementation
public func osEventFlagsGetName(_ efId: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    CMSISObject.name(efId, .osEventFlags)
}

@c @implementation
public func osEventFlagsSet(_ efId: UnsafeMutableRawPointer?, _ flags: UInt32) -> UInt32 {
    guard FlagWait.areFlags(flags) else { return osFlagsErrorParameter }
    return CMSISObject.with(efId, .osEventFlags, otherwise: osFlagsErrorParameter) { object in
        (try? object.flags.set(flags)) ?? osFlagsErrorResource
    }
}

@c @implementation
public func osEventFlagsClear(_ efId: UnsafeMutableRawPointer?, _ flags: UInt32) -> UInt32 {
    guard FlagWait.areFlags(flags) else { return osFlagsErrorParameter }
    return CMSISObject.with(efId, .osEventFlags, otherwise: osFlagsErrorParameter) { object in
        (try? object.flags.clear(flags)) ?? osFlagsErrorResource
    }
}

@c @implementation
public func osEventFlagsGet(_ efId: UnsafeMutableRawPointer?) -> UInt32 {
    CMSISObject.with(efId, .osEventFlags, otherwise: 0) { $0.flags.flags }
}

@c @implementation
public func osEventFlagsWait(
    _ efId: UnsafeMutableRawPointer?, _ flags: UInt32, _ options: UInt32, _ timeout: UInt32
) -> UInt32 {
    guard !CMSISCall.mustNotWait(timeout, "osEventFlagsWait"),
        let condition = FlagWait.condition(flags, options)
    else { return osFlagsErrorParameter }
    return CMSISObject.with(efId, .osEventFlags, otherwise: osFlagsErrorParameter) { object in
        FlagWait.wait(object.flags, condition, timeout)
    }
}

@c @implementation
public func osEventFlagsDelete(_ efId: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.delete(efId, .osEventFlags) { $0.flags.delete() }
}
