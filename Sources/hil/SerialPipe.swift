import Foundation
import PeripheralIO
import RTOS
import Synchronization

/// Standard input to TX, RX to standard output, each on a thread of its own.
final class SerialPipe: Sendable {
    private let port: Peripheral
    private let endsWithInput: Bool
    private let inputError = Guarded<(any Error)?>(nil)
    private let inputIsOver = Atomic<Bool>(false)

    private static let blockSize = 65536
    /// How long the line is silent before what answers the last input is taken to be complete, in milliseconds.
    private static let silence: UInt32 = 250
    /// What follows bytes that have just come in is gathered for so many milliseconds, or until there is so much: passing on
    /// every few characters of a stream costs more than receiving them.
    private static let (gathering, gathered): (UInt32, Int) = (2, 4096)

    init(_ port: Peripheral, endsWithInput: Bool) {
        self.port = port
        self.endsWithInput = endsWithInput
    }

    func run() throws {
        try port.control(.useZeroCopyTX)
        try port.control(.useCircularBufferRX(length: 1 << 20))
        try port.control(.setRXCoalescing(microseconds: 1000))
        Interruption.onInterrupt { [port] in port.close() }
        RTOSTask.start(name: "hil input") { self.sendInput() }
        defer { port.close() }
        do {
            try passOnReceived()
        } catch PeripheralError.closed where Interruption.hasHappened {
            return
        }
        if let error = inputError.withLock({ $0 }) { throw error }
    }

    private func sendInput() {
        var buffer = TransferBuffer(count: Self.blockSize)
        do {
            while true {
                let count = read(STDIN_FILENO, buffer.transferMemory.baseAddress, Self.blockSize)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                let write = port.write(InputBlock(buffer: buffer, count: count))
                let finished = write.wait()
                let error = finished.error
                buffer = finished.takeBuffer().takeBuffer()
                if let error { throw error }
            }
        } catch {
            inputError.withLock { $0 = error }
        }
        inputIsOver.store(true, ordering: .releasing)
    }

    private func passOnReceived() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.blockSize, alignment: 64)
        defer { buffer.deallocate() }
        let patience = endsWithInput ? Timeout.milliseconds(Self.silence) : .forever
        var isFlowing = false
        while true {
            let wasOver = inputIsOver.load(ordering: .acquiring)
            try port.control(.setRXTimeout(isFlowing ? .milliseconds(Self.gathering) : patience))
            let count: Int
            do {
                count = try port.read(into: buffer, atLeast: isFlowing ? Self.gathered : 1)
            } catch {
                // What came in before the device was lost is there still.
                while let rest = try? port.read(into: buffer, atLeast: 1), rest > 0 { try passOn(buffer, rest) }
                throw error
            }
            if count == 0, wasOver, !isFlowing { return }
            isFlowing = count > 0
            try passOn(buffer, count)
        }
    }

    private func passOn(_ buffer: UnsafeMutableRawBufferPointer, _ count: Int) throws {
        guard writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: STDOUT_FILENO) else {
            throw StandardStreams.OutputError(number: errno)
        }
    }
}

/// The filled part of a buffer.
private struct InputBlock: TransferMemory, ~Copyable {
    private var buffer: TransferBuffer
    private let count: Int

    init(buffer: consuming TransferBuffer, count: Int) {
        self.buffer = buffer
        self.count = count
    }

    var transferMemory: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: buffer.transferMemory[..<count])
    }

    consuming func takeBuffer() -> TransferBuffer {
        buffer
    }
}
