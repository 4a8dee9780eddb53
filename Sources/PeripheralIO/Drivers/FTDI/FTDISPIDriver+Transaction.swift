import Glibc
import RTOS

/// Transactions of many segments. They are queued one behind another, so that those of a few bytes share the USB
/// transfers that carry them.
extension FTDISPIDriver {
    func transact(_ segments: [SPISegment], isOver: () -> Bool, event: EventDescriptor) throws(PeripheralError) {
        for segment in segments { try check(segment) }
        do throws(PeripheralError) {
            for place in segments.indices {
                let isLast = place == segments.count - 1
                try queue(segments[place], isLast: isLast, isOver, event)
                if segments[place].delay > 0 || isLast { try drain(isOver, event) }
                try pause(microseconds: segments[place].delay)
            }
        } catch {
            abort()
            throw error
        }
    }

    /// What the chip cannot do.
    private func check(_ segment: SPISegment) throws(PeripheralError) {
        if let bits = segment.bitsPerWord, bits != 8 {
            throw .notSupported("\(facts.name): words of 8 bits only, not \(bits)")
        }
        if segment.wordDelay > 0 {
            throw .notSupported("\(facts.name): no delay between words; make each a segment with a delay")
        }
        if segment.sendLanes ?? 1 > 1 || segment.receiveLanes ?? 1 > 1 {
            throw .notSupported("\(facts.name): one data line each way")
        }
        if let rate = segment.speed { _ = try clock(notAbove: rate) }
    }

    private func queue(
        _ segment: SPISegment, isLast: Bool, _ isOver: () -> Bool, _ event: EventDescriptor
    ) throws(PeripheralError) {
        let clock: MPSSEClock? = if let rate = segment.speed { try clock(notAbove: rate) } else { nil }
        let keepsBus = !isLast || holdsChipSelect
        let transfer = Segment(transmit: segment.sent, receive: segment.received, count: segment.count)
        while try !take(
            transfer, clock: clock, keepsSelected: keepsBus && (isLast || !segment.pulsesChipSelect),
            keepsBus: keepsBus, isFollowed: !isLast && segment.delay == 0)
        {
            try wait(for: .room, isOver, event)
        }
    }

    /// Blocks until all is off the wire.
    private func drain(_ isOver: () -> Bool, _ event: EventDescriptor) throws(PeripheralError) {
        while case .busy = try wireState() { try wait(for: .wire, isOver, event) }
    }

    private func wait(
        for interest: Readiness, _ isOver: () -> Bool, _ event: EventDescriptor
    ) throws(PeripheralError) {
        _ = try wait(for: interest, until: .never, event: event)
        if isOver() { throw .cancelled }
        // It says so, too, if the chip has been silent for too long.
        _ = try wireState()
    }

    private func pause(microseconds: UInt16) throws(PeripheralError) {
        guard microseconds > 0 else { return }
        let end = now.advanced(byNanoseconds: UInt64(microseconds) * 1000)
        while now < end { _ = try bus.pause(until: end) }
    }
}
