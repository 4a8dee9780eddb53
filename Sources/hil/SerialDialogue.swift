import Foundation
import PeripheralIO
import RTOS

/// A script's talk with a device: sends, waits until the answer matches a pattern, and so on, step by step.
struct SerialDialogue {
    let port: Peripheral
    /// Sent before the expectation of the same place.
    var sent: [[UInt8]]
    var expected: [ExpectedText]
    /// For each expectation.
    var timeout: Timeout
    /// Prints what matched rather than all that came in.
    var onlyMatching: Bool

    /// - Throws: `timedOut` if a pattern does not come in time.
    func run() throws {
        try port.control(.usePolledTX)
        try port.control(.useCircularBufferRX(length: 1 << 20))
        Interruption.onInterrupt { [port] in port.close() }
        var stream = ExpectedStream()
        do {
            for step in 0..<max(sent.count, expected.count) {
                if step < sent.count {
                    let bytes = sent[step]
                    _ = try port.write(bytes.span.bytes)
                }
                if step < expected.count { try listen(for: expected[step], &stream) }
            }
        } catch PeripheralError.closed where Interruption.hasHappened {
            throw Interruption.Happened()
        }
    }

    private func listen(for text: ExpectedText, _ stream: inout ExpectedStream) throws {
        let deadline = timeout.deadline(from: .now)
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            if let found = stream.take(text) {
                try tell(onlyMatching ? found.matched : found.all)
                return
            }
            let now = MonotonicTime.now
            guard now < deadline else {
                if !onlyMatching { try tell(stream.takeAll()) }
                throw PeripheralError.timedOut
            }
            let left = deadline == .never ? 100 : min(100, deadline.nanoseconds(since: now) / 1_000_000 + 1)
            try port.control(.setRXTimeout(.milliseconds(UInt32(left))))
            let count = try buffer.withUnsafeMutableBytes { try port.read(into: $0, atLeast: 1) }
            stream.append(buffer[..<count])
        }
    }

    private func tell(_ bytes: [UInt8]) throws {
        try StandardStreams.write(bytes)
    }
}
