import RTOS
import Synchronization
import Testing

@testable import PeripheralIO

/// The rows of the write mutex's table that speak of buffers, modes, tasks and errors, on a virtual bus.
@Suite("Write mutex of a device", .timeLimit(.minutes(30)))
struct WriteMutexOnDeviceTests {
    /// Bytes that outlive the peripheral, as a firmware's static buffer does.
    private final class Bytes: @unchecked Sendable {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 64)
        var all: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
        init() { memory.initializeMemory(as: UInt8.self, repeating: 0x5A) }
        deinit { memory.deallocate() }
    }

    private let bytes = Bytes()

    private func zeroCopy(_ name: String) throws -> Peripheral {
        let device = try Peripheral(name)
        try device.control(.useZeroCopyTX)
        return device
    }

    /// Runs `body` as another task, which has ended when this returns, and answers its error.
    private func byAnotherTask(_ body: @escaping @Sendable () throws -> Void) -> PeripheralError? {
        let failure = Failure()
        RTOSThread.startJoinable(name: "another") {
            do {
                try body()
            } catch {
                failure.error.withLock { $0 = error as? PeripheralError }
            }
        }.join()
        return failure.error.withLock { $0 }
    }

    private final class Failure: Sendable {
        let error = Mutex<PeripheralError?>(nil)
    }

    @Test("held by A, write by A: returns at once with the whole count, however long the device takes")
    func write() throws {
        let device = try zeroCopy("virtual://spi?stall=1")
        defer { device.close() }
        try device.control(.obtainWriteMutex(.now))
        #expect(try device.startWrite(unretained: bytes.all) == 1000)
    }

    @Test("A write without the mutex fails for every caller, before, during and after another's write")
    func writeWithoutMutex() throws {
        let device = try zeroCopy("virtual://spi?stall=1")
        defer { device.close() }
        let notHolder = PeripheralError.refused(.notMutexHolder)
        #expect(throws: notHolder) { try device.startWrite(unretained: bytes.all) }
        try device.control(.obtainWriteMutex(.now))
        #expect(
            byAnotherTask { _ = try device.startWrite(unretained: bytes.all) }
                == notHolder)
        #expect(try device.startWrite(unretained: bytes.all) == 1000)
        #expect(throws: notHolder) { try device.startWrite(unretained: bytes.all) }
    }

    @Test("held by A, write of 0 bytes by A: returns 0, still held")
    func writeNothing() throws {
        let device = try zeroCopy("virtual://spi")
        try device.control(.obtainWriteMutex(.now))
        #expect(try device.startWrite(unretained: UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
        #expect(throws: PeripheralError.refused(.mutexAlreadyHeld)) { try device.control(.obtainWriteMutex(.now)) }
        #expect(try device.startWrite(unretained: bytes.all) == 1000)
        try device.control(.waitPreviousWriteComplete(.forever))
        #expect(device.statistics.bytesSent == 1000)
    }

    @Test("writing, OBTAIN by A: fails while the buffer is in use, and succeeds when it is free again")
    func obtainWhileWriting() throws {
        let stalled = try zeroCopy("virtual://spi?stall=1")
        defer { stalled.close() }
        try stalled.control(.obtainWriteMutex(.now))
        _ = try stalled.startWrite(unretained: bytes.all)
        #expect(throws: PeripheralError.timedOut) { try stalled.control(.obtainWriteMutex(.now)) }
        #expect(throws: PeripheralError.timedOut) { try stalled.control(.obtainWriteMutex(.milliseconds(5))) }

        let device = try zeroCopy("virtual://spi?speed=1M")
        try device.control(.obtainWriteMutex(.now))
        _ = try device.startWrite(unretained: bytes.all)
        try device.control(.obtainWriteMutex(.forever))
        #expect(device.statistics.bytesSent == 1000)
        try device.control(.releaseWriteMutex)
    }

    @Test("writing, RELEASE by A: fails, for it is the interrupt's")
    func releaseWhileWriting() throws {
        let device = try zeroCopy("virtual://spi?stall=1")
        defer { device.close() }
        try device.control(.obtainWriteMutex(.now))
        _ = try device.startWrite(unretained: bytes.all)
        #expect(throws: PeripheralError.refused(.notMutexHolder)) { try device.control(.releaseWriteMutex) }
    }

    @Test("held by A or writing, a mode is chosen for TX: fails until it is free")
    func chooseMode() throws {
        let device = try zeroCopy("virtual://spi?speed=1M")
        let inProgress = PeripheralError.refused(.transferInProgress)
        try device.control(.obtainWriteMutex(.now))
        #expect(throws: inProgress) { try device.control(.usePolledTX) }
        try device.control(.releaseWriteMutex)
        try device.control(.useZeroCopyTX)

        let stalled = try zeroCopy("virtual://spi?stall=1")
        defer { stalled.close() }
        try stalled.control(.obtainWriteMutex(.now))
        _ = try stalled.startWrite(unretained: bytes.all)
        #expect(throws: inProgress) { try stalled.control(.useCharacterQueueTX(length: 10)) }
        #expect(stalled.transmitMode == .zeroCopy)

        try device.control(.obtainWriteMutex(.now))
        _ = try device.startWrite(unretained: bytes.all)
        try device.control(.waitPreviousWriteComplete(.forever))
        try device.control(.usePolledTX)
        #expect(device.transmitMode == .polled)
    }

    @Test("writing, WAIT_PREVIOUS_WRITE_COMPLETE: waits, then leaves the mutex free")
    func waitPrevious() throws {
        let stalled = try zeroCopy("virtual://spi?stall=1")
        defer { stalled.close() }
        try stalled.control(.obtainWriteMutex(.now))
        _ = try stalled.startWrite(unretained: bytes.all)
        #expect(throws: PeripheralError.timedOut) {
            try stalled.control(.waitPreviousWriteComplete(.milliseconds(5)))
        }

        let device = try zeroCopy("virtual://spi?speed=1M")
        try device.control(.waitPreviousWriteComplete(.now))
        try device.control(.obtainWriteMutex(.now))
        _ = try device.startWrite(unretained: bytes.all)
        try device.control(.waitPreviousWriteComplete(.forever))
        #expect(device.statistics.bytesSent == 1000)
        #expect(byAnotherTask { try device.control(.obtainWriteMutex(.now)) } == nil)
    }

    @Test("held by A, A ends: free")
    func holderEnds() throws {
        let device = try zeroCopy("virtual://spi")
        #expect(byAnotherTask { try device.control(.obtainWriteMutex(.now)) } == nil)
        try device.control(.obtainWriteMutex(.now))
        #expect(
            byAnotherTask { try device.control(.obtainWriteMutex(.milliseconds(5))) }
                == .timedOut)
        try device.control(.releaseWriteMutex)
    }

    @Test("writing, the device is unplugged: every call ends with that error, the waiting ones too")
    func unplugged() throws {
        let device = try zeroCopy("virtual://spi?speed=100k&unplug=100")
        let lost = PeripheralError.deviceLost(device.name)
        try device.control(.obtainWriteMutex(.now))
        _ = try device.startWrite(unretained: bytes.all)
        #expect(throws: lost) { try device.control(.obtainWriteMutex(.forever)) }
        #expect(throws: lost) { try device.control(.waitPreviousWriteComplete(.forever)) }
        #expect(throws: lost) { try device.control(.releaseWriteMutex) }
        #expect(throws: lost) { try device.startWrite(unretained: bytes.all) }
        // The interrupt has let go of the buffer.
        #expect(device.statistics.bytesSent == 0)
    }
}
