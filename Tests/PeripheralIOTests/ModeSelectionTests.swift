import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Choosing a transfer mode", .watched)
struct ModeSelectionTests {
    static let transmitModes: [(ControlRequest, TransmitMode)] = [
        (.usePolledTX, .polled), (.useZeroCopyTX, .zeroCopy),
        (.useCharacterQueueTX(length: 40), .characterQueue(length: 40)),
    ]
    static let receiveModes: [(ControlRequest, ReceiveMode)] = [
        (.usePolledRX, .polled), (.useCharacterQueueRX(length: 400), .characterQueue(length: 400)),
        (.useCircularBufferRX(length: 400), .circularBuffer(length: 400)),
    ]

    @Test("Transmission changes from every mode to every other between writes", arguments: Device.allCases)
    func transmit(device: Device) throws {
        let rig = try Rig(device)
        var seed: UInt64 = 0
        for (first, _) in Self.transmitModes {
            for (second, mode) in Self.transmitModes {
                try rig.port.control(first)
                try rig.port.control(second)
                #expect(rig.port.transmitMode == mode)
                seed += 1
                let bytes = pattern(100, seed: seed)
                if mode == .zeroCopy {
                    #expect(rig.port.write(TransferBuffer(bytes)).wait().error == nil)
                } else {
                    #expect(try rig.writing(bytes).value() == 100)
                }
                #expect(try rig.arrived(100) == bytes)
                if mode != .polled { try rig.port.control(.waitPreviousWriteComplete(.forever)) }
            }
        }
    }

    @Test("Received bytes survive a change of the receive mode", arguments: Device.uarts)
    func receive(device: Device) throws {
        let rig = try Rig(device)
        var seed: UInt64 = 0
        for (first, firstMode) in Self.receiveModes {
            for (second, secondMode) in Self.receiveModes {
                try rig.port.control(first)
                seed += 1
                let bytes = pattern(100, seed: seed)
                let before = rig.port.statistics.bytesReceived
                try rig.feed(bytes)
                if firstMode != .polled {
                    try eventually("all is in the buffer") { rig.port.statistics.bytesReceived == before + 100 }
                }
                #expect(try rig.reading(30).value() == Array(bytes[..<30]))
                try rig.port.control(second)
                #expect(rig.port.receiveMode == secondMode)
                #expect(try rig.reading(70).value() == Array(bytes[30...]))
            }
        }
    }

    @Test("What an SPI read left over is the next read's, whatever its mode")
    func leftOver() throws {
        let rig = try Rig(.spi, rate: 1_000_000, clock: .wall)
        rig.script.answer(pattern(300))
        try rig.port.control(.useCircularBufferRX(length: 300))
        // The bus is at work for all 300 when the reader gives up.
        try rig.port.control(.setRXTimeout(.milliseconds(1)))
        let first = try rig.port.read(300)
        try eventually("the bus is idle") { rig.port.engine.state.withLock { $0.channelIsFree } }
        try rig.port.control(.usePolledRX)
        let rest = try rig.reading(300 - first.count + 10).value()
        #expect(first + rest == pattern(300) + [UInt8](repeating: ScriptedSPI.silence, count: 10))
    }

    @Test("A buffer too small for what was received is refused")
    func tooSmall() throws {
        let rig = try Rig(.pty)
        try rig.port.control(.useCircularBufferRX(length: 100))
        try rig.feed(pattern(50))
        try eventually("all is in the buffer") { rig.port.statistics.bytesReceived == 50 }
        #expect(throws: PeripheralError.refused(.receivedDataWouldBeLost(bytes: 50))) {
            try rig.port.control(.useCharacterQueueRX(length: 49))
        }
        #expect(rig.port.receiveMode == .circularBuffer(length: 100))
        try rig.port.control(.useCharacterQueueRX(length: 50))
        #expect(try rig.port.read(50) == pattern(50))
    }

    @Test(
        "While a write is in progress or the mutex is held, the transmit mode stays", arguments: transmitModes.map(\.0))
    func refused(request: ControlRequest) throws {
        let rig = try Rig(.pty)
        try rig.port.control(.useZeroCopyTX)
        try rig.port.control(.obtainWriteMutex(.now))
        #expect(throws: PeripheralError.refused(.transferInProgress)) { try rig.port.control(request) }

        let bytes = pattern(300_000)
        try bytes.withUnsafeBytes { bytes in
            #expect(try rig.port.startWrite(unretained: bytes) == 300_000)
            #expect(throws: PeripheralError.refused(.transferInProgress)) { try rig.port.control(request) }
            #expect(try rig.arrived(300_000) == Array(bytes))
            try rig.port.control(.waitPreviousWriteComplete(.forever))
        }
        try rig.port.control(request)
    }

    @Test("While the queue has bytes, the transmit mode stays")
    func refusedQueue() throws {
        let rig = try Rig(.pty)
        try rig.port.control(.useCharacterQueueTX(length: 300_000))
        #expect(try rig.port.write(pattern(300_000)) == 300_000)
        #expect(throws: PeripheralError.refused(.transferInProgress)) { try rig.port.control(.usePolledTX) }
        #expect(try rig.arrived(300_000) == pattern(300_000))
        try rig.port.control(.waitPreviousWriteComplete(.forever))
        try rig.port.control(.usePolledTX)
    }

    @Test("While a task reads polled, the receive mode stays")
    func refusedReading() throws {
        let rig = try Rig(.pty)
        let reading = rig.reading(10)
        try eventually("the read is in the device") { rig.port.engine.state.withLock { $0.receptionHand == .caller } }
        #expect(throws: PeripheralError.refused(.transferInProgress)) {
            try rig.port.control(.useCircularBufferRX(length: 10))
        }
        try rig.feed(pattern(10))
        #expect(try reading.value() == pattern(10))
        try rig.port.control(.useCircularBufferRX(length: 10))
    }

    @Test("A change to polled ends a waiting read, and another buffer does not")
    func changedWhileWaiting() throws {
        let rig = try Rig(.pty)
        try rig.port.control(.useCircularBufferRX(length: 100))
        let reading = rig.reading(10)
        try rig.awaitWaiter(for: .data)
        try rig.port.control(.useCharacterQueueRX(length: 4))
        try rig.feed(pattern(10))
        #expect(try reading.value() == pattern(10))

        let ended = rig.reading(10)
        try rig.feed([1, 2])
        try eventually("two bytes are in") { rig.port.statistics.bytesReceived == 12 }
        try rig.awaitWaiter(for: .data)
        try rig.port.control(.usePolledRX)
        guard case .refused(.wrongMode) = try ended.error() else {
            Issue.record("the read did not end")
            return
        }
        // What it had taken by then is there for the next.
        #expect(try rig.reading(2).value() == [1, 2])
    }

    @Test("Several tasks may change the mode at once")
    func contended() throws {
        let rig = try Rig(.uart, clock: .wall)
        let feeding = rig.call("feeder") { port in
            for _ in 0..<200 { _ = try port.write(pattern(100)) }
        }
        let changing = (1...3).map { number in
            rig.call("changer \(number)") { port in
                for length in 1...200 {
                    try port.control(.useCircularBufferRX(length: 30_000 + length))
                    try port.control(.useCharacterQueueRX(length: 30_000 + length))
                }
            }
        }
        for call in changing { try call.value() }
        try feeding.value()
        let expected = (0..<200).flatMap { _ in pattern(100) }
        #expect(try rig.reading(20_000).value().elementsEqual(expected))
    }

    @Test("A buffer has a length", arguments: [0, -1, (1 << 30) + 1])
    func lengths(length: Int) throws {
        let rig = try Rig(.uart)
        for request: ControlRequest in [
            .useCharacterQueueTX(length: length), .useCharacterQueueRX(length: length),
            .useCircularBufferRX(length: length),
        ] {
            #expect(throws: PeripheralError.self) { try rig.port.control(request) }
        }
        #expect(rig.port.transmitMode == .polled)
        #expect(rig.port.receiveMode == .polled)
    }
}
