import RTOS
import VirtualHardware

@testable import PeripheralIO

/// A USB device that means harm, or has gone mad: ends transfers when it likes, with what it likes, inside of what a host
/// controller lets through. It follows a row of bytes; when that is used up it answers nothing any more.
final class HostileUSB: USBInterface {
    private struct State: @unchecked Sendable {
        var script: ArraySlice<UInt8>
        var pending: [(slot: Int, transfer: USBTransfer)] = []
        var cancelled: [Int] = []

        mutating func next() -> UInt8? { script.popFirst() }
    }

    let name = "hostile"
    let chip = FTDIChip.ft232h
    let number = 1
    let packetSize = 512
    let clock = HardwareClock.virtual(VirtualClock())
    private let state: Guarded<State>

    private let news: EventDescriptor

    init(_ script: [UInt8]) throws {
        state = Guarded(State(script: script[...]))
        news = try EventDescriptor()
    }

    var pendingCount: Int { state.withLock { $0.pending.count } }

    func submit(_ transfer: USBTransfer, slot: Int) throws(PeripheralError) {
        state.withLock { $0.pending.append((slot, transfer)) }
        news.signal()
    }

    func cancel(slot: Int) {
        state.withLock { state in
            guard state.pending.contains(where: { $0.slot == slot }), !state.cancelled.contains(slot) else { return }
            state.cancelled.append(slot)
        }
        news.signal()
    }

    func reap(
        until deadline: MonotonicTime, event: EventDescriptor, or other: EventDescriptor, _ ended: (USBEnd) -> Void
    ) throws(PeripheralError) -> Bool {
        news.reset()
        let end = state.withLock { Self.nextEnd(&$0) }
        guard let end else { return try clock.wait(until: deadline, event: event, or: other, or: news) }
        ended(end)
        return false
    }

    private static func nextEnd(_ state: inout State) -> USBEnd? {
        if let slot = state.cancelled.popLast() {
            state.pending.removeAll { $0.slot == slot }
            return USBEnd(slot: slot, status: .cancelled, count: 0)
        }
        guard !state.pending.isEmpty, let choice = state.next(), let kind = state.next() else { return nil }
        let (slot, transfer) = state.pending.remove(at: Int(choice) % state.pending.count)
        let status: USBEnd.Status =
            switch kind {
            case 0..<3: .stalled
            case 3..<6: .failed
            case 6: .lost
            default: .completed
            }
        switch transfer {
        case .control(let request, let answer):
            let count = min(Int(kind) % 3, request.answerLength)
            for place in 0..<count { answer.storeBytes(of: state.next() ?? 0, toByteOffset: place, as: UInt8.self) }
            return USBEnd(slot: slot, status: status, count: count)
        case .out(let bytes):
            return USBEnd(
                slot: slot, status: status, count: kind & 1 == 0 ? bytes.count : Int(kind) % (bytes.count + 1))
        case .in(let buffer):
            return USBEnd(slot: slot, status: status, count: fill(buffer, kind, &state))
        }
    }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer, _ kind: UInt8, _ state: inout State) -> Int {
        // Mostly what a chip in step would say, so that it gets somewhere.
        if kind > 128 {
            let opcode = state.next() ?? 0
            buffer.copyBytes(from: [0x32, 0x60, 0xFA, kind > 192 ? 0xAA : opcode])
            return kind > 220 ? 3 : 4
        }
        let count = min(buffer.count, Int(kind) * Int(state.next() ?? 0) % (buffer.count + 1))
        for place in 0..<count { buffer[place] = state.next() ?? UInt8(truncatingIfNeeded: place) }
        return count
    }

    func watch(until deadline: MonotonicTime, event: EventDescriptor) throws(PeripheralError) -> Bool {
        try clock.wait(until: deadline, event: event)
    }

    func clearHalts() throws(PeripheralError) {}
    func close() {}
}
