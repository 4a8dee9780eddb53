import CLinux
import Glibc
import SystemPackage

/// The lines of a serial port beside TX and RX, as the kernel has them.
extension SerialPort {
    /// TIOCMGET and TIOCGICOUNT. The counts are the kernel's own.
    static func lineStatus(_ descriptor: FileDescriptor, path: String) throws(PeripheralError) -> SerialLineStatus {
        var lines = hil_serial_lines()
        try check(hil_serial_get_lines(descriptor.rawValue, &lines), "TIOCMGET", path)
        var status = SerialLineStatus()
        if lines.cts != 0 { status.lines.insert(.cts) }
        if lines.dsr != 0 { status.lines.insert(.dsr) }
        if lines.ri != 0 { status.lines.insert(.ri) }
        if lines.dcd != 0 { status.lines.insert(.dcd) }
        var errors = hil_serial_errors()
        // Not every driver counts.
        if hil_serial_get_errors(descriptor.rawValue, &errors) == 0 {
            status.errors.overrun = UInt64(errors.overrun)
            status.errors.parity = UInt64(errors.parity)
            status.errors.framing = UInt64(errors.framing)
            status.errors.breakSignal = UInt64(errors.breaks)
        }
        return status
    }

    /// TIOCMBIS and TIOCMBIC.
    static func drive(
        _ descriptor: FileDescriptor, _ lines: ModemLines, _ isAsserted: Bool, path: String
    ) throws(PeripheralError) {
        let number = hil_serial_drive_lines(
            descriptor.rawValue, lines.contains(.dtr) ? 1 : 0, lines.contains(.rts) ? 1 : 0, isAsserted ? 1 : 0)
        try check(number, "TIOCMBIS", path)
    }

    /// TIOCSBRK and TIOCCBRK.
    static func setBreak(
        _ descriptor: FileDescriptor, _ isBreaking: Bool, path: String
    ) throws(PeripheralError) {
        try check(hil_serial_set_break(descriptor.rawValue, isBreaking ? 1 : 0), "TIOCSBRK", path)
    }

    private static func check(_ number: Int32, _ call: String, _ path: String) throws(PeripheralError) {
        switch number {
        case 0: return
        case EIO, ENXIO, ENODEV: throw .deviceLost(path)
        case ENOTTY, EINVAL, EOPNOTSUPP: throw .notSupported("\(path): the driver has no modem lines or no break")
        default: throw .system(call: "\(call) \(path)", errno: number)
        }
    }
}

extension SerialLineStatus {
    /// The same, with errors counted from when there were so many.
    func since(_ earlier: LineErrorCounts) -> SerialLineStatus {
        var status = self
        status.errors.overrun &-= earlier.overrun
        status.errors.parity &-= earlier.parity
        status.errors.framing &-= earlier.framing
        status.errors.breakSignal &-= earlier.breakSignal
        return status
    }
}
