import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

/// The kinds of device that every mode is tried on.
enum Device: String, CaseIterable, Sendable {
    /// A real kernel tty.
    case pty
    /// The virtual UART, its TX wired to its RX.
    case uart
    /// The virtual SPI controller with a `ScriptedSPI` on it.
    case spi

    static let uarts: [Device] = [.pty, .uart]
    static let virtual: [Device] = [.uart, .spi]
}

/// An open peripheral, and the far end of its wire.
final class Rig: Sendable {
    let device: Device
    let port: Peripheral
    let script = SPIScript()
    private let line: PtyPair?

    /// - Parameters:
    ///   - rate: bits a second of a virtual device.
    ///   - faults: what happens on a virtual device's wire.
    ///   - clock: a virtual device's time; virtual, so that bits take none, unless a test looks at them on their way.
    init(
        _ device: Device, rate: UInt32 = 3_000_000, faults: FaultPlan = .none,
        clock: HardwareClock = .virtual(VirtualClock())
    ) throws {
        self.device = device
        switch device {
        case .pty:
            let pair = try #require(PtyPair())
            line = pair
            port = try Peripheral(pair.path)
        case .uart:
            line = nil
            port = try Peripheral(
                address: DeviceAddress("virtual://uart"),
                driver: try VirtualUARTDriver(
                    name: "uart", uart: VirtualUART(baudRate: rate, faults: faults), clock: clock))
        case .spi:
            line = nil
            port = try Peripheral(
                address: DeviceAddress("virtual://spi"),
                driver: VirtualSPIDriver(
                    name: "spi",
                    controller: VirtualSPIController(clock: rate, model: ScriptedSPI(script: script), faults: faults),
                    clock: clock))
        }
    }

    /// The next bytes that came out of the wire's far end, waited for. On the UART they are read from the port.
    func arrived(_ count: Int) throws -> [UInt8] {
        switch device {
        case .pty: return try Call("far end") { [line] in line!.read(count) }.value()
        case .uart: return try Call("far end") { [port] in try port.read(count) }.value()
        case .spi:
            try eventually("\(count) bytes come out of MOSI") { script.received.count >= count }
            return script.state.withLock { state in
                defer { state.received.removeFirst(count) }
                return Array(state.received.prefix(count))
            }
        }
    }

    /// The bytes that came out of a pty's far end up to and with `end`.
    func arrived(through end: [UInt8]) throws -> [UInt8] {
        try Call("far end") { [line] in
            var bytes: [UInt8] = []
            while !bytes.suffix(end.count).elementsEqual(end) { bytes += line!.read(1) }
            return bytes
        }.value()
    }

    /// Has bytes come in, on SPI as soon as the port clocks.
    func feed(_ bytes: [UInt8]) throws {
        switch device {
        case .pty: try #require(line!.write(bytes))
        case .uart: _ = try Call("feeder") { [port] in try port.write(bytes) }.value()
        case .spi: script.answer(bytes)
        }
    }

    /// A call on the port, by a task of its own.
    func call<Value>(
        _ name: String = "caller", priority: UInt8 = RTOSTask.defaultPriority,
        _ body: @escaping @Sendable (Peripheral) throws -> Value
    ) -> Call<Value> {
        Call(name, priority: priority) { [port] in try body(port) }
    }

    func reading(_ count: Int) -> Call<[UInt8]> {
        call("reader") { try $0.read(count) }
    }

    func writing(_ bytes: [UInt8]) -> Call<Int> {
        call("writer") { try $0.write(bytes) }
    }

    func controlling(_ request: ControlRequest) -> Call<UInt32> {
        call("\(request)") { try $0.control(request) }
    }

    /// Closes the far end of a pty.
    func hangUp() { line!.hangUp() }

    /// Returns once tasks wait for `reason` inside of the port, or when it has ended.
    func awaitWaiter(for reason: EngineState.WaitReason) throws {
        try eventually("a task waits for \(reason)") {
            port.engine.state.withLock { $0.anyoneWaits(for: reason) || $0.ended != nil }
        }
    }
}

/// Bytes in which a lost, doubled or misplaced one shows.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return [UInt8](unsafeUninitializedCapacity: count) { bytes, done in
        for place in 0..<count { bytes[place] = UInt8(truncatingIfNeeded: generator.next()) }
        done = count
    }
}

extension Peripheral {
    /// `write` for arrays.
    func write(_ bytes: [UInt8]) throws(PeripheralError) -> Int {
        try write(bytes.span.bytes)
    }

    /// `read` for arrays: as many bytes as it answered.
    func read(_ count: Int) throws(PeripheralError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let done = try read(into: &raw)
        return Array(bytes.prefix(done))
    }
}

extension TransferBuffer {
    init(_ bytes: [UInt8]) {
        self.init(copying: bytes.span.bytes)
    }

    var array: [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}

extension Peripheral {
    /// `exchange` for arrays: what came in.
    func exchange(_ bytes: [UInt8]) throws(PeripheralError) -> [UInt8] {
        var received = [UInt8](repeating: 0, count: bytes.count)
        var span = received.mutableSpan
        var raw = span.mutableBytes
        try exchange(bytes.span.bytes, into: &raw)
        return received
    }
}
