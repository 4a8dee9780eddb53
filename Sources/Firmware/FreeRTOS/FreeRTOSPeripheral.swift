import CFirmware
import Glibc
import PeripheralIO
import RTOS

/// A peripheral as FreeRTOS+IO knows it: the real one, and which transfer modes firmware's configuration admits.
///
/// FreeRTOS+IO closes nothing: an open peripheral stays open until the process ends.
final class FreeRTOSPeripheral: Sendable {
    private let peripheral: Peripheral
    /// Bit n admits the mode that request n chooses.
    private let modes: UInt32
    private let lentBuffer: LentBuffer?

    private init(_ peripheral: Peripheral, modes: UInt32) {
        self.peripheral = peripheral
        self.modes = modes
        lentBuffer = LentBuffer.isWatched ? LentBuffer() : nil
    }

    // MARK: Descriptors

    private struct Open: @unchecked Sendable {
        var descriptors: [String: OpaquePointer] = [:]
    }

    private static let open = Guarded(Open())

    static func open(_ path: String, modes: UInt32) -> UnsafeRawPointer? {
        if let descriptor = open.withLock({ $0.descriptors[path] }) { return UnsafeRawPointer(descriptor) }
        do throws(PeripheralError) {
            let peripheral = try Peripheral(path, clock: FirmwareKernel.hardwareClock)
            let own = peripheral.isSPI ? modes >> 16 : modes & 0xFFFF
            guard own & 0x100 != 0 else {
                Misuse.report("FreeRTOS_open", "\(path): FreeRTOSIOConfig.h leaves this kind of peripheral out")
                return nil
            }
            let descriptor = Handle.make(FreeRTOSPeripheral(peripheral, modes: own), .peripheral)
            open.withLock { $0.descriptors[path] = descriptor }
            return descriptor.map { UnsafeRawPointer($0) }
        } catch {
            Misuse.report("FreeRTOS_open", "\(error)")
            return nil
        }
    }

    @inline(__always)
    static func of(_ descriptor: UnsafeRawPointer?, _ call: StaticString) -> Unmanaged<FreeRTOSPeripheral>? {
        if let object = Handle.object(descriptor.map { OpaquePointer($0) }, .peripheral) { return object }
        Misuse.report(call, "the descriptor is none that FreeRTOS_open has returned")
        return nil
    }

    // MARK: Calls

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        do throws(PeripheralError) {
            guard peripheral.transmitMode == .zeroCopy else { return try peripheral.write(bytes.bytes) }
            // Before it is lent, or a device that is quick has given it back before it was looked at.
            let mark = lentBuffer?.prepare(bytes)
            let count = try peripheral.startWrite(unretained: bytes)
            if let mark { lentBuffer?.lend(mark) }
            return count
        } catch {
            tell(error, "FreeRTOS_write")
            return 0
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        do throws(PeripheralError) {
            return try peripheral.read(into: buffer)
        } catch {
            tell(error, "FreeRTOS_read")
            return 0
        }
    }

    func control(_ number: UInt32, _ value: UInt) -> Bool {
        guard let request = ControlRequest(number: number, value: Self.inMilliseconds(number, value)) else {
            Misuse.report("FreeRTOS_ioctl", "request \(number) with value \(value): there is none")
            return false
        }
        if number < 6, modes & 1 << number == 0 {
            Misuse.report("FreeRTOS_ioctl", "FreeRTOSIOConfig.h leaves out the transfer mode of request \(number)")
            return false
        }
        do throws(PeripheralError) {
            try peripheral.control(request)
        } catch {
            tell(error, "FreeRTOS_ioctl")
            return false
        }
        if number == 10 || number == 11 { lentBuffer?.takeBack() }
        return true
    }

    /// Peripherals count time in milliseconds, firmware in its own ticks.
    private static func inMilliseconds(_ number: UInt32, _ value: UInt) -> UInt {
        let rate = UInt(FirmwareKernel.tickRate)
        let ticks = UInt32(truncatingIfNeeded: value)
        guard [10, 11, 13, 14].contains(number), rate != 1000, ticks != .max else { return value }
        return min((UInt(ticks) * 1000 + rate - 1) / rate, UInt(UInt32.max - 1))
    }

    /// What is firmware's own mistake is told; that a time is over, or a device cannot do something, it learns from the
    /// answer, and the loss of a device is told once.
    private func tell(_ error: PeripheralError, _ call: StaticString) {
        switch error {
        case .timedOut, .cancelled, .closed: break
        case .refused(.mutexAlreadyHeld), .refused(.transferInProgress): break
        case .deviceLost, .notSupported: Misuse.mention(call, "\(error)")
        default: Misuse.report(call, "\(peripheral.name): \(error)")
        }
    }
}

extension HandleKind where Object == FreeRTOSPeripheral {
    @inline(__always) static var peripheral: Self { Self(2) }
}

/// Watches that firmware does not change a buffer while the device may read it: the checksum at the start of the write
/// and at the moment when firmware may know that it is over. Asked for by `HIL_CHECK_BUFFERS=1`.
private final class LentBuffer: Sendable {
    struct Mark: @unchecked Sendable {
        var bytes: UnsafeRawBufferPointer
        var checksum: UInt64
    }

    static let isWatched = getenv("HIL_CHECK_BUFFERS").map { String(cString: $0) == "1" } ?? false

    private let lent = Guarded<Mark?>(nil)

    func prepare(_ bytes: UnsafeRawBufferPointer) -> Mark { Mark(bytes: bytes, checksum: Self.checksum(bytes)) }

    func lend(_ mark: Mark) { lent.withLock { $0 = mark } }

    func takeBack() {
        let mark = lent.withLock { lent -> Mark? in
            defer { lent = nil }
            return lent
        }
        guard let mark, Self.checksum(mark.bytes) != mark.checksum else { return }
        Misuse.report(
            "FreeRTOS_write", "the buffer was changed before its zero-copy write was complete: obtain the mutex first")
    }

    /// FNV-1a.
    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
