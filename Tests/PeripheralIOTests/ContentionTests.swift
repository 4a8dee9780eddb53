import Foundation
import RTOS
import Synchronization
import Testing
import VirtualHardware

@testable import PeripheralIO

extension Tag {
    /// Takes long. `HIL_FAST=1` makes it short.
    @Tag static var slow: Self
}

/// Eight tasks that all want one port, with every byte accounted for.
@Suite("Contention", .serialized, .tags(.slow), .watched)
struct ContentionTests {
    static let tasks = 8
    static let isFast = ProcessInfo.processInfo.environment["HIL_FAST"] == "1"
    static let seconds: UInt64 = isFast ? 1 : 10

    @Test("Zero copy through a pty: records arrive whole, each task's in order")
    func zeroCopy() throws {
        let line = try #require(PtyPair())
        let port = try Peripheral(line.path)
        try port.control(.useZeroCopyTX)
        let checker = RecordChecker()
        let reading = Call("far end") { try read(line, into: checker) }
        let sent = try contend { task, number in
            let bytes = Record.bytes(task: task, number: number, payload: length(task, number))
            try sendZeroCopy(bytes, inTheMannerOfFreeRTOS: task % 2 == 0, through: port)
            return bytes.count
        }
        try sendZeroCopy(lastRecord, inTheMannerOfFreeRTOS: false, through: port)
        try reading.value()
        expect(checker, sent: sent, port)
    }

    @Test("Zero copy through the UART and back into a circular buffer")
    func zeroCopyLoopback() throws {
        let port = try Peripheral("virtual://uart?baud=12M", board: .builtIn)
        try port.control(.useZeroCopyTX)
        try port.control(.useCircularBufferRX(length: 10_000))
        let checker = RecordChecker()
        let reading = Call("reader") {
            while !checker.isOver { checker.take(try port.read(1)) }
        }
        let sent = try contend { task, number in
            let bytes = Record.bytes(task: task, number: number, payload: min(length(task, number), 4000))
            try sendZeroCopy(bytes, inTheMannerOfFreeRTOS: task % 2 == 0, through: port)
            // Nothing holds a UART's sender: no more is on its way than its far end has room for, 8 times 4000 bytes.
            try eventually("record \(number) of task \(task) is back") {
                checker.count(of: task) > number || checker.isOver
            }
            return bytes.count
        }
        try sendZeroCopy(lastRecord, inTheMannerOfFreeRTOS: false, through: port)
        try reading.value()
        expect(checker, sent: sent, port)
    }

    @Test("Zero-copy exchanges on SPI: each task has its own bytes back")
    func exchange() throws {
        let port = try Peripheral("virtual://spi?speed=30M", board: .builtIn)
        try port.control(.useZeroCopyTX)
        let sent = try contend { task, number in
            let bytes = Record.bytes(task: task, number: number, payload: length(task, number))
            let finished = port.exchange(TransferBuffer(bytes), into: TransferBuffer(count: bytes.count)).wait()
            if let error = finished.error { throw error }
            let isBack = finished.takeBuffer().takeBoth { _, received in received.array == bytes }
            guard isBack else { throw Hang(description: "record \(number) of task \(task) is not what was sent") }
            return bytes.count
        }
        for task in sent { #expect(task.records > 0) }
        #expect(port.statistics.bytesSent == sent.reduce(0) { $0 + $1.bytes })
    }

    @Test("Polled through a pty: each write goes out whole")
    func polled() throws {
        let line = try #require(PtyPair())
        let port = try Peripheral(line.path)
        let checker = RecordChecker()
        let reading = Call("far end") { try read(line, into: checker) }
        let sent = try contend { task, number in
            try port.write(Record.bytes(task: task, number: number, payload: length(task, number)))
        }
        _ = try port.write(lastRecord)
        try reading.value()
        expect(checker, sent: sent, port)
    }

    /// A write that finds too little room may have others' bytes between its own, so here each byte tells its task.
    @Test("Through a character queue: each task's bytes arrive in order")
    func characterQueue() throws {
        let line = try #require(PtyPair())
        let port = try Peripheral(line.path)
        try port.control(.useCharacterQueueTX(length: 1000))
        let next = Mutex([Int](repeating: 0, count: Self.tasks))
        let misplaced = Mutex(0)
        let reading = Call("far end") {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while let count = buffer.withUnsafeMutableBytes({ line.readSome(into: $0) }) {
                var wrong = 0
                next.withLock { next in
                    for byte in buffer[..<count] {
                        let task = Int(byte >> 5)
                        if Int(byte & 31) != next[task] & 31 { wrong += 1 }
                        next[task] += 1
                    }
                }
                misplaced.withLock { $0 += wrong }
            }
        }
        let starts = Mutex([Int](repeating: 0, count: Self.tasks))
        let sent = try contend { task, number in
            let count = length(task, number)
            let start = starts.withLock { starts in
                defer { starts[task] += count }
                return starts[task]
            }
            return try port.write((start..<start + count).map { UInt8(task << 5 | $0 & 31) })
        }
        try port.control(.waitPreviousWriteComplete(.forever))
        let total = sent.reduce(0) { $0 + $1.bytes }
        #expect(port.statistics.bytesSent == total)
        try eventually("all of it arrives") { next.withLock { $0.reduce(0, +) } == Int(total) }
        port.close()
        try reading.value()
        #expect(misplaced.withLock { $0 } == 0)
        #expect(next.withLock { $0 } == starts.withLock { $0 })
        for task in sent { #expect(task.records > 0) }
    }

    // MARK: What they share

    private struct Sent {
        var records = 0
        var bytes: UInt64 = 0
    }

    /// Has all tasks send records until the time is over: what each has sent.
    private func contend(_ send: @escaping @Sendable (_ task: Int, _ number: Int) throws -> Int) throws -> [Sent] {
        let end = MonotonicTime.now.advanced(byNanoseconds: Self.seconds * 1_000_000_000)
        let calls = (0..<Self.tasks).map { task in
            Call("task \(task)", patience: Self.seconds) { () -> Sent in
                var sent = Sent()
                // One record at least, also for a task that the machine lets start late.
                repeat {
                    sent.bytes += UInt64(try send(task, sent.records))
                    sent.records += 1
                } while MonotonicTime.now < end
                return sent
            }
        }
        return try calls.map { try $0.value() }
    }

    private let lastRecord = Record.bytes(task: RecordChecker.end, number: 0, payload: 0)

    private func expect(_ checker: RecordChecker, sent: [Sent], _ port: Peripheral) {
        #expect(checker.problem == nil)
        for (task, sent) in sent.enumerated() {
            #expect(checker.count(of: task) == sent.records)
            #expect(sent.records > 0)
        }
        let total = sent.reduce(0) { $0 + $1.bytes } + UInt64(lastRecord.count)
        #expect(checker.bytes == total)
        #expect(port.statistics.bytesSent == total)
    }
}

/// From nothing to more than a tty takes at once, different from record to record.
private func length(_ task: Int, _ number: Int) -> Int {
    number % 50 == 49 ? 20_000 : (task &* 131 &+ number &* 17) % 1500
}

private func read(_ line: PtyPair, into checker: RecordChecker) throws {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !checker.isOver {
        guard let count = buffer.withUnsafeMutableBytes({ line.readSome(into: $0) }) else {
            throw Hang(description: "the port went before the last record")
        }
        checker.take(Array(buffer[..<count]))
    }
}

private func sendZeroCopy(_ bytes: [UInt8], inTheMannerOfFreeRTOS: Bool, through port: Peripheral) throws {
    guard inTheMannerOfFreeRTOS else {
        if let error = port.write(TransferBuffer(bytes)).wait().error { throw error }
        return
    }
    try port.control(.obtainWriteMutex(.forever))
    try bytes.withUnsafeBytes { bytes in
        guard try port.startWrite(unretained: bytes) == bytes.count else {
            throw Hang(description: "a write took less than all")
        }
        try port.control(.waitPreviousWriteComplete(.forever))
    }
}
