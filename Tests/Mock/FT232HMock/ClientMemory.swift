import CUMockdev

/// A piece of the memory of the program under test, as umockdev copies it from there when it is asked for, and back when
/// the call that is under way is completed.
///
/// It may be made on any thread, but only during a call of the client whose memory it is.
final class ClientMemory: @unchecked Sendable {
    private let data: UnsafeMutablePointer<UMockdevIoctlData>

    private init(_ data: UnsafeMutablePointer<UMockdevIoctlData>) {
        self.data = data
    }

    deinit {
        g_object_unref(data)
    }

    /// What a call's argument points at; nil if the client is gone, or for a null pointer.
    convenience init?(argument client: UnsafeMutablePointer<UMockdevIoctlClient>, byteCount: Int) {
        guard let argument = umockdev_ioctl_client_get_arg(client) else { return nil }
        self.init(behind: argument, offset: 0, byteCount: byteCount)
    }

    private convenience init?(behind data: UnsafeMutablePointer<UMockdevIoctlData>, offset: Int, byteCount: Int) {
        guard byteCount > 0, let found = umockdev_ioctl_data_resolve(data, gsize(offset), gsize(byteCount), nil) else {
            return nil
        }
        self.init(found)
    }

    /// What a pointer in this memory points at.
    ///
    /// - Parameter offset: where in it the pointer is.
    func memory(behind offset: Int, byteCount: Int) -> ClientMemory? {
        ClientMemory(behind: data, offset: offset, byteCount: byteCount)
    }

    /// Where it is in the client's memory.
    var address: UInt { UInt(data.pointee.client_addr) }

    /// The copy. It stays where it is, and is written back by the call in which it is made or put in its place.
    var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: data.pointee.data, count: Int(data.pointee.data_len))
    }

    /// A part of the copy.
    func bytes(_ start: Int, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
    }

    /// The copy as a structure of C's.
    func value<Value>(as type: Value.Type) -> Value {
        UnsafeRawPointer(data.pointee.data).assumingMemoryBound(to: type).pointee
    }

    func setValue<Value>(_ value: Value) {
        UnsafeMutableRawPointer(data.pointee.data).assumingMemoryBound(to: Value.self).pointee = value
    }

    /// Puts the address of other memory at the beginning of this: an answer that is a pointer.
    func setPointer(to other: ClientMemory) {
        umockdev_ioctl_data_set_ptr(data, 0, other.data)
    }
}
