import CLibFTDI

/// libusb's transfers, allocated once, and those of them that have ended.
///
/// The ends are only touched by the thread that handles libusb's events, one at a time.
final class LibUSBSlots: @unchecked Sendable {
    /// What libusb's callback is given.
    private struct Slot {
        var number: Int
        var ends: UnsafeMutablePointer<Ends>
    }

    private struct Ends {
        var list: UnsafeMutableBufferPointer<USBEnd>
        var first = 0
        var count = 0

        mutating func append(_ end: USBEnd) {
            list[(first + count) % list.count] = end
            count += 1
        }
    }

    private let transfers: UnsafeMutableBufferPointer<UnsafeMutablePointer<libusb_transfer>>
    private let slots: UnsafeMutableBufferPointer<Slot>
    private let ends: UnsafeMutablePointer<Ends>
    /// A setup packet, and its data behind it.
    private let control: UnsafeMutablePointer<UInt8>
    private var answer: UnsafeMutableRawPointer?
    private static let setupLength = MemoryLayout<libusb_control_setup>.size

    /// nil if there is no memory.
    init?(_ handle: OpaquePointer) {
        let made = (0..<USBSlots.count).compactMap { _ in libusb_alloc_transfer(0) }
        guard made.count == USBSlots.count else {
            for transfer in made { libusb_free_transfer(transfer) }
            return nil
        }
        transfers = .allocate(capacity: made.count)
        _ = transfers.initialize(from: made)
        control = .allocate(capacity: Self.setupLength + FTDIRequest.longestAnswer)
        control.initialize(repeating: 0, count: Self.setupLength + FTDIRequest.longestAnswer)
        let list = UnsafeMutableBufferPointer<USBEnd>.allocate(capacity: made.count)
        list.initialize(repeating: USBEnd(slot: 0, status: .completed, count: 0))
        ends = .allocate(capacity: 1)
        ends.initialize(to: Ends(list: list))
        slots = .allocate(capacity: made.count)
        for number in made.indices {
            slots.initializeElement(at: number, to: Slot(number: number, ends: ends))
            let transfer = made[number]
            transfer.pointee.dev_handle = handle
            transfer.pointee.timeout = 0
            transfer.pointee.type = UInt8(
                number == USBSlots.control
                    ? LIBUSB_TRANSFER_TYPE_CONTROL.rawValue : LIBUSB_TRANSFER_TYPE_BULK.rawValue)
            transfer.pointee.user_data = UnsafeMutableRawPointer(slots.baseAddress! + number)
            transfer.pointee.callback = { transfer in
                guard let transfer, let slot = transfer.pointee.user_data?.assumingMemoryBound(to: Slot.self) else {
                    return
                }
                let end = USBEnd(
                    slot: slot.pointee.number, status: LibUSBSlots.status(transfer.pointee.status),
                    count: Int(transfer.pointee.actual_length))
                slot.pointee.ends.pointee.append(end)
            }
        }
    }

    /// No transfer is under way.
    func free() {
        for transfer in transfers { libusb_free_transfer(transfer) }
        transfers.deallocate()
        slots.deallocate()
        ends.pointee.list.deallocate()
        ends.deallocate()
        control.deallocate()
    }

    private static func status(_ status: libusb_transfer_status) -> USBEnd.Status {
        switch status {
        case LIBUSB_TRANSFER_COMPLETED: .completed
        case LIBUSB_TRANSFER_CANCELLED: .cancelled
        case LIBUSB_TRANSFER_STALL: .stalled
        case LIBUSB_TRANSFER_NO_DEVICE: .lost
        default: .failed
        }
    }

    // MARK: Transfers

    func fill(_ slot: Int, _ endpoint: UInt8, _ bytes: UnsafeMutableRawBufferPointer) {
        transfers[slot].pointee.endpoint = endpoint
        transfers[slot].pointee.buffer = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        transfers[slot].pointee.length = Int32(bytes.count)
    }

    func fill(_ slot: Int, _ request: FTDIRequest, _ answer: UnsafeMutableRawPointer) {
        self.answer = answer
        libusb_fill_control_setup(
            control, request.requestType, request.code.rawValue, request.value, request.index,
            UInt16(request.answerLength))
        transfers[slot].pointee.endpoint = 0
        transfers[slot].pointee.buffer = control
        transfers[slot].pointee.length = Int32(Self.setupLength + request.answerLength)
    }

    func submit(_ slot: Int) -> Int32 { libusb_submit_transfer(transfers[slot]) }

    func cancel(_ slot: Int) {
        // One that is not under way stays as it is.
        libusb_cancel_transfer(transfers[slot])
    }

    /// The next transfer to have ended; nil if there is none.
    func nextEnd() -> USBEnd? {
        guard ends.pointee.count > 0 else { return nil }
        let end = ends.pointee.list[ends.pointee.first]
        ends.pointee.first = (ends.pointee.first + 1) % ends.pointee.list.count
        ends.pointee.count -= 1
        if end.slot == USBSlots.control, end.count > 0 {
            let count = min(end.count, FTDIRequest.longestAnswer)
            answer?.copyMemory(from: control + Self.setupLength, byteCount: count)
        }
        return end
    }
}
