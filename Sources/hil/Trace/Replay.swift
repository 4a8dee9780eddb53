import PeripheralIO
import RTOS

/// A recorded session, done again.
struct Replay {
    let events: [TraceEvent]
    /// The device is left alone between two events for no shorter than it was.
    let keepsPace: Bool

    /// Nanoseconds that nothing happened before an event.
    private func pause(before place: Int) -> UInt64 {
        guard keepsPace, place > 0 else { return 0 }
        let end = events[place - 1].time + events[place - 1].duration
        return events[place].time - min(end, events[place].time)
    }

    /// The first difference, in a line; nil if there is none.
    func onBus(_ session: SPISession) throws -> String? {
        guard session.port.isSPI else {
            throw PeripheralError.badAddress(session.port.name, reason: "no SPI controller; the session is of one")
        }
        var number = 0
        for (place, event) in events.enumerated() {
            try session.wait(pause(before: place))
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
        for (number, event) in events.enumerated() {
            switch event.what {
            case .sent(let bytes):
                try wait(pause(before: number))
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
