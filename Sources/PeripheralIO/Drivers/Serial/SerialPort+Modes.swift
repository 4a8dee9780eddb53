import CLinux
import Glibc
import SystemPackage

/// What a serial port can do beside a line with TX and RX: RS-485, and passing bytes on without delay.
struct SerialModes: Hashable, Sendable {
    /// What was in force, where it was changed.
    private var rs485: RS485?
    private var isLowLatency: Bool?

    /// The kernel's `serial_rs485`.
    private struct RS485: Hashable, Sendable {
        var flags: UInt32
        var before: UInt32
        var after: UInt32

        init(_ settings: hil_serial_rs485) {
            (flags, before, after) = (settings.flags, settings.delay_before, settings.delay_after)
        }

        var kernel: hil_serial_rs485 { hil_serial_rs485(flags: flags, delay_before: before, delay_after: after) }
    }

    /// Sets what was asked for, and reads it back.
    ///
    /// - Throws: `notSupported`, with what the driver lacks. What was changed before has been put back.
    init(_ descriptor: FileDescriptor, _ settings: SerialSettings, path: String) throws(PeripheralError) {
        do throws(PeripheralError) {
            if let asked = settings.rs485 { try set(asked, descriptor, path: path) }
            if settings.isLowLatency { try setLowLatency(descriptor, path: path) }
        } catch {
            restore(descriptor)
            throw error
        }
    }

    private mutating func set(
        _ asked: SerialSettings.RS485, _ descriptor: FileDescriptor, path: String
    ) throws(PeripheralError) {
        var before = hil_serial_rs485()
        try check(hil_serial_get_rs485(descriptor.rawValue, &before), "TIOCGRS485", "RS-485 mode", path)
        rs485 = RS485(before)
        var wanted = asked.kernel
        try check(hil_serial_set_rs485(descriptor.rawValue, &wanted), "TIOCSRS485", "such RS-485 mode", path)
        var actual = hil_serial_rs485()
        try check(hil_serial_get_rs485(descriptor.rawValue, &actual), "TIOCGRS485", "RS-485 mode", path)
        // The kernel corrects in silence what the hardware cannot do.
        guard actual.flags & wanted.flags == wanted.flags else {
            throw .notSupported("\(path): the driver has no such RS-485 mode; it changes what RTS does")
        }
        guard (actual.delay_before, actual.delay_after) == (wanted.delay_before, wanted.delay_after) else {
            let (before, after) = (actual.delay_before, actual.delay_after)
            throw .notSupported(
                "\(path): RS-485 delays of \(asked.before) and \(asked.after) ms not supported; \(before) and \(after) are"
            )
        }
    }

    private mutating func setLowLatency(_ descriptor: FileDescriptor, path: String) throws(PeripheralError) {
        var before: Int32 = 0
        try check(hil_serial_get_low_latency(descriptor.rawValue, &before), "TIOCGSERIAL", "low latency", path)
        guard before == 0 else { return }
        try check(hil_serial_set_low_latency(descriptor.rawValue, 1), "TIOCSSERIAL", "low latency", path)
        isLowLatency = false
        var actual: Int32 = 0
        try check(hil_serial_get_low_latency(descriptor.rawValue, &actual), "TIOCGSERIAL", "low latency", path)
        if actual == 0 { throw .notSupported("\(path): the driver has no low latency") }
    }

    /// Puts back what was in force.
    func restore(_ descriptor: FileDescriptor) {
        if var before = rs485?.kernel { _ = hil_serial_set_rs485(descriptor.rawValue, &before) }
        if isLowLatency == false { _ = hil_serial_set_low_latency(descriptor.rawValue, 0) }
    }

    private func check(
        _ number: Int32, _ call: String, _ feature: String, _ path: String
    ) throws(PeripheralError) {
        switch number {
        case 0: return
        case EIO, ENXIO, ENODEV: throw .deviceLost(path)
        case ENOTTY, EINVAL, EOPNOTSUPP: throw .notSupported("\(path): the driver has no \(feature)")
        default: throw .system(call: "\(call) \(path)", errno: number)
        }
    }
}

extension SerialSettings.RS485 {
    fileprivate var kernel: hil_serial_rs485 {
        var flags = UInt32(HIL_RS485_ENABLED)
        flags |= UInt32(rtsIsHighOnSend ? HIL_RS485_RTS_ON_SEND : HIL_RS485_RTS_AFTER_SEND)
        if hearsItself { flags |= UInt32(HIL_RS485_RX_DURING_TX) }
        return hil_serial_rs485(flags: flags, delay_before: before, delay_after: after)
    }
}
