import CUMockdev
import VirtualHardware

/// A transfer on the virtual bus, and where in the memory of the program under test its data comes from or goes to.
///
/// The bus writes into memory of this object's, never into a copy of the program's: umockdev looks at that on a thread of
/// its own whenever a call ends.
final class UsbfsTransfer: @unchecked Sendable {
    enum Origin {
        /// A URB of an open file's, to be reaped.
        case urb(ClientMemory, of: UsbfsNode.File)
        /// A call that waits for it.
        case call(UnsafeMutablePointer<UMockdevIoctlClient>)
    }

    /// Where the program has the data: behind a pointer in a structure, and behind so many bytes of something else.
    struct Place {
        var structure: ClientMemory
        var pointer: Int
        var head = 0
    }

    let origin: Origin
    let transfer: URB.Transfer
    /// The program takes fewer bytes than it asked for as an error.
    let isShortAnError: Bool
    private let place: Place?
    private let isIn: Bool
    private let memory: UnsafeMutableRawBufferPointer

    /// A control transfer.
    ///
    /// - Parameter place: nil if it has no data stage.
    init?(_ setup: USBSetup, at place: Place?, for origin: Origin) {
        var data: ClientMemory?
        if let place, !setup.isIn, setup.length > 0 {
            data = place.structure.memory(behind: place.pointer, byteCount: place.head + Int(setup.length))
            guard data != nil else { return nil }
        }
        memory = .allocate(byteCount: max(Int(setup.length), 1), alignment: 16)
        if let data, let place { memory.copyMemory(from: data.bytes(place.head, count: Int(setup.length))) }
        transfer = .control(setup, UnsafeMutableRawBufferPointer(rebasing: memory[..<Int(setup.length)]))
        self.origin = origin
        self.place = place
        isIn = setup.isIn
        isShortAnError = false
    }

    /// A bulk transfer.
    init?(
        endpoint: UInt8, byteCount: Int, at place: Place, isShortAnError: Bool = false, for origin: Origin
    ) {
        isIn = endpoint & 0x80 != 0
        var data: ClientMemory?
        if !isIn, byteCount > 0 {
            data = place.structure.memory(behind: place.pointer, byteCount: byteCount)
            guard data != nil else { return nil }
        }
        memory = .allocate(byteCount: max(byteCount, 1), alignment: 16)
        if let data { memory.copyMemory(from: data.bytes(0, count: byteCount)) }
        let whole = UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
        transfer =
            isIn
            ? .bulkIn(endpoint: endpoint, whole)
            : .bulkOut(endpoint: endpoint, UnsafeRawBufferPointer(whole))
        self.origin = origin
        self.place = place
        self.isShortAnError = isShortAnError
    }

    deinit {
        memory.deallocate()
    }

    /// Bytes of data that were asked for.
    var byteCount: Int {
        switch transfer {
        case .control(let setup, _): Int(setup.length)
        case .bulkOut(_, let buffer): buffer.count
        case .bulkIn(_, let buffer): buffer.count
        }
    }

    /// Puts what has come in where the program wants it, during a call of its.
    func bring(_ count: Int) {
        guard isIn, count > 0, let place,
            let data = place.structure.memory(behind: place.pointer, byteCount: place.head + count)
        else { return }
        UnsafeMutableRawBufferPointer(rebasing: data.bytes[place.head...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }
}
