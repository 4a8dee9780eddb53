import Glibc
import RTOS
import Synchronization
import Testing
import VirtualHardware

@testable import PeripheralIO

/// The write mutex as tasks meet it.
@Suite("Write mutex of a peripheral", .watched)
struct PeripheralWriteMutexTests {
    @Test("The way of FreeRTOS+IO: obtain, write, obtain again to reuse the buffer, wait", arguments: Device.allCases)
    func freeRTOS(device: Device) throws {
        let rig = try Rig(device)
        try rig.port.control(.useZeroCopyTX)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 8)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: pattern(100))

        try rig.port.control(.obtainWriteMutex(.ticks(5000)))
        #expect(try rig.port.startWrite(unretained: UnsafeRawBufferPointer(buffer)) == 100)
        // It goes out while this task does something else. Obtaining again says that the buffer may be reused.
        try rig.port.control(.obtainWriteMutex(.ticks(5000)))
        memset(buffer.baseAddress!, 0, 100)
        #expect(try rig.port.startWrite(unretained: UnsafeRawBufferPointer(buffer)) == 100)
        try rig.port.control(.waitPreviousWriteComplete(.ticks(5000)))

        #expect(try rig.arrived(200) == pattern(100) + [UInt8](repeating: 0, count: 100))
    }

    @Test("A write without the mutex is refused, whoever has it")
    func nonHolder() throws {
        let (port, device) = try Peripheral.gated()
        #expect(throws: PeripheralError.refused(.notMutexHolder)) { try port.startWrite([1, 2]) }

        try port.control(.obtainWriteMutex(.now))
        let other = Call { try port.startWrite([3, 4]) }
        #expect(try other.error() == .refused(.notMutexHolder))
        // It is this task's still.
        #expect(throws: PeripheralError.refused(.mutexAlreadyHeld)) { try port.control(.obtainWriteMutex(.now)) }
        #expect(device.transfers == 0)
    }

    @Test("It is not recursive, even for a task that would wait")
    func notRecursive() throws {
        let (port, _) = try Peripheral.gated()
        let call = Call {
            try port.control(.obtainWriteMutex(.now))
            try port.control(.obtainWriteMutex(.forever))
        }
        #expect(try call.error() == .refused(.mutexAlreadyHeld))
    }

    @Test("Another task waits for it no longer than its time")
    func timeouts() throws {
        let (port, _) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        for timeout: Timeout in [.now, .ticks(10)] {
            let other = Call { try port.control(.obtainWriteMutex(timeout)) }
            #expect(try other.error() == .timedOut)
        }
        // Who gave up is not given it later.
        try port.control(.releaseWriteMutex)
        try Call { try port.control(.obtainWriteMutex(.now)) }.value()
    }

    @Test("Only its holder releases it")
    func release() throws {
        let (port, device) = try Peripheral.gated()
        #expect(throws: PeripheralError.refused(.notMutexHolder)) { try port.control(.releaseWriteMutex) }

        try port.control(.obtainWriteMutex(.now))
        let other = Call { try port.control(.releaseWriteMutex) }
        #expect(try other.error() == .refused(.notMutexHolder))
        try port.control(.releaseWriteMutex)

        // Once the write has begun, the interrupt has it.
        try port.control(.obtainWriteMutex(.now))
        try withBuffer {
            _ = try port.startWrite(unretained: $0)
        } during: {
            #expect(throws: PeripheralError.refused(.notMutexHolder)) { try port.control(.releaseWriteMutex) }
            try device.finish()
            try port.control(.waitPreviousWriteComplete(.forever))
        }
    }

    @Test("Released by hand, it goes to who waits")
    func releasedToWaiter() throws {
        let (port, _) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        let waiter = Call { try port.control(.obtainWriteMutex(.forever)) }
        try port.awaitMutexWaiters(1)
        try port.control(.releaseWriteMutex)
        try waiter.value()
    }

    @Test("The completion thread gives it back when the last bit has left")
    func givenBack() throws {
        let (port, device) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        try withBuffer {
            _ = try port.startWrite(unretained: $0)
        } during: {
            let waiter = Call { try port.control(.obtainWriteMutex(.forever)) }
            try port.awaitMutexWaiters(1)
            #expect(!waiter.isOver)
            // This task, whose write it is, does no more.
            try device.finish()
            try waiter.value()
        }
    }

    @Test("While a write is on its way, everybody waits, and its own task too")
    func obtainWhileWriting() throws {
        let (port, device) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        try withBuffer {
            _ = try port.startWrite(unretained: $0)
        } during: {
            #expect(throws: PeripheralError.timedOut) { try port.control(.obtainWriteMutex(.now)) }
            #expect(throws: PeripheralError.timedOut) { try port.control(.obtainWriteMutex(.ticks(5))) }
            #expect(throws: PeripheralError.timedOut) { try port.control(.waitPreviousWriteComplete(.ticks(5))) }
            #expect(device.memory != nil)
            try device.finish()
            try port.control(.obtainWriteMutex(.ticks(5000)))
            #expect(device.memory == nil)
        }
    }

    @Test("Waiting for a write leaves the mutex free")
    func waitingKeepsNothing() throws {
        let (port, device) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        try withBuffer {
            _ = try port.startWrite(unretained: $0)
        } during: {
            let waiters = (1...3).map { _ in Call { try port.control(.waitPreviousWriteComplete(.forever)) } }
            try device.finish()
            for waiter in waiters { try waiter.value() }
            try Call { try port.control(.obtainWriteMutex(.now)) }.value()
        }
    }

    @Test("The highest priority is let through first, then the first come")
    func order() throws {
        let (port, _) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        let order = Mutex<[String]>([])
        let tasks: [(name: String, priority: UInt8)] = [("a", 10), ("b", 30), ("c", 20), ("d", 30), ("e", 10)]
        var calls: [Call<Void>] = []
        for (place, task) in tasks.enumerated() {
            calls.append(
                Call(task.name, priority: task.priority) { [name = task.name] in
                    try port.control(.obtainWriteMutex(.forever))
                    order.withLock { $0.append(name) }
                    try port.control(.releaseWriteMutex)
                })
            try port.awaitMutexWaiters(place + 1)
        }
        try port.control(.releaseWriteMutex)
        for call in calls { try call.value() }
        #expect(order.withLock { $0 } == ["b", "d", "c", "a", "e"])
    }

    @Test("One waiter is let through at a time")
    func oneAtATime() throws {
        let (port, device) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        let obtained = Mutex(0)
        let calls = (1...4).map { _ in
            Call {
                try port.control(.obtainWriteMutex(.forever))
                obtained.withLock { $0 += 1 }
                try withBuffer {
                    _ = try port.startWrite(unretained: $0)
                } during: {
                    try port.control(.waitPreviousWriteComplete(.forever))
                }
            }
        }
        try port.awaitMutexWaiters(4)
        try port.control(.releaseWriteMutex)
        for number in 1...4 {
            try eventually("write \(number) is on its way") { device.transfers == number }
            #expect(obtained.withLock { $0 } == number)
            try device.finish()
        }
        for call in calls { try call.value() }
    }

    @Test("A task that ends while it holds it frees it")
    func holderEnds() throws {
        let (port, _) = try Peripheral.gated()
        let isHeld = Mutex(false)
        let mayEnd = Mutex(false)
        let holder = Call("holder") {
            try port.control(.obtainWriteMutex(.now))
            isHeld.withLock { $0 = true }
            try eventually("the test goes on") { mayEnd.withLock { $0 } }
        }
        try eventually("it is held") { isHeld.withLock { $0 } }
        let waiter = Call("waiter") {
            try port.control(.obtainWriteMutex(.forever))
            try port.control(.releaseWriteMutex)
        }
        try port.awaitMutexWaiters(1)
        mayEnd.withLock { $0 = true }
        try holder.value()
        try waiter.value()
        try eventually("it is free") { port.engine.state.withLock { $0.writeMutex.isFree } }
    }

    @Test("A write goes on when its task has ended")
    func writerEnds() throws {
        let (port, device) = try Peripheral.gated()
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 10, alignment: 1)
        nonisolated(unsafe) let memory = UnsafeRawBufferPointer(bytes)
        defer { bytes.deallocate() }
        try Call {
            try port.control(.obtainWriteMutex(.now))
            return try port.startWrite(unretained: memory)
        }.value()
        #expect(throws: PeripheralError.timedOut) { try port.control(.obtainWriteMutex(.ticks(20))) }
        try device.finish()
        try port.control(.obtainWriteMutex(.forever))
    }

    @Test("A write of nothing answers 0 and leaves the mutex where it was")
    func emptyWrite() throws {
        let (port, device) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        #expect(try port.startWrite([]) == 0)
        #expect(throws: PeripheralError.refused(.mutexAlreadyHeld)) { try port.control(.obtainWriteMutex(.now)) }
        #expect(device.transfers == 0)
        try port.control(.releaseWriteMutex)
    }

    @Test("A failed write gives it back, and the failure is told once to who waits")
    func failure() throws {
        let (port, device) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        try withBuffer {
            _ = try port.startWrite(unretained: $0)
        } during: {
            let failure = PeripheralError.system(call: "write", errno: EINVAL)
            device.fail(failure)
            #expect(throws: failure) { try port.control(.waitPreviousWriteComplete(.ticks(5000))) }
            try port.control(.waitPreviousWriteComplete(.ticks(5000)))
            try port.control(.obtainWriteMutex(.now))
        }
    }

    @Test("An interrupt does not wait for it")
    func interrupt() throws {
        let (port, device) = try Peripheral.gated()
        try port.control(.obtainWriteMutex(.now))
        let refused = PeripheralError.refused(.blockingCallInInterrupt)
        try withBuffer {
            _ = try port.startWrite(unretained: $0)
        } during: {
            let answers: [(ControlRequest, PeripheralError)] = [
                (.obtainWriteMutex(.forever), refused), (.obtainWriteMutex(.now), .timedOut),
                (.waitPreviousWriteComplete(.ticks(100)), refused), (.waitPreviousWriteComplete(.now), .timedOut),
            ]
            for (request, answer) in answers {
                let isr = Call("isr") {
                    InterruptContext.set(true)
                    defer { InterruptContext.set(false) }
                    try port.control(request)
                }
                #expect(try isr.error() == answer)
            }
            try device.finish()
            try port.control(.waitPreviousWriteComplete(.forever))
        }
    }

    /// Lends a buffer for as long as `body` takes.
    private func withBuffer(
        _ start: (UnsafeRawBufferPointer) throws -> Void, during body: () throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
        buffer.copyBytes(from: pattern(64))
        try start(UnsafeRawBufferPointer(buffer))
        try body()
        buffer.deallocate()
    }
}

extension Peripheral {
    /// Returns once so many tasks wait for the write mutex.
    fileprivate func awaitMutexWaiters(_ count: Int) throws {
        try eventually("\(count) tasks wait for the mutex") {
            engine.state.withLock { $0.writeMutex.waiters.count == count }
        }
    }

    /// `startWrite` for arrays, of writes that end with the call.
    fileprivate func startWrite(_ bytes: [UInt8]) throws -> Int {
        try bytes.withUnsafeBytes { try startWrite(unretained: $0) }
    }
}
