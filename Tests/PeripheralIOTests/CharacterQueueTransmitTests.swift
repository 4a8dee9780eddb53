import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Character queue transmission", .watched)
struct CharacterQueueTransmitTests {
    private func rig(_ device: Device, queue length: Int, faults: FaultPlan = .none) throws -> Rig {
        let rig = try Rig(device, faults: faults)
        try rig.port.control(.useCharacterQueueTX(length: length))
        return rig
    }

    @Test("A write leaves bytes in the queue, and they go out by themselves", arguments: Device.allCases)
    func write(device: Device) throws {
        let rig = try rig(device, queue: 1000)
        let bytes = pattern(700)
        #expect(try rig.port.write(bytes) == 700)
        #expect(try rig.arrived(700) == bytes)
        try rig.port.control(.waitPreviousWriteComplete(.forever))
        #expect(rig.port.statistics.bytesSent == 700)
    }

    @Test("A write longer than the queue waits for room", arguments: Device.allCases, [1, 64])
    func longerThanQueue(device: Device, length: Int) throws {
        let rig = try rig(device, queue: length)
        let bytes = pattern(2000)
        #expect(try rig.writing(bytes).value() == 2000)
        #expect(try rig.arrived(2000) == bytes)
    }

    @Test("Bytes stay in the queue until they are on the wire, even if the device reads them late")
    func slowDevice() throws {
        // In wall time the controller shifts out each byte when its turn comes, long after it took the transfer.
        let rig = try Rig(.spi, rate: 1_000_000, clock: .wall)
        try rig.port.control(.useCharacterQueueTX(length: 64))
        let bytes = pattern(3000)
        #expect(try rig.writing(bytes).value() == 3000)
        #expect(try rig.arrived(3000) == bytes)
    }

    @Test("At its time-out a write answers how many bytes fitted", arguments: Device.virtual)
    func timeout(device: Device) throws {
        var faults = FaultPlan()
        faults.stallAfter = 1
        let rig = try rig(device, queue: 100, faults: faults)
        try rig.port.control(.setTXTimeout(.milliseconds(300)))
        // The UART takes its FIFO's fill and the byte that got out; the SPI controller keeps the whole queue.
        let inDevice = device == .uart ? VirtualUART.transmitCapacity + 1 : 0
        #expect(try rig.port.write(pattern(5000)) == inDevice + 100)

        try rig.port.control(.setTXTimeout(.now))
        #expect(try rig.port.write([1, 2, 3]) == 0)
        #expect(throws: PeripheralError.timedOut) {
            try rig.port.control(.waitPreviousWriteComplete(.milliseconds(5)))
        }
    }

    @Test("What fits is taken without waiting")
    func noWait() throws {
        let rig = try rig(.pty, queue: 100)
        try rig.port.control(.setTXTimeout(.now))
        let taken = try rig.port.write(pattern(150))
        #expect(taken >= 100)
        #expect(try rig.arrived(taken) == Array(pattern(150).prefix(taken)))
    }

    @Test("Bytes of several tasks keep their order task by task", arguments: Device.allCases)
    func order(device: Device) throws {
        let rig = try rig(device, queue: 50)
        let calls = (0..<4).map { task in
            rig.writing((0..<500).map { UInt8(task << 6 | $0 & 63) })
        }
        for call in calls { #expect(try call.value() == 500) }
        var next = [0, 0, 0, 0]
        for byte in try rig.arrived(2000) {
            let task = Int(byte >> 6)
            #expect(Int(byte & 63) == next[task] & 63)
            next[task] += 1
        }
        #expect(next == [500, 500, 500, 500])
    }

    @Test("A write that finds room for all of it stays together", arguments: Device.allCases)
    func together(device: Device) throws {
        let rig = try rig(device, queue: 1000)
        let calls = (1...8).map { task in rig.writing([UInt8](repeating: UInt8(task), count: 100)) }
        for call in calls { #expect(try call.value() == 100) }
        let arrived = try rig.arrived(800)
        let starts = stride(from: 0, to: 800, by: 100).map { arrived[$0] }
        #expect(Set(starts) == Set(1...8))
        #expect(arrived == starts.flatMap { [UInt8](repeating: $0, count: 100) })
    }

    @Test("Nothing to write does not wait for room")
    func empty() throws {
        var faults = FaultPlan()
        faults.stallAfter = 1
        let rig = try rig(.spi, queue: 10, faults: faults)
        #expect(try rig.port.write(pattern(10)) == 10)
        #expect(try rig.writing([]).value() == 0)
    }

    @Test("The write mutex is no part of it")
    func mutex() throws {
        let rig = try rig(.pty, queue: 10)
        for request: ControlRequest in [.obtainWriteMutex(.now), .releaseWriteMutex] {
            #expect(throws: PeripheralError.self) { try rig.port.control(request) }
        }
    }
}
