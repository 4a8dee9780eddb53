import Foundation
import PeripheralIO
import RTOS

/// Serves flashrom's protocol to one client after another; those that come meanwhile wait. A client that breaks the
/// protocol, falls silent or goes away loses its turn, and nothing else happens.
final class SerprogServer: Sendable {
    private let listener: TCPListener
    private let session: SPISession
    private let patience: SerprogClient.Patience
    /// Sets up a device that was lost and is back; nil if that is not waited for.
    private let reconfigure: (@Sendable (Peripheral) throws -> Void)?

    private struct State {
        var client: Int32?
        var isStopping = false
    }

    private let state = Guarded(State())

    init(
        _ listener: TCPListener, _ session: SPISession, patience: SerprogClient.Patience,
        reconfigure: (@Sendable (Peripheral) throws -> Void)?
    ) {
        self.listener = listener
        self.session = session
        self.patience = patience
        self.reconfigure = reconfigure
    }

    /// Serves until `stop`, or one client if that is asked for. Those who come while the device is away wait until it is
    /// back, if that is waited for.
    ///
    /// - Throws: what the device failed with, if it cannot be used any more.
    func run(once: Bool) throws {
        do {
            repeat {
                guard let client = listener.accept() else { return }
                // It may have gone while there was nobody.
                if reconfigure != nil, session.isLost { try reconnect() }
                do {
                    try take(client)
                } catch PeripheralError.deviceLost where reconfigure != nil && !once {
                    try reconnect()
                }
            } while !once
        } catch {
            guard state.withLock({ $0.isStopping }) else { throw error }
        }
    }

    private func reconnect() throws {
        guard let reconfigure else { return }
        try session.reconnect(reconfigure)
    }

    /// Serves a client until it has gone, and closes its socket.
    private func take(_ client: Int32) throws {
        let isWanted = state.withLock { state in
            guard !state.isStopping else { return false }
            state.client = client
            return true
        }
        defer {
            state.withLock { $0.client = nil }
            close(client)
        }
        guard isWanted else { throw PeripheralError.closed }
        try serve(client)
    }

    /// Ends the client under way, and accepts no more. From any thread.
    func stop() {
        let client = state.withLock { state in
            state.isStopping = true
            return state.client
        }
        listener.shut()
        if let client { shutdown(client, Int32(SHUT_RDWR)) }
        session.interrupt()
    }

    private func serve(_ socket: Int32) throws {
        var client = SerprogClient(socket: socket, patience: patience)
        var programmer = SerprogProgrammer()
        do {
            while true {
                let request = try client.next()
                do {
                    try client.answer(programmer.reply(to: request, on: SerprogBus(session: session, socket: socket)))
                } catch let error as PeripheralError {
                    // The client learns that this has failed before it finds the line dead.
                    try? client.answer([SerprogProgrammer.refuse])
                    throw error
                }
                // The device was closed to end that operation.
                if session.hasExpired { throw PeripheralError.timedOut }
            }
        } catch let end as SerprogClient.End {
            switch end {
            case .left: break
            case .brokeOff: StandardStreams.tell("hil: a client broke off in the middle of a request")
            case .idle: StandardStreams.tell("hil: a client was silent for too long")
            case .readsNothing: StandardStreams.tell("hil: a client did not read its answer")
            }
        }
    }
}

/// The SPI device behind the programmer.
private struct SerprogBus: SerprogProgrammer.Bus {
    let session: SPISession
    let socket: Int32
    /// POLLRDHUP, poll(2): the other end has closed. glibc shows it to C with _GNU_SOURCE alone.
    private static let hasLeft: Int16 = 0x2000

    init(session: SPISession, socket: Int32) {
        self.session = session
        self.socket = socket
    }

    func transact(_ sent: [UInt8], reading count: Int) throws -> [UInt8] {
        var transaction = SPITransaction()
        transaction.send(sent)
        if count > 0 { transaction.parts.append(.receive(count)) }
        return try session.perform(transaction, isDuplex: false)
    }

    func setSpeed(_ hertz: UInt32) throws -> UInt32 { try session.port.control(.setSpeed(hertz)) }

    var speed: UInt32 { session.port.speed }

    /// Ends early when the client goes away, which may have asked for more than an hour.
    func wait(_ nanoseconds: UInt64) throws {
        let deadline = MonotonicTime.now.advanced(byNanoseconds: nanoseconds)
        while true {
            let left = deadline.nanoseconds(since: .now)
            if left == 0 { return }
            if left < 1_000_000 { return try session.wait(left) }
            var poll = pollfd(fd: socket, events: Self.hasLeft, revents: 0)
            if Foundation.poll(&poll, 1, Int32(clamping: left / 1_000_000)) > 0 { throw SerprogClient.End.left }
        }
    }
}
