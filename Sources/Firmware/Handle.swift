import CFirmware
import RTOS
import Synchronization

/// What a C handle stands for, and the Swift class behind it.
///
/// Each interface names its kinds in an extension; the numbers differ from one another.
struct HandleKind<Object: AnyObject> {
    let mark: UInt64

    /// - Parameter number: tells the kinds apart: 1 to 99 FreeRTOS, 100 to 199 CMSIS-RTOS2, 200 to 299 µC/OS-III.
    @inline(__always)
    init(_ number: UInt16) {
        mark = HandleMark.base | UInt64(number)
    }
}

enum HandleMark {
    /// No pointer and no small number looks like it.
    @inline(__always) static var base: UInt64 { 0xB1DE_C0DE_0000_0000 }
    @inline(__always) static var deleted: UInt64 { 0xDEAD_C0DE_0000_0000 }
}

/// Handles: what C holds of an object.
///
/// A handle is the address of a `hil_handle`, in memory below 4 GiB, or in what firmware provides for a static object.
/// To use one costs a comparison: no reference is counted, since a handle owns its object until it is deleted. A deleted
/// handle is known as such for a good while: its place is the last to be used again. A pointer that never was a handle is
/// read, as the original reads it.
enum Handle {
    /// A new handle, which owns `object`; nil if there is no memory.
    ///
    /// - Parameter memory: firmware's own memory for it, or nil.
    static func make<Object>(
        _ object: Object, _ kind: HandleKind<Object>, in memory: UnsafeMutableRawPointer? = nil
    ) -> OpaquePointer? {
        guard let place = memory ?? HandlePlaces.take() else { return nil }
        if memory == nil { place.assumingMemoryBound(to: hil_handle_memory.self).pointee.reserved.0 = 0 }
        let handle = place.assumingMemoryBound(to: hil_handle.self)
        handle.pointee.object = Unmanaged.passRetained(object).toOpaque()
        mark(of: place).pointee.store(kind.mark, ordering: .releasing)
        return OpaquePointer(place)
    }

    /// The object behind a handle of this kind, not retained; nil for a null pointer, another kind or a deleted one.
    @inline(__always)
    static func object<Object>(
        _ handle: OpaquePointer?, _ kind: HandleKind<Object>
    ) -> Unmanaged<Object>? {
        guard let handle, UInt(bitPattern: handle) & 7 == 0 else { return nil }
        let place = UnsafeMutableRawPointer(handle)
        guard mark(of: place).pointee.load(ordering: .relaxed) == kind.mark,
            let object = place.assumingMemoryBound(to: hil_handle.self).pointee.object
        else { return nil }
        return Unmanaged.fromOpaque(object)
    }

    /// Whether the handle was one that has been deleted.
    static func isDeleted(_ handle: OpaquePointer?) -> Bool {
        guard let handle, UInt(bitPattern: handle) & 7 == 0 else { return false }
        return mark(of: UnsafeMutableRawPointer(handle)).pointee.load(ordering: .relaxed) == HandleMark.deleted
    }

    /// Keeps a name where it can be asked for after the deletion, until the place is used again. Not for a handle in
    /// firmware's own memory.
    static func keep(name: UnsafePointer<CChar>?, of handle: OpaquePointer) {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: hil_handle_memory.self).pointee.reserved.0 =
            UInt64(UInt(bitPattern: name))
    }

    /// The name that was kept of a deleted handle; nil if there is none.
    static func nameKept(of handle: OpaquePointer?) -> UnsafePointer<CChar>? {
        guard let handle, isDeleted(handle), HandlePlaces.contain(UnsafeMutableRawPointer(handle)) else { return nil }
        let place = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: hil_handle_memory.self)
        return UnsafePointer(bitPattern: UInt(place.pointee.reserved.0))
    }

    /// Deletes a handle. False if it was none of this kind, or another thread was faster.
    ///
    /// - Parameter keepsObject: true if somebody was still inside one of the object's calls, woken by its deletion but
    ///   not out of it yet: then it lives on. Otherwise it is let go of after a while.
    static func delete<Object>(
        _ handle: OpaquePointer?, _ kind: HandleKind<Object>, isStatic: Bool, keepsObject: Bool = false
    ) -> Bool {
        guard let handle else { return false }
        let place = UnsafeMutableRawPointer(handle)
        let (isFirst, _) = mark(of: place).pointee.compareExchange(
            expected: kind.mark, desired: HandleMark.deleted, ordering: .acquiringAndReleasing)
        guard isFirst, let object = place.assumingMemoryBound(to: hil_handle.self).pointee.object else { return false }
        HandlePlaces.retire(
            place: isStatic ? nil : place,
            object: keepsObject ? nil : Unmanaged<AnyObject>.fromOpaque(object))
        return true
    }

    @inline(__always)
    private static func mark(of place: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt64>> {
        place.assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// Memory for handles, below 4 GiB. It is never given back, so that a handle can be looked at after its deletion.
private enum HandlePlaces {
    private static let size = MemoryLayout<hil_handle_memory>.size
    private static let placesInChunk = 256
    /// So many others are deleted before a place is used again, or an object let go of.
    private static let patience = 64

    private struct Contents: @unchecked Sendable {
        var chunks: [UnsafeMutableRawPointer] = []
        var fresh: [UnsafeMutableRawPointer] = []
        var retiredPlaces: [UnsafeMutableRawPointer] = []
        var retiredObjects: [Unmanaged<AnyObject>] = []
    }

    private static let contents = Guarded(Contents())

    static func take() -> UnsafeMutableRawPointer? {
        contents.withLock { contents in
            if contents.fresh.isEmpty {
                if contents.retiredPlaces.count > patience { return contents.retiredPlaces.removeFirst() }
                guard let chunk = LowMemory.map(size * placesInChunk) else { return nil }
                contents.chunks.append(chunk)
                contents.fresh = (0..<placesInChunk).reversed().map { chunk + $0 * size }
            }
            return contents.fresh.popLast()
        }
    }

    /// Whether it is one of these places.
    static func contain(_ place: UnsafeMutableRawPointer) -> Bool {
        contents.withLock { contents in
            contents.chunks.contains { $0 <= place && place < $0 + size * placesInChunk }
        }
    }

    static func retire(place: UnsafeMutableRawPointer?, object: Unmanaged<AnyObject>?) {
        let old = contents.withLock { contents -> Unmanaged<AnyObject>? in
            if let place { contents.retiredPlaces.append(place) }
            if let object { contents.retiredObjects.append(object) }
            return contents.retiredObjects.count > patience ? contents.retiredObjects.removeFirst() : nil
        }
        old?.release()
    }
}
