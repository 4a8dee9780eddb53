import CLinux
import Glibc
import SystemPackage

/// What is done to a serial port's descriptor once: opening, claiming, setting its line.
enum SerialPort {
    static func open(_ path: String) throws(PeripheralError) -> FileDescriptor {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.noControllingTerminal, .nonBlocking, .closeOnExec])
        } catch {
            throw openFailure(path, (error as? Errno)?.rawValue ?? EIO)
        }
        guard isatty(descriptor.rawValue) == 1 else {
            try? descriptor.close()
            throw .badAddress(path, reason: "not a serial port")
        }
        return descriptor
    }

    private static func openFailure(_ path: String, _ number: Int32) -> PeripheralError {
        switch number {
        case ENOENT, ENXIO, ENODEV, ENOTDIR: .missing(path)
        case EISDIR: .badAddress(path, reason: "a folder, not a serial port")
        case EACCES, EPERM: .permissionDenied(path, cure: DevicePermissions.cure(for: path))
        case EBUSY: .busy(path, holder: DeviceHolder.find(path))
        // A pty whose master is gone.
        case EIO: .deviceLost(path)
        default: .system(call: "open \(path)", errno: number)
        }
    }

    /// Keeps other programs out: `flock`, which root respects too and other serial programs take, and `TIOCEXCL`.
    static func claim(_ descriptor: FileDescriptor, path: String) throws(PeripheralError) {
        if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            throw .busy(path, holder: DeviceHolder.find(path))
        }
        _ = hil_serial_exclusive(descriptor.rawValue)
    }

    static func save(_ descriptor: FileDescriptor, path: String) throws(PeripheralError) -> hil_serial_saved {
        var saved = hil_serial_saved()
        let number = hil_serial_save(descriptor.rawValue, &saved)
        if number != 0 { throw number == EIO ? .deviceLost(path) : .system(call: "TCGETS2 \(path)", errno: number) }
        return saved
    }

    /// True for the slave side of a pty, which has settings but no wire.
    static func isPseudoterminal(_ descriptor: FileDescriptor) -> Bool {
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0 else { return false }
        let major = (status.st_rdev >> 8) & 0xfff
        return unix98SlaveMajors.contains(major)
    }

    /// `UNIX98_PTY_SLAVE_MAJOR` and the seven after it: Documentation/admin-guide/devices.txt of the kernel.
    private static let unix98SlaveMajors: ClosedRange<UInt> = 136...143

    /// Sets the line, reads it back, and answers what is in force.
    static func configure(
        _ descriptor: FileDescriptor, _ settings: SerialSettings, path: String, isPseudo: Bool
    ) throws(PeripheralError) -> hil_serial_line {
        var asked = settings.line
        let number = hil_serial_set(descriptor.rawValue, &asked)
        switch number {
        case 0: break
        case EIO: throw .deviceLost(path)
        case EINVAL: throw .notSupported("\(path): the driver refuses \(settings)")
        default: throw .system(call: "TCSETS2 \(path)", errno: number)
        }
        let actual = try read(descriptor, path: path)
        guard !isPseudo else { return actual }
        try checkRate(asked: settings.baudRate, actual: actual.output_rate, path: path)
        if actual.data_bits != asked.data_bits {
            throw .notSupported("\(path): \(asked.data_bits) data bits not supported; \(actual.data_bits) in force")
        }
        if actual.parity != asked.parity {
            throw .notSupported("\(path): \(settings.parity) parity not supported")
        }
        if actual.stop_bits != asked.stop_bits {
            throw .notSupported("\(path): \(asked.stop_bits) stop bits not supported; \(actual.stop_bits) in force")
        }
        if actual.flow != asked.flow {
            throw .notSupported("\(path): \(settings.flow) flow control not supported")
        }
        return actual
    }

    /// Changes the rate alone, and answers the one in force.
    static func setRate(
        _ descriptor: FileDescriptor, _ rate: UInt32, path: String, isPseudo: Bool
    ) throws(PeripheralError) -> UInt32 {
        var line = try read(descriptor, path: path)
        line.input_rate = rate
        line.output_rate = rate
        let number = hil_serial_set(descriptor.rawValue, &line)
        if number != 0 {
            throw number == EIO ? .deviceLost(path) : .notSupported("\(path): the driver refuses \(rate) baud")
        }
        let actual = try read(descriptor, path: path).output_rate
        if !isPseudo { try checkRate(asked: rate, actual: actual, path: path) }
        return actual
    }

    /// Whether bytes that the line damaged are marked in what is read.
    static func markErrors(_ descriptor: FileDescriptor, _ marks: Bool, path: String) throws(PeripheralError) {
        var line = try read(descriptor, path: path)
        line.marks_errors = marks ? 1 : 0
        let number = hil_serial_set(descriptor.rawValue, &line)
        if number != 0 { throw number == EIO ? .deviceLost(path) : .system(call: "TCSETS2 \(path)", errno: number) }
    }

    private static func read(_ descriptor: FileDescriptor, path: String) throws(PeripheralError) -> hil_serial_line {
        var line = hil_serial_line()
        let number = hil_serial_get(descriptor.rawValue, &line)
        if number != 0 { throw number == EIO ? .deviceLost(path) : .system(call: "TCGETS2 \(path)", errno: number) }
        return line
    }

    /// A driver may accept a rate and keep the old one. Up to 3 % off, a UART still reads its neighbour.
    private static func checkRate(asked: UInt32, actual: UInt32, path: String) throws(PeripheralError) {
        let difference = asked > actual ? asked - actual : actual - asked
        guard UInt64(difference) * 100 <= UInt64(asked) * 3 else {
            throw .notSupported("\(path): \(asked) baud not supported; the driver keeps \(actual)")
        }
    }
}

extension FileDescriptor.OpenOptions {
    /// `O_NOCTTY`: the port does not become this process's terminal.
    static let noControllingTerminal = FileDescriptor.OpenOptions(rawValue: O_NOCTTY)
}
