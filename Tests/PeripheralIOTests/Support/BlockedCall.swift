import RTOS

@testable import PeripheralIO

/// Every call that can block, brought to the point where it does on a device that does not go on.
enum BlockedCall: CaseIterable {
    case polledWrite, queuedWrite, waitForQueue
    case polledRead, queuedRead, circularRead
    case obtain, waitPrevious, inFlightWait, isComplete
    /// A polled write behind another, and a setting behind a write: both wait for the channel.
    case polledTurn, setting
    case exchange, zeroCopyExchange

    static func on(_ device: Device) -> [BlockedCall] {
        allCases.filter { device == .spi || ($0 != .exchange && $0 != .zeroCopyExchange) }
    }

    /// More than any device here takes before it stalls.
    static let longCount = 300_000
    /// Memory for writes in the manner of FreeRTOS+IO, which may be in use for as long as the device likes.
    private nonisolated(unsafe) static let memory: UnsafeRawBufferPointer = {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: longCount, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0x55)
        return UnsafeRawBufferPointer(memory)
    }()

    /// Starts it, and returns once it is on its way: the error that each of its calls ends with.
    func start(on rig: Rig) throws -> [Call<PeripheralError?>] {
        switch self {
        case .polledWrite:
            let call = rig.ending("polled write") { _ = try $0.write(Self.bytes) }
            try rig.awaitTransmission()
            return [call]
        case .queuedWrite:
            try rig.port.control(.useCharacterQueueTX(length: 100))
            let call = rig.ending("queued write") { _ = try $0.write(Self.bytes) }
            try rig.awaitWaiter(for: .room)
            return [call]
        case .waitForQueue:
            try rig.port.control(.useCharacterQueueTX(length: Self.longCount))
            _ = try rig.port.write(Self.bytes)
            let call = rig.ending("wait for queue") { try $0.control(.waitPreviousWriteComplete(.forever)) }
            try rig.awaitWaiter(for: .completion)
            return [call]
        case .polledRead:
            return try read(rig)
        case .queuedRead:
            try rig.port.control(.useCharacterQueueRX(length: 100))
            return try read(rig)
        case .circularRead:
            try rig.port.control(.useCircularBufferRX(length: 100_000))
            return try read(rig)
        case .obtain:
            let writing = try inFlight(rig) { _ in }
            let obtaining = rig.ending("obtain") { try $0.control(.obtainWriteMutex(.forever)) }
            try eventually("a task waits for the mutex") {
                rig.port.engine.state.withLock { !$0.writeMutex.waiters.isEmpty || $0.ended != nil }
            }
            return [writing, obtaining]
        case .waitPrevious:
            try rig.port.control(.useZeroCopyTX)
            let call = rig.ending("wait previous") { port in
                try port.control(.obtainWriteMutex(.now))
                _ = try port.startWrite(unretained: Self.memory)
                try port.control(.waitPreviousWriteComplete(.forever))
            }
            try rig.awaitWaiter(for: .completion)
            return [call]
        case .inFlightWait:
            return [try inFlight(rig) { _ in }]
        case .isComplete:
            return [try inFlight(rig) { _ = $0.isComplete(within: .forever) }]
        case .polledTurn:
            let first = rig.ending("first write") { _ = try $0.write(Self.bytes) }
            try rig.awaitTransmission()
            let second = rig.ending("second write") { _ = try $0.write(Self.bytes) }
            try rig.awaitWaiter(for: .channel)
            return [first, second]
        case .setting:
            let writing = try inFlight(rig) { _ in }
            let setting = rig.ending("set speed") { try $0.control(.setSpeed(9600)) }
            try rig.awaitWaiter(for: .channel)
            return [writing, setting]
        case .exchange:
            let call = rig.ending("exchange") { _ = try $0.exchange(Self.bytes) }
            try rig.awaitTransmission()
            return [call]
        case .zeroCopyExchange:
            try rig.port.control(.useZeroCopyTX)
            let call = rig.call("zero-copy exchange") { port in
                port.exchange(TransferBuffer(Self.bytes), into: TransferBuffer(count: Self.longCount)).wait().error
            }
            try rig.awaitTransmission()
            return [call]
        }
    }

    private static let bytes = [UInt8](repeating: 0x55, count: longCount)

    private func inFlight(
        _ rig: Rig, _ watch: @escaping @Sendable (borrowing InFlightWrite<TransferBuffer>) -> Void
    ) throws -> Call<PeripheralError?> {
        try rig.port.control(.useZeroCopyTX)
        let call = rig.call("in flight") { port in
            let write = port.write(TransferBuffer(Self.bytes))
            watch(write)
            return write.wait().error
        }
        try rig.awaitTransmission()
        return call
    }

    private func read(_ rig: Rig) throws -> [Call<PeripheralError?>] {
        let reading = rig.ending("read") { _ = try $0.read(Self.longCount) }
        try eventually("a task reads") {
            rig.port.engine.state.withLock {
                $0.receptionHand == .caller || !$0.transmission.isIdle || $0.anyoneWaits(for: .data) || $0.ended != nil
            }
        }
        // On the UART somebody has to send.
        guard rig.device == .uart else { return [reading] }
        return [reading, rig.ending("polled write") { _ = try $0.write(Self.bytes) }]
    }
}

extension Rig {
    /// A call that answers how it ended.
    func ending(
        _ name: String, _ body: @escaping @Sendable (Peripheral) throws -> Void
    ) -> Call<PeripheralError?> {
        call(name) { port in
            do {
                try body(port)
                return nil
            } catch let error as PeripheralError {
                return error
            }
        }
    }

    /// Returns once something is on its way.
    func awaitTransmission() throws {
        try eventually("something is on its way") {
            port.engine.state.withLock { !$0.transmission.isIdle || $0.ended != nil }
        }
    }
}
