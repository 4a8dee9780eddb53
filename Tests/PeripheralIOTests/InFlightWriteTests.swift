import Glibc
import RTOS
import Synchronization
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Write in flight", .watched)
struct InFlightWriteTests {
    @Test("The buffer that comes back is the one that was sent, unchanged", arguments: Device.allCases)
    func comesBack(device: Device) throws {
        let rig = try Rig(device)
        try rig.port.control(.useZeroCopyTX)
        var buffer = TransferBuffer(pattern(2000))
        let address = buffer.transferMemory.baseAddress
        for _ in 0..<3 {
            let finished = rig.port.write(buffer).wait()
            #expect(finished.error == nil)
            buffer = finished.takeBuffer()
            #expect(buffer.transferMemory.baseAddress == address)
            #expect(buffer.array == pattern(2000))
            #expect(try rig.arrived(2000) == pattern(2000))
        }
    }

    @Test("It is complete once the device has let go, and not before")
    func isComplete() throws {
        let (port, device) = try Peripheral.gated()
        let write = port.write(TransferBuffer(pattern(50)))
        #expect(write.isComplete(within: .now) == false)
        #expect(write.isComplete(within: .ticks(5)) == false)
        try device.finish()
        #expect(write.isComplete(within: .forever) == true)
        #expect(write.isComplete(within: .now) == true)
        let finished = write.wait()
        #expect(finished.error == nil)
        #expect(finished.completedAt != nil)
    }

    @Test("A second write waits its turn, and each is told its own outcome")
    func outcomes() throws {
        let (port, device) = try Peripheral.gated()
        let first = port.write(TransferBuffer(pattern(50)))
        try device.finish()
        let second = port.write(TransferBuffer(pattern(60)))
        second.cancel()
        let third = port.write(TransferBuffer(pattern(70)))
        // It is over at once, and takes nobody's outcome.
        #expect(port.write(TransferBuffer(count: 0), obtainingWithin: .now).wait().error == .timedOut)
        try device.finish()
        #expect(third.wait().error == nil)
        #expect(port.write(TransferBuffer(count: 0)).wait().error == nil)
        #expect(second.wait().error == .cancelled)
        #expect(first.wait().error == nil)
    }

    @Test("A write of nothing takes nobody's outcome")
    func emptyAfterFailure() throws {
        let (port, device) = try Peripheral.gated()
        let failed = port.write(TransferBuffer(pattern(50)))
        failed.cancel()
        #expect(failed.isComplete(within: .forever) == true)
        #expect(port.write(TransferBuffer(count: 0)).wait().error == nil)
        #expect(failed.wait().error == .cancelled)
        #expect(device.aborts == 1)
    }

    @Test("A task that holds the mutex writes with it; a write of nothing leaves it")
    func heldByHand() throws {
        let (port, device) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        #expect(port.write(TransferBuffer(count: 0)).wait().error == nil)
        #expect(throws: PeripheralError.refused(.mutexAlreadyHeld)) { try port.control(.obtainWriteMutex(.now)) }
        let write = port.write(TransferBuffer(count: 10), obtainingWithin: .now)
        try device.finish()
        #expect(write.wait().error == nil)
        // That write gave it back.
        try port.control(.obtainWriteMutex(.now))
    }

    @Test("A refused write gives the buffer back with the reason")
    func refused() throws {
        let rig = try Rig(.uart)
        let wrongMode = rig.port.write(TransferBuffer(pattern(10)))
        #expect(wrongMode.isComplete(within: .now) == true)
        let finished = wrongMode.wait()
        guard case .refused(.wrongMode) = finished.error else {
            Issue.record("\(String(describing: finished.error))")
            return
        }
        #expect(finished.takeBuffer().array == pattern(10))
    }

    @Test("A write that did not get the mutex in its time gives the buffer back")
    func timedOut() throws {
        let (port, device) = try Peripheral.gated()
        let first = port.write(TransferBuffer(pattern(10)))
        for timeout: Timeout in [.now, .ticks(5)] {
            let second = port.write(TransferBuffer(pattern(20)), obtainingWithin: timeout).wait()
            #expect(second.error == .timedOut)
            #expect(second.takeBuffer().array == pattern(20))
        }
        try device.finish()
        #expect(first.wait().error == nil)
        #expect(device.transfers == 1)
    }

    @Test("Cancelled, it gives up what has not left, and the port goes on")
    func cancel() throws {
        let rig = try Rig(.pty)
        try rig.port.control(.useZeroCopyTX)
        let bytes = pattern(300_000)
        let write = rig.port.write(TransferBuffer(bytes))
        #expect(write.isComplete(within: .ticks(20)) == false)
        write.cancel()
        let finished = write.wait()
        #expect(finished.error == .cancelled)
        #expect(finished.takeBuffer().array == bytes)

        let next = rig.port.write(TransferBuffer([0xAA, 0xBB]))
        // What had been handed over before is there, and then the next write's.
        let arrived = try rig.arrived(through: [0xAA, 0xBB])
        #expect(next.wait().error == nil)
        #expect(arrived.dropLast(2).elementsEqual(bytes.prefix(arrived.count - 2)))
    }

    @Test("Cancelling one that is complete changes nothing")
    func cancelTooLate() throws {
        let rig = try Rig(.uart)
        try rig.port.control(.useZeroCopyTX)
        let write = rig.port.write(TransferBuffer(pattern(10)))
        #expect(write.isComplete(within: .forever) == true)
        write.cancel()
        #expect(write.wait().error == nil)
        #expect(try rig.arrived(10) == pattern(10))
    }

    @Test("Dropped, it makes the device let go before the memory is freed")
    func dropped() throws {
        let (port, device) = try Peripheral.gated()
        let wasWithDevice = Mutex(true)
        let drop = Call("dropper") {
            let write = port.write(WatchedBuffer { wasWithDevice.withLock { $0 = device.memory != nil } })
            #expect(device.memory != nil)
            _ = consume write
        }
        try drop.value()
        #expect(!wasWithDevice.withLock { $0 })
        #expect(device.aborts == 1)
        // The port is free again, and nobody is left with the dropped write's outcome.
        let next = port.write(TransferBuffer(count: 3), obtainingWithin: .now)
        try device.finish()
        #expect(next.wait().error == nil)
        #expect(port.engine.state.withLock { $0.failures.isEmpty })
    }

    @Test("Dropped while it stalls, it comes to an end", arguments: Device.allCases)
    func droppedWhileStalled(device: Device) throws {
        var faults = FaultPlan()
        faults.stallAfter = 100
        let rig = try Rig(device, faults: faults)
        try rig.port.control(.useZeroCopyTX)
        try rig.call("dropper") { _ = $0.write(TransferBuffer(pattern(300_000))) }.value()
        try rig.port.control(.obtainWriteMutex(.now))
    }

    @Test("Dropped when the device is lost, it comes to an end", arguments: Device.allCases)
    func droppedOnLoss(device: Device) throws {
        var faults = FaultPlan()
        faults.unplugAfter = 100
        let rig = try Rig(device, faults: faults)
        try rig.port.control(.useZeroCopyTX)
        let drop = rig.call("dropper") { port in
            let write = port.write(TransferBuffer(pattern(300_000)))
            if device == .pty { rig.hangUp() }
            _ = consume write
        }
        try drop.value()
    }

    @Test("A peripheral that nobody else uses stays open until the write is over")
    func keepsPortOpen() throws {
        func send() throws -> InFlightWrite<TransferBuffer> {
            let port = try Peripheral("virtual://spi?speed=1M")
            try port.control(.useZeroCopyTX)
            return port.write(TransferBuffer(pattern(2000)))
        }
        #expect(try send().wait().error == nil)
    }

    @Test("Closing the port ends it and gives the buffer back", arguments: Device.allCases)
    func closed(device: Device) throws {
        var faults = FaultPlan()
        faults.stallAfter = 100
        let rig = try Rig(device, faults: faults)
        try rig.port.control(.useZeroCopyTX)
        let write = rig.port.write(TransferBuffer(pattern(300_000)))
        try rig.call { $0.close() }.value()
        #expect(write.isComplete(within: .now) == true)
        let finished = write.wait()
        #expect(finished.error == .closed)
        #expect(finished.takeBuffer().array == pattern(300_000))
    }

    @Test("Closing waits until the device has let go")
    func closeWaits() throws {
        let (port, device) = try Peripheral.gated()
        let write = port.write(TransferBuffer(pattern(10)))
        port.close()
        #expect(device.memory == nil)
        #expect(device.aborts == 1)
        #expect(write.wait().error == .closed)
    }

    @Test("A write that waits behind another is not the device's yet, and is given up without it")
    func cancelledInQueue() throws {
        let (port, device) = try Peripheral.gated()
        // The bus is taken by an exchange of settings, not by a write, so that the mutex is free.
        port.engine.state.withLock { $0.isReserved = true }
        let write = port.write(TransferBuffer(pattern(10)))
        #expect(write.isComplete(within: .ticks(5)) == false)
        write.cancel()
        #expect(write.wait().error == .cancelled)
        #expect(device.transfers == 0)
        port.engine.update { $0.isReserved = false }
        let next = port.write(TransferBuffer(pattern(10)))
        try device.finish()
        #expect(next.wait().error == nil)
    }

    @Test("In an interrupt the buffer does not come back early either")
    func interrupt() throws {
        let (port, device) = try Peripheral.gated()
        let answer = Mutex<Bool?>(nil)
        let waiting = Call("isr") { () -> Bool in
            let write = port.write(TransferBuffer(pattern(10)))
            InterruptContext.set(true)
            defer { InterruptContext.set(false) }
            let isComplete = write.isComplete(within: .forever)
            answer.withLock { $0 = isComplete }
            _ = write.wait()
            return device.memory == nil
        }
        try eventually("it has asked") { answer.withLock { $0 != nil } }
        #expect(answer.withLock { $0 } == false)
        try device.finish()
        #expect(try waiting.value())
    }
}

/// A buffer that tells when its memory is freed.
private struct WatchedBuffer: TransferMemory, ~Copyable {
    let transferMemory = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
    private let willFree: () -> Void

    init(_ willFree: @escaping () -> Void) {
        transferMemory.initializeMemory(as: UInt8.self, repeating: 0)
        self.willFree = willFree
    }

    deinit {
        willFree()
        transferMemory.deallocate()
    }
}
