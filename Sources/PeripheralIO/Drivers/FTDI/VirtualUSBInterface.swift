import CLinux
import RTOS
import VirtualHardware

/// A virtual FT232H on a virtual bus, in this process.
///
/// Time on the bus goes on only while somebody reaps. In virtual time it jumps to what happens next, so that the figures
/// of a run do not depend on the machine.
final class VirtualUSBInterface: USBInterface {
    private struct State {
        var bus: VirtualUSBBus<VirtualFT232H>
        var ended: [USBEnd] = []
        /// Somebody sleeps until what was to be the next thing to happen.
        var isReaping = false
    }

    let name: String
    let chip = FTDIChip.ft232h
    let number = 1
    let packetSize: Int
    let clock: HardwareClock
    private let state: Guarded<State>
    /// Signalled when something else may happen sooner.
    private let news: EventDescriptor
    /// Signalled once the device is gone.
    private let loss: EventDescriptor

    init(_ device: VirtualFT232H, name: String, clock: HardwareClock) throws(PeripheralError) {
        self.name = name
        self.clock = clock
        packetSize = device.speed.bulkPacketSize
        var state = State(bus: VirtualUSBBus(device))
        state.ended.reserveCapacity(USBSlots.count)
        self.state = Guarded(state)
        news = try EventDescriptor()
        loss = try EventDescriptor()
    }

    /// The bus as it is now: to look at it, to change what is wired to the chip, or to unplug it.
    func withBus<Result>(_ body: (inout VirtualUSBBus<VirtualFT232H>, MonotonicTime) -> Result) -> Result {
        let now = clock.now
        let (result, isReaping, isLost) = state.withLock { state in
            (body(&state.bus, now), state.isReaping, state.bus.isUnplugged)
        }
        if isReaping { news.signal() }
        if isLost { loss.signal() }
        return result
    }

    func submit(_ transfer: USBTransfer, slot: Int) throws(PeripheralError) {
        let id = UInt64(slot)
        let isTaken = withBus { bus, now in
            guard !bus.isUnplugged else { return false }
            return bus.submit(URB(id: id, Self.urb(transfer)), at: now)
        }
        guard isTaken else { throw .deviceLost(name) }
    }

    private static func urb(_ transfer: USBTransfer) -> URB.Transfer {
        switch transfer {
        case .control(let request, let answer):
            .control(request.setup, UnsafeMutableRawBufferPointer(start: answer, count: request.answerLength))
        case .out(let bytes): .bulkOut(endpoint: VirtualFT232H.outEndpoint, bytes)
        case .in(let buffer): .bulkIn(endpoint: VirtualFT232H.inEndpoint, buffer)
        }
    }

    func cancel(slot: Int) {
        _ = withBus { bus, now in bus.cancel(UInt64(slot), at: now) }
    }

    func reap(
        until deadline: MonotonicTime, event: EventDescriptor, or other: EventDescriptor, _ ended: (USBEnd) -> Void
    ) throws(PeripheralError) -> Bool {
        state.withLock { $0.isReaping = true }
        news.reset()
        defer { state.withLock { $0.isReaping = false } }
        guard let next = advance(ended) else { return false }
        let isSignalled = try clock.wait(until: min(next, deadline), event: event, or: other, or: news)
        _ = advance(ended)
        return isSignalled
    }

    /// Lets happen what is due, and tells of the ends. Answers when there is more to do; nil if there were ends.
    private func advance(_ told: (USBEnd) -> Void) -> MonotonicTime? {
        let now = clock.now
        let (next, isLost, ends) = state.withLock { state in
            var ends = [USBEnd]()
            swap(&ends, &state.ended)
            state.bus.advance(to: now) { ends.append(Self.end($0)) }
            return (state.bus.nextEventTime ?? .never, state.bus.isUnplugged, ends)
        }
        if isLost { loss.signal() }
        for end in ends { told(end) }
        let isEmpty = ends.isEmpty
        state.withLock { state in
            state.ended = ends
            state.ended.removeAll(keepingCapacity: true)
        }
        return isEmpty ? next : nil
    }

    private static func end(_ completion: URBCompletion) -> USBEnd {
        let status: USBEnd.Status =
            switch completion.status {
            case .completed: .completed
            case .stalled: .stalled
            case .cancelled: .cancelled
            case .unplugged: .lost
            case .overflowed: .failed
            }
        return USBEnd(slot: Int(completion.id), status: status, count: completion.count)
    }

    func watch(until deadline: MonotonicTime, event: EventDescriptor) throws(PeripheralError) -> Bool {
        if state.withLock({ $0.bus.isUnplugged }) { throw .deviceLost(name) }
        let isSignalled = try clock.wait(until: deadline, event: event, or: loss)
        if state.withLock({ $0.bus.isUnplugged }) { throw .deviceLost(name) }
        return isSignalled
    }

    func clearHalts() throws(PeripheralError) {
        let isDone = withBus { bus, now in
            guard !bus.isUnplugged else { return false }
            bus.withDevice(at: now) { device in
                for endpoint in device.bulkEndpoints {
                    // CLEAR_FEATURE(ENDPOINT_HALT): USB 2.0, section 9.4.1.
                    let setup = USBSetup(requestType: 0x02, request: 1, value: 0, index: UInt16(endpoint))
                    _ = device.control(setup, data: UnsafeRawBufferPointer(start: nil, count: 0), at: now)
                }
            }
            return true
        }
        guard isDone else { throw .deviceLost(name) }
    }

    func close() {}
}

extension FTDIRequest {
    fileprivate var setup: USBSetup {
        USBSetup(
            requestType: requestType, request: code.rawValue, value: value, index: index, length: UInt16(answerLength))
    }
}
