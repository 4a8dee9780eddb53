import Dispatch
import PeripheralIO
import RTOS

/// An SPI device and the transactions that are done on it, one after another. It ends in time: a transaction that takes
/// longer than it may closes the device, as an interruption does.
final class SPISession: Sendable {
    private let patience: UInt64
    /// How many times its time on the wire a transaction may take: USB leaves pauses, and a virtual chip its own.
    private static let slowness: UInt64 = 20
    private let keepsSelected: Bool

    private struct Watch {
        /// When the transaction under way has taken too long.
        var deadline = MonotonicTime.never
        var hasExpired = false
        var isOver = false
    }

    private let watch = Guarded(Watch())

    private struct Device {
        /// Another one once the device has been lost and is back.
        var port: Peripheral
        var isInterrupted = false
    }

    private let device: Guarded<Device>

    var port: Peripheral { device.withLock { $0.port } }
    /// Signalled when there is nothing to watch any more.
    private let over = DispatchSemaphore(value: 0)
    /// Signalled when waiting is to end.
    private let end = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - patience: nanoseconds that a transaction may take beyond what its bytes on the wire explain.
    ///   - keepsSelected: chip select stays asserted from the first transaction to the last.
    init(_ port: Peripheral, patience: UInt64, keepsSelected: Bool) throws {
        device = Guarded(Device(port: port))
        self.patience = patience
        self.keepsSelected = keepsSelected
        if keepsSelected { try port.control(.holdChipSelect) }
        RTOSThread.start(name: "hil spi watch") { [self] in keepWatch() }
    }

    /// True once a transaction took too long, so that the device was closed.
    var hasExpired: Bool { watch.withLock { $0.hasExpired } }

    /// Ends everything, from another thread.
    func interrupt() {
        let port = device.withLock { device in
            device.isInterrupted = true
            return device.port
        }
        end.signal()
        port.close()
    }

    /// True if the device has been lost, as far as that is known while nothing is done on it.
    var isLost: Bool {
        do throws(PeripheralError) {
            // It is in that mode already.
            _ = try port.control(.usePolledRX)
        } catch .deviceLost {
            return true
        } catch {}
        return false
    }

    /// Waits until a device that was lost is back, and goes on with it. Chip select is not held.
    ///
    /// - Parameter configure: sets it up as it was.
    /// - Throws: `closed` when it is interrupted.
    func reconnect(_ configure: (Peripheral) throws -> Void) throws {
        let reopened = try Reconnection.await(port) { device.withLock { $0.isInterrupted } }
        let isInterrupted = device.withLock { device in
            device.port = reopened
            return device.isInterrupted
        }
        if isInterrupted {
            reopened.close()
            throw PeripheralError.closed
        }
        try configure(reopened)
    }

    /// Gives the device back.
    func close() throws {
        watch.withLock { $0.isOver = true }
        over.signal()
        if keepsSelected { try port.control(.releaseChipSelect) }
        port.close()
    }

    /// Looks when the time of the transaction under way is over. While there is none it looks once in the time that a
    /// transaction has at least, so that beginning one need not wake anybody.
    private func keepWatch() {
        while true {
            let now = MonotonicTime.now
            let isExpired = watch.withLock { watch in
                watch.hasExpired = !watch.isOver && watch.deadline <= now
                return watch.hasExpired
            }
            if isExpired { return interrupt() }
            let (deadline, isOver) = watch.withLock { ($0.deadline, $0.isOver) }
            if isOver { return }
            let pause = deadline == .never ? patience : deadline.nanoseconds(since: now)
            _ = over.wait(timeout: .now() + .nanoseconds(Int(clamping: pause)))
        }
    }

    /// Does a transaction once, and answers what came in: what it asked for, or, full duplex, all of it.
    ///
    /// - Parameter isDuplex: takes what comes in while a transaction sends that asks for nothing.
    /// - Throws: as `Peripheral`; `timedOut` if it took too long.
    func perform(_ transaction: SPITransaction, isDuplex: Bool) throws -> [UInt8] {
        let wire = UInt64(transaction.length) * 8 * 1_000_000_000 / UInt64(max(port.speed, 1))
        let limit = patience + Self.slowness * wire + transaction.waiting
        watch.withLock { $0.deadline = .now.advanced(byNanoseconds: limit) }
        defer { watch.withLock { $0.deadline = .never } }
        do {
            return try performUnwatched(transaction, isDuplex: isDuplex)
        } catch PeripheralError.closed where hasExpired {
            throw PeripheralError.timedOut
        }
    }

    private func performUnwatched(_ transaction: SPITransaction, isDuplex: Bool) throws -> [UInt8] {
        let (parts, isDuplex) = (transaction.parts, isDuplex && !transaction.receives)
        if parts.count == 1 { return try perform(parts[0], isDuplex) }
        if parts.count == 2, case .send(let sent) = parts[0], case .receive(let count) = parts[1] {
            return try exchange(sent, thenReceive: count)
        }
        let selects = !keepsSelected && transaction.length > 0
        if selects { try port.control(.holdChipSelect) }
        var received: [UInt8] = []
        for part in parts { received += try perform(part, isDuplex) }
        if selects { try port.control(.releaseChipSelect) }
        return received
    }

    private func perform(_ part: SPITransaction.Part, _ isDuplex: Bool) throws -> [UInt8] {
        switch part {
        case .send(let sent) where isDuplex:
            var received = [UInt8](repeating: 0, count: sent.count)
            var span = received.mutableSpan
            var bytes = span.mutableBytes
            try port.exchange(sent.span.bytes, into: &bytes)
            return received
        case .send(let sent):
            _ = try port.write(sent.span.bytes)
            return []
        case .receive(let count):
            return try exchange([], thenReceive: count)
        case .wait(let nanoseconds):
            try wait(nanoseconds)
            return []
        }
    }

    private func exchange(_ sent: [UInt8], thenReceive count: Int) throws -> [UInt8] {
        var received = [UInt8](repeating: 0, count: count)
        var span = received.mutableSpan
        var bytes = span.mutableBytes
        try port.transaction(sending: sent.span.bytes, receiving: &bytes)
        return received
    }

    /// Lets time go by.
    func wait(_ nanoseconds: UInt64) throws {
        guard nanoseconds > 0 else { return }
        if end.wait(timeout: .now() + .nanoseconds(Int(clamping: nanoseconds))) == .success {
            throw PeripheralError.closed
        }
    }
}
