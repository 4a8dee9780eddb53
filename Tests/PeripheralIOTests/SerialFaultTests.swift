import Glibc
import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

/// What the kernel may answer, in every mode.
@Suite("Serial port with faults", .watched)
struct SerialFaultTests {
    static let harmless: [FaultyCalls.Plan] = [
        .init(step: 1),
        .init(interruptEvery: 2),
        .init(falseAlarms: 50),
        .init(step: 3, interruptEvery: 3, falseAlarms: 3),
    ]

    @Test("Small steps, signals and false alarms lose nothing that is sent", arguments: harmless, Transmitter.allCases)
    func sent(plan: FaultyCalls.Plan, transmitter: Transmitter) throws {
        let faulty = try FaultyPort(plan)
        let bytes = pattern(1500)
        let sending = Call { try transmitter.send(bytes, through: faulty.port) }
        #expect(try Call("far end") { faulty.line.read(1500) }.value() == bytes)
        try sending.value()
        #expect(faulty.port.statistics.bytesSent == 1500)
    }

    @Test("Nor anything that is received", arguments: harmless, ModeSelectionTests.receiveModes.map(\.0))
    func received(plan: FaultyCalls.Plan, mode: ControlRequest) throws {
        let faulty = try FaultyPort(plan)
        try faulty.port.control(mode)
        let reading = Call { try faulty.port.read(1500) }
        faulty.line.write(pattern(1500))
        #expect(try reading.value() == pattern(1500))
    }

    @Test("An I/O error in the middle of sending loses the device", arguments: [0, 700], Transmitter.allCases)
    func lostSending(after count: Int, transmitter: Transmitter) throws {
        let faulty = try FaultyPort(FaultyCalls.Plan(failAfterWriting: count))
        let sending = Call { try transmitter.send(pattern(1500), through: faulty.port) }
        #expect(try sending.error() == .deviceLost(faulty.line.path))
        try expectLost(faulty)
        #expect(try Call("far end") { faulty.line.read(count) }.value() == Array(pattern(1500).prefix(count)))
    }

    @Test(
        "An I/O error in the middle of receiving loses the device, and what came before can be read",
        arguments: [0, 700], ModeSelectionTests.receiveModes.map(\.0))
    func lostReceiving(after count: Int, mode: ControlRequest) throws {
        let faulty = try FaultyPort(FaultyCalls.Plan(failAfterReading: count))
        try faulty.port.control(mode)
        let reading = Call { try faulty.port.read(1500) }
        faulty.line.write(pattern(1500))
        #expect(try reading.error() == .deviceLost(faulty.line.path))
        var kept: [UInt8] = []
        while kept.count < count { kept += try faulty.port.read(1000) }
        #expect(kept == Array(pattern(1500).prefix(count)))
        try expectLost(faulty)
    }

    @Test(
        "Another error ends the write that met it, with its number, and not the port", arguments: Transmitter.allCases)
    func otherError(transmitter: Transmitter) throws {
        let faulty = try FaultyPort(FaultyCalls.Plan(failure: ENOSPC, failAfterWriting: 100))
        let sending = Call { try transmitter.send(pattern(1500), through: faulty.port) }
        #expect(try sending.error() == .system(call: "write \(faulty.line.path)", errno: ENOSPC))
        // It receives as before.
        faulty.line.write([1, 2, 3])
        #expect(try Call { try faulty.port.read(3) }.value() == [1, 2, 3])
        // Nor is anything left over from the failed write.
        #expect(try Call { try transmitter.send([], through: faulty.port) }.error() == nil)
    }

    @Test("A queue that failed lets a writer that waits for room go on")
    func queueFails() throws {
        let faulty = try FaultyPort(FaultyCalls.Plan(failure: ENOSPC, failAfterWriting: 100))
        try faulty.port.control(.useCharacterQueueTX(length: 10))
        let writing = Call { try faulty.port.write(pattern(500)) }
        // The queue is emptied each time, as bytes that cannot be sent are given up.
        #expect(try writing.value() == 500)
        #expect(throws: PeripheralError.self) { try faulty.port.control(.waitPreviousWriteComplete(.forever)) }
    }

    @Test("When poll fails, everything ends with its error")
    func pollFails() throws {
        let faulty = try FaultyPort(FaultyCalls.Plan(pollFailure: ENOMEM))
        let error = PeripheralError.system(call: "ppoll", errno: ENOMEM)
        #expect(try Call { try faulty.port.read(1) }.error() == error)
        #expect(try Call { try faulty.port.write([1]) }.error() == error)
    }

    /// Every later call ends with the same error.
    private func expectLost(_ faulty: FaultyPort) throws {
        let lost = PeripheralError.deviceLost(faulty.line.path)
        let port = faulty.port
        #expect(try Call { try port.read(1) }.error() == lost)
        #expect(try Call { try port.control(.setSpeed(9600)) }.error() == lost)
        #expect(try Call { try port.control(.useZeroCopyTX) }.error() == lost)
        #expect(try Call { try port.control(.useCircularBufferRX(length: 10)) }.error() == lost)
    }
}

/// The ways to send.
enum Transmitter: CaseIterable {
    case polled, zeroCopy, unretained, characterQueue

    /// Sends all of it, and returns when it is off the wire.
    func send(_ bytes: [UInt8], through port: Peripheral) throws {
        switch self {
        case .polled:
            #expect(try port.write(bytes) == bytes.count)
        case .zeroCopy:
            try port.control(.useZeroCopyTX)
            if let error = port.write(TransferBuffer(bytes)).wait().error { throw error }
        case .unretained:
            try port.control(.useZeroCopyTX)
            try port.control(.obtainWriteMutex(.forever))
            // It may not return before the device has let go.
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            memory.copyBytes(from: bytes)
            #expect(try port.startWrite(unretained: UnsafeRawBufferPointer(memory)) == bytes.count)
            if bytes.isEmpty { try port.control(.releaseWriteMutex) }
            defer { memory.deallocate() }
            try port.control(.waitPreviousWriteComplete(.forever))
        case .characterQueue:
            try port.control(.useCharacterQueueTX(length: 64))
            #expect(try port.write(bytes) == bytes.count)
            try port.control(.waitPreviousWriteComplete(.forever))
        }
    }
}
