import CFirmware
import RTOS

/// What every kind of object is created with.
protocol CMSISAttributes {
    var name: UnsafePointer<CChar>! { get }
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var attr_bits: UInt32 { get }
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var cb_mem: UnsafeMutableRawPointer! { get }
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var cb_size: UInt32 { get }
}

extension osThreadAttr_t: CMSISAttributes {}
extension osTimerAttr_t: CMSISAttributes {}
extension osEventFlagsAttr_t: CMSISAttributes {}
extension osMutexAttr_t: CMSISAttributes {}
extension osSemaphoreAttr_t: CMSISAttributes {}
extension osMemoryPoolAttr_t: CMSISAttributes {}
extension osMessageQueueAttr_t: CMSISAttributes {}

/// A new object's name and the memory for its identifier, as its attributes have them.
struct ControlBlock {
    /// Firmware's own string, which lives as long as the object, as the interface asks for.
    let name: UnsafePointer<CChar>?
    /// Firmware's memory for the identifier, or nil.
    let memory: UnsafeMutableRawPointer?
    let bits: UInt32

    /// Nil if an interrupt asks, or the memory is not what it should be.
    init?(_ attributes: UnsafePointer<some CMSISAttributes>?) {
        guard !CMSISCall.isInterrupt else { return nil }
        CMSISKernel.prepare()
        guard let attributes = attributes?.pointee else {
            (name, memory, bits) = (nil, nil, 0)
            return
        }
        let size = Int(attributes.cb_size)
        if let given = attributes.cb_mem {
            let address = UInt(bitPattern: given)
            guard address % 4 == 0, size >= MemoryLayout<hil_handle>.size else { return nil }
            // The original asks for less: then the memory is only a token.
            memory = address % UInt(MemoryLayout<hil_handle>.alignment) == 0 ? given : nil
        } else {
            guard size == 0 else { return nil }
            memory = nil
        }
        name = UnsafePointer(attributes.name)
        bits = attributes.attr_bits
    }

    /// For an object of the library's own.
    init(named name: StaticString) {
        (self.name, memory, bits) = (Self.cString(name), nil, 0)
    }

    /// Lives as long as the process.
    static func cString(_ text: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// Whether memory for something else is as it should be: aligned to 4 and large enough, or none at all.
    static func accepts(_ memory: UnsafeMutableRawPointer?, _ size: UInt32, atLeast needed: UInt64) -> Bool {
        guard let memory else { return size == 0 }
        return UInt(bitPattern: memory) % 4 == 0 && UInt64(size) >= needed
    }
}

/// What the objects have in common: a name, and an identifier that owns them until they are deleted.
class CMSISObject: @unchecked Sendable {
    let name: UnsafePointer<CChar>?
    private let isStatic: Bool

    init(_ block: ControlBlock) {
        name = block.name
        isStatic = block.memory != nil
    }

    /// The identifier of a new object; nil if there is no memory.
    static func identify<Object: CMSISObject>(
        _ object: Object, _ kind: HandleKind<Object>, _ block: ControlBlock
    ) -> UnsafeMutableRawPointer? {
        Handle.make(object, kind, in: block.memory).map { UnsafeMutableRawPointer($0) }
    }

    /// Calls `body` with the object of an identifier; `otherwise` if it is none of this kind.
    @inline(__always)
    static func with<Object: AnyObject, Result>(
        _ id: UnsafeMutableRawPointer?, _ kind: HandleKind<Object>, otherwise: Result, _ body: (Object) -> Result
    ) -> Result {
        guard let object = Handle.object(OpaquePointer(id), kind) else { return otherwise }
        return object._withUnsafeGuaranteedRef(body)
    }

    static func name<Object: CMSISObject>(
        _ id: UnsafeMutableRawPointer?, _ kind: HandleKind<Object>
    ) -> UnsafePointer<CChar>? {
        FirmwareKernel.switchIfDue()
        return with(id, kind, otherwise: nil) { $0.name }
    }

    /// Deletes an object.
    ///
    /// - Parameter ending: ends all waits for it, and answers how many those were.
    static func delete<Object: CMSISObject>(
        _ id: UnsafeMutableRawPointer?, _ kind: HandleKind<Object>, ending: (Object) -> Int
    ) -> osStatus_t {
        if CMSISCall.isInterrupt { return osErrorISR }
        guard let object = Handle.object(OpaquePointer(id), kind)?.takeUnretainedValue() else {
            return osErrorParameter
        }
        let waiters = ending(object)
        let isFirst = Handle.delete(OpaquePointer(id), kind, isStatic: object.isStatic, keepsObject: waiters > 0)
        // Those who waited go first if their priority is higher.
        Kernel.switchIfDue()
        if waiters > 0 { RTOSTask.giveWayToHigher() }
        return isFirst ? osOK : osErrorParameter
    }
}
