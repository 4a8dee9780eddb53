import RTOS
import Synchronization
import Testing

@testable import VirtualHardware

@Suite("USB host controller", .timeLimit(.minutes(30)))
struct USBHostControllerTests {
    /// URBs that have ended, for a test that waits for them.
    private final class Ends: Sendable {
        let ended = Mutex<[URBCompletion]>([])
        let semaphore = Semaphore()

        func add(_ completion: URBCompletion) {
            ended.withLock { $0.append(completion) }
            try? semaphore.give()
        }

        func next() throws -> URBCompletion {
            try semaphore.take(.milliseconds(60_000))
            return ended.withLock { $0.removeFirst() }
        }
    }

    private func exchange(clock: HardwareClock) throws {
        let ends = Ends()
        let host = try #require(USBHostController(VirtualFT232H(), clock: clock) { ends.add($0) })
        defer { host.stop() }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 8)
        defer { memory.deallocate() }
        let setup = USBSetup(requestType: 0x40, request: 0x0B, value: 0x0200)
        #expect(host.submit(URB(id: 1, .control(setup, .init(start: nil, count: 0)))))
        #expect(try ends.next().status == .completed)
        let command: [UInt8] = setUp() + [0x31, 2, 0, 7, 8, 9, 0x87]
        memory.copyBytes(from: command)
        let (out, reply) = (memory[..<command.count], memory[512...])
        #expect(host.submit(URB(id: 2, .bulkIn(endpoint: 0x81, UnsafeMutableRawBufferPointer(rebasing: reply)))))
        #expect(host.submit(URB(id: 3, .bulkOut(endpoint: 0x02, UnsafeRawBufferPointer(rebasing: out)))))
        let both = [try ends.next(), try ends.next()]
        #expect(Set(both.map(\.id)) == [2, 3])
        #expect(both.allSatisfy { $0.status == .completed })
        // An IN packet may have gone before the reply was there: the status bytes alone.
        if both.first(where: { $0.id == 2 })?.count == 5 { #expect(Array(reply[514..<517]) == [7, 8, 9]) }
        #expect(!host.submit(URB(id: 4, .bulkOut(endpoint: 0x04, UnsafeRawBufferPointer(rebasing: out)))))
    }

    @Test("brings URBs to their ends in wall time")
    func wall() throws {
        try exchange(clock: .wall)
    }

    @Test("brings URBs to their ends in virtual time")
    func virtual() throws {
        try exchange(clock: .virtual(VirtualClock(start: start)))
    }

    @Test("A URB that nothing ends can be cancelled; stopping ends the others")
    func cancel() throws {
        let ends = Ends()
        var faults = FaultPlan()
        faults.nakAfter = 0
        let host = try #require(USBHostController(VirtualFT232H(faults: faults)) { ends.add($0) })
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 8)
        defer { memory.deallocate() }
        for id in 1...2 as ClosedRange<UInt64> { #expect(host.submit(URB(id: id, .bulkIn(endpoint: 0x81, memory)))) }
        #expect(host.cancel(1))
        #expect(!host.cancel(1))
        let first = try ends.next()
        #expect(first.id == 1 && first.status == .cancelled)
        host.stop()
        let second = try ends.next()
        #expect(second.id == 2 && second.status == .unplugged)
        #expect(!host.submit(URB(id: 3, .bulkIn(endpoint: 0x81, memory))))
    }
}
