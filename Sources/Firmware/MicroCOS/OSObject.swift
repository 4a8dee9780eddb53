import CFirmware
import RTOS

/// A structure of µC/OS-III's that stands for one of the kernel's primitives. It begins with a handle and `Type`.
protocol OSObject {
    associatedtype Primitive: AnyObject
    static var kind: HandleKind<Primitive> { get }
    static var type: OS_OBJ_TYPE { get }
}

extension UnsafeMutablePointer where Pointee: OSObject {
    private var handle: OpaquePointer { OpaquePointer(self) }

    /// The field `Type`, which cannot be named in Swift.
    @inline(__always)
    private var type: UnsafeMutablePointer<OS_OBJ_TYPE> {
        (UnsafeMutableRawPointer(self) + MemoryLayout<hil_handle>.size).assumingMemoryBound(to: OS_OBJ_TYPE.self)
    }

    /// Whether firmware has created it, and not deleted it.
    var isCreated: Bool { type.pointee == Pointee.type && Handle.object(handle, Pointee.kind) != nil }

    /// The primitive behind it.
    @inline(__always)
    func primitive() throws(OSFailure) -> Pointee.Primitive {
        guard type.pointee == Pointee.type, let object = Handle.object(handle, Pointee.kind) else {
            throw OSFailure(OS_ERR_OBJ_TYPE)
        }
        return object.takeUnretainedValue()
    }

    /// Whether it is still the one that the caller had before it waited.
    func stands(for primitive: Pointee.Primitive) -> Bool {
        guard let object = Handle.object(handle, Pointee.kind) else { return false }
        return object.takeUnretainedValue() === primitive
    }

    /// It stands for `primitive` from now on.
    func create(_ primitive: Pointee.Primitive) {
        _ = Handle.make(primitive, Pointee.kind, in: UnsafeMutableRawPointer(self))
        type.pointee = Pointee.type
    }

    /// It stands for nothing any more.
    func forget(keepsObject: Bool) {
        type.pointee = OS_OBJ_TYPE_NONE
        _ = Handle.delete(handle, Pointee.kind, isStatic: true, keepsObject: keepsObject)
    }
}

extension Optional {
    /// The structure that a call is about.
    @inline(__always)
    func needed<Object>(or code: OS_ERR = OS_ERR_OBJ_PTR_NULL) throws(OSFailure) -> UnsafeMutablePointer<Object>
    where Wrapped == UnsafeMutablePointer<Object> {
        guard let self else { throw OSFailure(code) }
        return self
    }

    /// The structure that is to be created.
    func toCreate<Object: OSObject>() throws(OSFailure) -> UnsafeMutablePointer<Object>
    where Wrapped == UnsafeMutablePointer<Object> {
        try OSCall.refuseInterrupt(OS_ERR_CREATE_ISR)
        let pointer = try needed()
        if pointer.isCreated { throw OSFailure(OS_ERR_OBJ_CREATED) }
        return pointer
    }
}

enum OSObjects {
    /// Brings the list of those who wait for an object up to date, of whom there are so many.
    @inline(__always)
    static func show(_ count: Int, of object: UnsafeMutableRawPointer, in list: inout OS_PEND_LIST) {
        if count == 0 { list = OS_PEND_LIST() } else { OSTask.showWaiters(of: object, in: &list) }
    }
}

/// The kinds, as `HandleKind` numbers them.
enum OSKindNumber {
    static let task: UInt16 = 200
    static let queue: UInt16 = 201
    static let memory: UInt16 = 202
    static let semaphore: UInt16 = 203
    static let mutex: UInt16 = 204
    static let flags: UInt16 = 205
    static let timer: UInt16 = 206
}
