import RTOS

@testable import VirtualHardware

/// A bus in virtual time with memory of its own for the URBs of a test.
final class USBBench<Device: USBDevice> {
    var bus: VirtualUSBBus<Device>
    var now: MonotonicTime
    private(set) var completions: [URBCompletion] = []
    private var memory: [UInt64: UnsafeMutableRawBufferPointer] = [:]
    private var lastID: UInt64 = 0

    init(_ device: Device, at now: MonotonicTime = start) {
        bus = VirtualUSBBus(device)
        self.now = now
    }

    deinit {
        for buffer in memory.values { buffer.deallocate() }
    }

    private func buffer(_ bytes: [UInt8]) -> (UInt64, UnsafeMutableRawBufferPointer) {
        lastID += 1
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        buffer.copyBytes(from: bytes)
        memory[lastID] = buffer
        return (lastID, UnsafeMutableRawBufferPointer(rebasing: buffer[..<bytes.count]))
    }

    // MARK: Submission

    @discardableResult
    func out(_ bytes: [UInt8], endpoint: UInt8 = VirtualFT232H.outEndpoint) -> UInt64 {
        let (id, buffer) = buffer(bytes)
        bus.submit(URB(id: id, .bulkOut(endpoint: endpoint, UnsafeRawBufferPointer(buffer))), at: now)
        return id
    }

    @discardableResult
    func `in`(_ count: Int, endpoint: UInt8 = VirtualFT232H.inEndpoint) -> UInt64 {
        let (id, buffer) = buffer([UInt8](repeating: 0, count: count))
        bus.submit(URB(id: id, .bulkIn(endpoint: endpoint, buffer)), at: now)
        return id
    }

    @discardableResult
    func control(_ setup: USBSetup, data: [UInt8] = []) -> UInt64 {
        let (id, buffer) = buffer(setup.isIn ? [UInt8](repeating: 0, count: Int(setup.length)) : data)
        bus.submit(URB(id: id, .control(setup, buffer)), at: now)
        return id
    }

    func cancel(_ id: UInt64) -> Bool { bus.cancel(id, at: now) }

    // MARK: Running

    /// Goes on to the next event until `condition` holds or nothing happens any more.
    func run(limit: MonotonicTime = .never, until condition: () -> Bool = { false }) {
        while !condition(), let next = bus.nextEventTime, next <= limit {
            now = max(now, next)
            bus.advance(to: now) { completions.append($0) }
        }
        if limit != .never, !condition() {
            now = max(now, limit)
            bus.advance(to: now) { completions.append($0) }
        }
    }

    func completion(_ id: UInt64) -> URBCompletion? { completions.first { $0.id == id } }

    @discardableResult
    func finish(_ id: UInt64) -> URBCompletion? {
        run { completion(id) != nil }
        return completion(id)
    }

    /// What an IN or control URB brought.
    func data(_ id: UInt64) -> [UInt8] {
        guard let completion = completion(id), let buffer = memory[id] else { return [] }
        return Array(buffer.prefix(completion.count))
    }

    // MARK: Shorthand

    /// A vendor request to the device; nil if it was stalled.
    @discardableResult
    func vendor(_ request: UInt8, value: UInt16 = 0, index: UInt16 = 0) -> URBCompletion.Status? {
        finish(control(USBSetup(requestType: 0x40, request: request, value: value, index: index)))?.status
    }

    /// What a vendor request brings.
    func vendorRead(_ request: UInt8, value: UInt16 = 0, index: UInt16 = 0, length: UInt16) -> [UInt8] {
        let setup = USBSetup(requestType: 0xC0, request: request, value: value, index: index, length: length)
        let id = control(setup)
        finish(id)
        return data(id)
    }

    /// Reads until `count` bytes of data have come, without the status bytes.
    func read(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<10_000 where bytes.count < count {
            let id = `in`(512)
            guard finish(id)?.status == .completed else { break }
            bytes += data(id).dropFirst(2)
        }
        return bytes
    }

    func write(_ bytes: [UInt8]) {
        finish(out(bytes))
    }
}

extension USBBench where Device == VirtualFT232H {
    /// In MPSSE mode, with pins set for SPI and SCK at 30 MHz.
    static func mpsse(
        devices: [any PinDevice] = [PinWire()], faults: FaultPlan = .none, latency: UInt16 = 16
    ) -> USBBench {
        let bench = USBBench(VirtualFT232H(devices: devices, faults: faults))
        bench.vendor(0x0B, value: 0x0200)
        bench.vendor(0x09, value: latency)
        bench.write(setUp())
        return bench
    }
}
