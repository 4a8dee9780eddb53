import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Closing", .watched)
struct CloseTests {
    private func stalledRig(_ device: Device) throws -> Rig {
        var faults = FaultPlan()
        faults.stallAfter = 1000
        return try Rig(device, faults: faults)
    }

    @Test(
        "Whatever blocks ends with it",
        arguments: Device.allCases.flatMap { device in BlockedCall.on(device).map { (device, $0) } })
    func ends(device: Device, blocked: BlockedCall) throws {
        let rig = try stalledRig(device)
        let calls = try blocked.start(on: rig)
        try rig.call("close") { $0.close() }.value()
        for call in calls {
            let error = try call.value()
            #expect(error == .closed, "“\(call.name)”")
        }
    }

    @Test("All that blocks on one port ends at once", arguments: Device.allCases)
    func endsAll(device: Device) throws {
        let rig = try stalledRig(device)
        var calls = try BlockedCall.setting.start(on: rig)
        for _ in 1...5 {
            calls.append(rig.ending("obtain") { try $0.control(.obtainWriteMutex(.forever)) })
            calls.append(rig.ending("wait") { try $0.control(.waitPreviousWriteComplete(.forever)) })
            calls.append(rig.ending("setting") { try $0.control(.setSpeed(9600)) })
        }
        if device != .spi { calls += [try BlockedCall.circularRead.start(on: rig)[0]] }
        let closing = (1...3).map { _ in rig.call("close") { $0.close() } }
        for call in closing { try call.value() }
        for call in calls {
            let error = try call.value()
            #expect(error == .closed, "“\(call.name)”")
        }
    }

    @Test("Every later call ends with it, and closing again does no harm", arguments: Device.allCases)
    func afterwards(device: Device) throws {
        let rig = try Rig(device)
        let port = rig.port
        try rig.feed([1, 2, 3])
        port.close()
        port.close()
        #expect(throws: PeripheralError.closed) { try port.write([1]) }
        #expect(throws: PeripheralError.closed) { try port.read(1) }
        #expect(throws: PeripheralError.closed) { try port.control(.useZeroCopyTX) }
        #expect(throws: PeripheralError.closed) { try port.control(.useCircularBufferRX(length: 10)) }
        #expect(throws: PeripheralError.closed) { try port.control(.setSpeed(9600)) }
        #expect(port.write(TransferBuffer(count: 1)).wait().error == .closed)
    }

    @Test("What a closed port had received is gone", arguments: ModeSelectionTests.receiveModes.map(\.0))
    func received(mode: ControlRequest) throws {
        let rig = try Rig(.uart)
        try rig.port.control(.useCircularBufferRX(length: 10))
        try rig.feed([1, 2, 3])
        try eventually("three bytes are in") { rig.port.statistics.bytesReceived == 3 }
        try rig.port.control(mode)
        rig.port.close()
        #expect(throws: PeripheralError.closed) { try rig.port.read(1) }
    }

    @Test("What a pty has taken stays with its far end")
    func handedOver() throws {
        let line = try #require(PtyPair())
        // More than the far end's terminal layer holds (4 KiB), less than it and the line do (8 KiB more).
        #expect(try Peripheral(line.path).write(pattern(6000)) == 6000)
        #expect(try Call("far end") { line.read(6000) }.value() == pattern(6000))
    }

    @Test("A device can be opened again, with its line as it was")
    func reopened() throws {
        let line = try #require(PtyPair())
        for round in 1...5 {
            let port = try Peripheral(line.path)
            #expect(try port.write([UInt8(round)]) == 1)
            #expect(try Call("far end") { line.read(1) }.value() == [UInt8(round)])
            port.close()
        }
    }

    @Test("A port that nobody has any more closes itself")
    func dropped() throws {
        let line = try #require(PtyPair())
        _ = try Peripheral(line.path)
        _ = try Peripheral(line.path)
    }

    @Test("Only an open device is asked for memory")
    func memory() throws {
        let (port, _) = try Peripheral.gated()
        let storage = port.poolStorage(byteCount: 4096)
        let isMapped = if case .mapped = storage { true } else { false }
        try #require(isMapped)
        let pool = try MemoryPool(blockSize: 64, capacity: 64, storage: storage)
        port.close()
        // The pool has its memory still.
        let block = try pool.take(.now)
        block.memory[63] = 1
        block.giveBack()
        let isOnHeap = if case .heap = port.poolStorage(byteCount: 4096) { true } else { false }
        #expect(isOnHeap)
    }

    @Test("Closing while tasks come and go")
    func busy() throws {
        for device in Device.allCases {
            let rig = try Rig(device)
            try rig.port.control(.useCircularBufferRX(length: 1000))
            let calls = (1...4).map { number in
                rig.call("worker \(number)") { port in
                    while true {
                        try port.control(number % 2 == 0 ? .clearRXBuffer : .setSpeed(1_000_000))
                        _ = try port.write([1, 2, 3])
                    }
                }
            }
            try eventually("they are at work") { rig.port.statistics.bytesSent > 100 || device == .pty }
            try rig.call("close") { $0.close() }.value()
            for call in calls { #expect(try call.error() == .closed) }
        }
    }
}
