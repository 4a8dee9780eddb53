import Glibc
import RTOS
import Synchronization
import VirtualHardware

@testable import PeripheralIO

/// A device that keeps the memory of each transfer until a test lets go of it.
final class GatedDriver: Driver {
    private struct State {
        var segment: Segment?
        var isOffTheWire = false
        var failure: PeripheralError?
        var transfers = 0
        var aborts = 0
    }

    let facts = DriverFacts(kind: .uart, name: "gated", hasWire: true, bitsPerByte: 10, keepsMemory: true)
    let speed: UInt32 = 115_200
    private let state = Mutex(State())
    private let news: EventDescriptor

    init() throws {
        news = try EventDescriptor()
    }

    // MARK: The test's side

    /// The memory that the device may read now.
    var memory: UnsafeRawPointer? { state.withLock { $0.segment?.transmit } }
    /// How many transfers it was given.
    var transfers: Int { state.withLock { $0.transfers } }
    var aborts: Int { state.withLock { $0.aborts } }

    /// Lets the present transfer be off the wire.
    func finish() throws {
        try eventually("the device has a transfer") { memory != nil }
        state.withLock { $0.isOffTheWire = true }
        news.signal()
    }

    /// Has the device fail, now and from now on.
    func fail(_ error: PeripheralError) {
        state.withLock { $0.failure = error }
        news.signal()
    }

    // MARK: The engine's side

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        try state.withLock { (state) throws(PeripheralError) in
            if let failure = state.failure { throw failure }
            guard state.segment == nil || state.isOffTheWire else { return 0 }
            state.segment = segment
            state.isOffTheWire = false
            state.transfers += 1
            return segment.count
        }
    }

    func wireState() throws(PeripheralError) -> WireState {
        try state.withLock { (state) throws(PeripheralError) in
            if let failure = state.failure { throw failure }
            guard let segment = state.segment, !state.isOffTheWire else {
                state.segment = nil
                return .idle(since: nil)
            }
            return .busy(bytes: segment.count, nanoseconds: .max)
        }
    }

    func abort() {
        state.withLock { state in
            state.aborts += 1
            state.segment = nil
        }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return 0
    }

    func discardReceived() throws(PeripheralError) {}
    func mapMemory(byteCount: Int) -> UnsafeMutableRawBufferPointer? {
        mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0).map {
            UnsafeMutableRawBufferPointer(start: $0, count: byteCount)
        }
    }
    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 { 0 }
    func close() {}

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        // Whoever waits for data is told of a failure by `receive`.
        if interests.contains(.data), state.withLock({ $0.failure != nil }) { return .data }
        if !interests.isDisjoint(with: [.wire, .room]) {
            let isIdle = try state.withLock { (state) throws(PeripheralError) in
                if let failure = state.failure { throw failure }
                return state.segment == nil || state.isOffTheWire
            }
            if isIdle { return interests.intersection([.wire, .room]) }
        }
        let isSignalled = try HardwareClock.wall.wait(until: deadline, event: event, or: news)
        if !isSignalled { news.reset() }
        return isSignalled ? .event : []
    }
}

extension Peripheral {
    /// A peripheral in zero-copy mode over a device that is kept in check.
    static func gated() throws -> (port: Peripheral, device: GatedDriver) {
        let device = try GatedDriver()
        let port = try Peripheral(address: DeviceAddress("virtual://uart"), driver: device)
        try port.control(.useZeroCopyTX)
        return (port, device)
    }
}
