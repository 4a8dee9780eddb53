import PeripheralIO
import RTOS

/// A recorded session, done again.
struct Replay {
    let events: [TraceEvent]
    /// The pauses of the session are kept.
    let keepsPace: Bool

    /// Nanoseconds to wait until it is time for an event on a line, counted from the first.
    private func pause(before event: TraceEvent, since start: MonotonicTime) -> UInt64 {
        guard keepsPace, let first = events.first else { return 0 }
        let due = event.time - min(event.time, first.time)
        return start.advanced(byNanoseconds: due).nanoseconds(since: .now)
    }

    /// The first difference, in a line; nil if there is none. What had time to finish in the session has it again.
    func onBus(_ session: SPISession) throws -> String? {
        guard session.port.isSPI else {
            throw PeripheralError.badAddress(session.port.name, reason: "no SPI controller; the session is of one")
        }
        var number = 0
        var end = events.first?.time ?? 0
        for event in events {
            if keepsPace, event.time > end { try session.wait(event.time - end) }
            end = max(end, event.time + event.duration)
            switch event.what {
            case .transfer(let sent, let reading, let recorded):
                number += 1
                var transaction = SPITransaction()
                transaction.send(sent)
                if reading > 0 { transaction.parts.append(.receive(reading)) }
                let received = try session.perform(transaction, isDuplex: !recorded.isEmpty)
                if !recorded.isEmpty, let difference = SPICheck.difference(recorded, received) {
                    return "transfer \(number): \(difference)"
                }
            case .speed(let speed): try session.port.control(.setSpeed(speed))
            case .hold(let holds): try session.port.control(holds ? .holdChipSelect : .releaseChipSelect)
            case .sent, .received: break
            }
        }
        return nil
    }

    /// The same on a serial line: what came in is awaited before anything more is sent.
    func onLine(_ port: Peripheral, _ timeout: Timeout, wait: (UInt64) throws -> Void) throws -> String? {
        guard !port.isSPI else {
            throw PeripheralError.badAddress(port.name, reason: "no serial port; the session is of one")
        }
        try port.control(.useCircularBufferRX(length: 1 << 20))
        try port.control(.setRXTimeout(timeout))
        var place = 0
        let start = MonotonicTime.now
        for event in events {
            switch event.what {
            case .sent(let bytes):
                try wait(pause(before: event, since: start))
                _ = try port.write(bytes.span.bytes)
            case .received(let recorded):
                var received = [UInt8](repeating: 0, count: recorded.count)
                let count = try received.withUnsafeMutableBytes { try port.read(into: $0) }
                let came = received.prefix(count)
                if let wrong = zip(came, recorded).enumerated().first(where: { $1.0 != $1.1 })?.offset {
                    let (wanted, byte) = (HexDump.plain([recorded[wrong]]), HexDump.plain([received[wrong]]))
                    return "byte \(place + wrong) came in as \(byte), not \(wanted)"
                }
                if count < recorded.count { return "nothing came in behind byte \(place + count)" }
                place += count
            case .speed(let speed): try port.control(.setSpeed(speed))
            case .transfer, .hold: break
            }
        }
        return nil
    }
}
