import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

/// Every call on every fault: it ends, with an error where bytes did not get through, and the next one does as well.
@Suite("FTDI's faults", .timeLimit(.minutes(30)))
struct FTDIFaultTests {
    enum Fault: CaseIterable, Sendable {
        case flip, lose, `repeat`, stall, unplug, wrongReply, shortPacket, halt, silence, detach

        /// - Parameter bytes: behind how many it strikes.
        func plan(after bytes: UInt64, seed: UInt64 = 1) -> FaultPlan {
            var plan = FaultPlan()
            plan.seed = seed
            switch self {
            case .flip: plan.flip = 0.05
            case .lose: plan.lose = 0.05
            case .repeat: plan.repeat = 0.05
            case .stall: plan.stallAfter = bytes
            case .unplug: plan.unplugAfter = bytes
            case .wrongReply: plan.wrongReply = 0.2
            case .shortPacket: plan.shortPacket = 1
            case .halt: plan.haltEndpointAfter = bytes
            case .silence: plan.nakAfter = bytes
            case .detach: plan.detachAfter = bytes
            }
            return plan
        }

        /// Only data are harmed, and whoever cares has to look.
        var isHarmless: Bool { [.flip, .lose, .repeat, .wrongReply, .shortPacket].contains(self) }
        var isLoss: Bool { self == .unplug || self == .detach }
    }

    enum Action: CaseIterable, Sendable {
        case write, read, exchange, transaction, zeroCopyWrite, zeroCopyExchange, queuedWrite, queuedRead
        case hold, setting

        static let count = 3000

        /// Throws what the call ended with.
        func run(on port: Peripheral) throws {
            let bytes = pattern(Self.count)
            switch self {
            case .write: _ = try port.write(bytes)
            case .read: _ = try port.read(Self.count)
            case .exchange: _ = try port.exchange(bytes)
            case .transaction: _ = try port.transaction(bytes, receiving: 100)
            case .zeroCopyWrite:
                try port.control(.useZeroCopyTX)
                if let error = port.write(TransferBuffer(bytes)).wait().error { throw error }
            case .zeroCopyExchange:
                try port.control(.useZeroCopyTX)
                let exchange = port.exchange(TransferBuffer(bytes), into: TransferBuffer(count: bytes.count))
                if let error = exchange.wait().error { throw error }
            case .queuedWrite:
                try port.control(.useCharacterQueueTX(length: 1000))
                _ = try port.write(bytes)
                try port.control(.waitPreviousWriteComplete(.forever))
            case .queuedRead:
                try port.control(.useCircularBufferRX(length: 1000))
                _ = try port.read(Self.count)
            case .hold:
                try port.control(.holdChipSelect)
                _ = try port.write(bytes)
                _ = try port.read(10)
                try port.control(.releaseChipSelect)
            case .setting:
                try port.control(.setSpeed(10_000_000))
                _ = try port.write(bytes)
            }
        }
    }

    @Test("Every call ends, and so does the next", arguments: Fault.allCases, Action.allCases)
    func ends(fault: Fault, action: Action) throws {
        let bench = try FTDIBench(faults: fault.plan(after: 500))
        let port = try bench.port("speed=30M")
        let first = try Call { try action.run(on: port) }.error()
        switch first {
        case nil: #expect(fault.isHarmless)
        case .deviceLost: #expect(fault.isLoss)
        case .timedOut: #expect(fault == .silence || fault == .stall)
        case .system(_, let number): #expect(fault == .halt && number == USBError.stalled || fault == .wrongReply)
        case .cancelled: Issue.record("nobody cancelled")
        default: Issue.record("ended with \(first!)")
        }
        let second = try Call { try port.exchange(pattern(20)) }.result()
        if fault == .halt { #expect(try second.get() == pattern(20)) }
        if fault.isLoss { #expect(throws: PeripheralError.deviceLost("virtual://ft232h")) { try second.get() } }
        try Call { port.close() }.value()
        let (left, memory) = bench.usb.withBus { bus, _ in (bus.inFlight, bus.isUnplugged) }
        #expect(left == 0 || memory)
    }

    @Test("Unplugged behind any byte, opening and every call end with the loss", arguments: Action.allCases)
    func unplugs(action: Action) throws {
        var lost = 0
        // About 40 bytes are for opening.
        for place in Array(0..<60) + Array(stride(from: 61, to: 9000, by: 317)) {
            do {
                let bench = try FTDIBench(faults: Fault.detach.plan(after: UInt64(place)))
                let port = try bench.port("speed=30M")
                let error = try Call { try action.run(on: port) }.error()
                if let error { #expect(error == .deviceLost("virtual://ft232h")) }
                if error != nil { lost += 1 }
            } catch let error as PeripheralError {
                #expect(error == .deviceLost("virtual://ft232h"))
            }
        }
        #expect(lost > 10)
    }

    @Test("A chip that answers nothing or nonsense cannot be opened", arguments: [Fault.silence, .wrongReply])
    func opening(fault: Fault) throws {
        var plan = fault.plan(after: 0)
        if fault == .wrongReply { plan.wrongReply = 1 }
        let faults = plan
        let error = try Call { _ = try FTDIBench(faults: faults) }.error()
        #expect(error == .timedOut)
    }

    @Test("Short packets and status-only ones change nothing", arguments: [1, 2, 7, 509])
    func shortPackets(size: Int) throws {
        var plan = FaultPlan()
        plan.shortPacket = size
        let port = try FTDIBench(faults: plan).port("speed=100k")
        let sent = pattern(2000)
        #expect(try port.exchange(sent) == sent)
    }

    @Test("A slow clock is no time-out")
    func slow() throws {
        let port = try FTDIBench().port("speed=100")
        // 24 seconds, in virtual time.
        let sent = pattern(300)
        #expect(try port.exchange(sent) == sent)
    }

    @Test("Unplugged from outside, in the middle of a transfer and between two")
    func unpluggedFromOutside() throws {
        let lost = PeripheralError.deviceLost("virtual://ft232h")
        let bench = try FTDIBench(clock: .wall)
        let port = try bench.port("speed=1M")
        let writing = Call { try port.write([UInt8](repeating: 0, count: 10_000_000)) }
        try eventually("bytes are on the wire") { bench.chip { $0.mpsse.bytesOnWire > 100 } }
        bench.usb.withBus { bus, now in bus.unplug(at: now) }
        #expect(try writing.error() == lost)
        let idle = try FTDIBench(clock: .wall)
        let quiet = try idle.port()
        let waiting = try FTDIBench(clock: .wall)
        idle.usb.withBus { bus, now in bus.unplug(at: now) }
        try eventually("the loss is noticed") { quiet.engine.state.withLock { $0.ended != nil } }
        #expect(throws: lost) { try quiet.write([1]) }
        #expect(waiting.bus.isClosed == false)
    }

    @Test("Closing ends what waits, and releases chip select")
    func closing() throws {
        let bench = try FTDIBench([PinWire(), PinRecorder()], clock: .wall)
        // So slow that every edge can be recorded in time on a machine that has much else to do.
        let port = try bench.port("speed=1k")
        let writing = Call { try port.write([UInt8](repeating: 0, count: 100_000)) }
        try eventually("bytes are on the wire") { bench.chip { $0.mpsse.bytesOnWire > 10 } }
        try Call { port.close() }.value()
        #expect(try writing.error() != nil)
        #expect(bench.chip { $0.mpsse.wiring.levels.contains(.chipSelect) })
        #expect(bench.bus.isClosed)
    }
}
