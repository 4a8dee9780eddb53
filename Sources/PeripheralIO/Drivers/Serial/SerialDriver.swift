import CLinux
import Glibc
import RTOS
import Synchronization
import SystemPackage

/// A Linux serial port: any tty, a pty included.
///
/// Off the wire means that the kernel's output queue and the transmitter are empty. No tty driver tells when that
/// happens, so the state is asked for again once the known rate says that it must be over.
final class SerialDriver: Driver, @unchecked Sendable {
    let facts: DriverFacts
    private let path: String
    private let descriptor: FileDescriptor
    private let saved: hil_serial_saved
    private let calls: any SerialCalls
    /// Bits a second in force, for the time that bytes take.
    private let bitRate: AtomicRate
    private let errorsBefore: LineErrorCounts
    private let marksErrors = Atomic(false)
    /// Only for whoever receives with `damaged`.
    private var marks = LineErrorMarks()
    private let modes: SerialModes
    private let lines: ModemLineWatch
    /// Whatever has to live as long as the port does.
    private let attachment: (any AnyObject & Sendable)?

    /// Opens and claims the port, and sets its line.
    init(
        path: String, name: String, settings: SerialSettings, calls: any SerialCalls,
        attachment: (any AnyObject & Sendable)? = nil
    ) throws(PeripheralError) {
        let descriptor = try SerialPort.open(path)
        var isClaimed = false
        var before: hil_serial_saved?
        do {
            try SerialPort.claim(descriptor, path: path)
            isClaimed = true
            saved = try SerialPort.save(descriptor, path: path)
            before = saved
            let isPseudo = SerialPort.isPseudoterminal(descriptor)
            let line = try SerialPort.configure(descriptor, settings, path: path, isPseudo: isPseudo)
            lines = try ModemLineWatch(descriptor.rawValue, calls: calls)
            modes = try SerialModes(descriptor, settings, path: path)
            var facts = DriverFacts(
                kind: .uart, name: name, hasWire: !isPseudo, bitsPerByte: settings.bitsPerCharacter,
                identity: isPseudo ? nil : DeviceIdentity(node: path))
            // What a kernel holds for a port without a wire goes with the far end, and comes as fast as it is fetched.
            facts.keepsReceived = !isPseudo
            self.facts = facts
            bitRate = AtomicRate(line.output_rate)
        } catch {
            if var before { _ = hil_serial_restore(descriptor.rawValue, &before) }
            // A pty stays exclusive for as long as its far end is open, whoever made it so.
            if isClaimed { _ = hil_serial_shared(descriptor.rawValue) }
            try? descriptor.close()
            throw error
        }
        // A pty has none; the kernel's counts go back to when the device came.
        errorsBefore = (try? SerialPort.lineStatus(descriptor, path: path))?.errors ?? LineErrorCounts()
        self.path = path
        self.descriptor = descriptor
        self.calls = calls
        self.attachment = attachment
    }

    var speed: UInt32 { bitRate.value }

    @inline(__always)
    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        let bytes = UnsafeRawBufferPointer(start: segment.transmit, count: segment.count)
        while true {
            let result = calls.write(descriptor.rawValue, bytes)
            if result >= 0 { return result }
            switch Int32(-result) {
            case EINTR: continue
            case EAGAIN: return 0
            case let number: throw failure("write", number)
            }
        }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        while true {
            let result = calls.read(descriptor.rawValue, buffer)
            if result > 0 { return result }
            // A hung-up tty reads 0; one that is merely empty says EAGAIN.
            if result == 0 { throw .deviceLost(path) }
            switch Int32(-result) {
            case EINTR: continue
            case EAGAIN: return 0
            case let number: throw failure("read", number)
            }
        }
    }

    func markLineErrors(_ marks: Bool) throws(PeripheralError) {
        if marks { self.marks = LineErrorMarks() }
        try SerialPort.markErrors(descriptor, marks, path: path)
        marksErrors.store(marks, ordering: .sequentiallyConsistent)
    }

    func receive(
        into buffer: UnsafeMutableRawBufferPointer, damaged: (Int) -> Void
    ) throws(PeripheralError) -> Int {
        let count = try receive(into: buffer)
        guard count > 0, marksErrors.load(ordering: .relaxed) else { return count }
        return marks.remove(from: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), damaged: damaged)
    }

    func discardReceived() throws(PeripheralError) {
        let number = hil_serial_discard_input(descriptor.rawValue)
        if number != 0 { throw failure("tcflush", number) }
    }

    func wireState() throws(PeripheralError) -> WireState {
        guard facts.hasWire else { return .idle(since: nil) }
        var queued: Int32 = 0
        let number = hil_serial_output_queue(descriptor.rawValue, &queued)
        if number != 0 { throw failure("TIOCOUTQ", number) }
        if queued > 0 { return .busy(bytes: Int(queued), nanoseconds: timeOnWire(UInt64(queued))) }
        var isEmpty: Int32 = 1
        // A driver that cannot tell about its transmitter has said all it knows with an empty queue.
        if hil_serial_transmitter_empty(descriptor.rawValue, &isEmpty) == 0, isEmpty == 0 {
            return .busy(bytes: 1, nanoseconds: timeOnWire(1))
        }
        return .idle(since: nil)
    }

    func abort() {
        // Without a wire, what the kernel has taken is sent: the far end may find it.
        if facts.hasWire { _ = hil_serial_discard_output(descriptor.rawValue) }
    }

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        switch setting {
        case .speed(let rate):
            let line = try SerialPort.setRate(descriptor, rate, path: path, isPseudo: !facts.hasWire)
            bitRate.value = line
            return line
        case .spiDataBits, .spiClockPhase, .spiClockPolarity, .holdChipSelect:
            throw .notSupported("\(path): a serial port has no SPI settings")
        case .modemLines(let lines, let isAsserted):
            try SerialPort.drive(descriptor, lines, isAsserted, path: path)
            return 0
        case .breakSignal(let isBreaking):
            try SerialPort.setBreak(descriptor, isBreaking, path: path)
            return 0
        }
    }

    func lineReport() throws(PeripheralError) -> LineReport {
        let status = try SerialPort.lineStatus(descriptor, path: path)
        return LineReport(status: status.since(errorsBefore), number: 0, delay: nil, tellsChanges: true)
    }

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        var events: Int32 = 0
        if interests.contains(.room) { events |= POLLOUT }
        if interests.contains(.data) { events |= POLLIN }
        let watchesLines = interests.contains(.line)
        if watchesLines { lines.start() }
        return try withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 3) {
            (descriptors) throws(PeripheralError) in
            // The port is watched even without an interest: a hang-up is always told.
            descriptors[0] = pollfd(fd: descriptor.rawValue, events: Int16(events), revents: 0)
            descriptors[1] = pollfd(fd: event.number, events: Int16(POLLIN), revents: 0)
            descriptors[2] = pollfd(fd: watchesLines ? lines.event.number : -1, events: Int16(POLLIN), revents: 0)
            // Nothing tells of line errors, nor of a line that changes before the kernel begins to wait for it.
            let look = watchesLines ? MonotonicTime.now.advanced(byNanoseconds: Self.lineInterval) : .never
            let result = calls.poll(descriptors, until: min(deadline, look))
            if result < 0 {
                if Int32(-result) == EINTR { return [] }
                throw .system(call: "ppoll", errno: Int32(-result))
            }
            let happened = Int32(descriptors[0].revents)
            var ready: Readiness = []
            if happened & POLLIN != 0 { ready.insert(.data) }
            if happened & POLLOUT != 0 { ready.insert(.room) }
            if Int32(descriptors[1].revents) & POLLIN != 0 { ready.insert(.event) }
            if descriptors[2].revents != 0 { lines.event.reset() }
            if watchesLines, descriptors[2].revents != 0 || .now >= look { ready.insert(.line) }
            // What arrived before the hang-up can still be read by those who read.
            if happened & (POLLHUP | POLLERR | POLLNVAL) != 0, !(interests.contains(.data) && ready.contains(.data)) {
                throw .deviceLost(path)
            }
            return ready.intersection(interests.union(.event))
        }
    }

    /// How often line errors are looked at while somebody waits for them.
    private static let lineInterval: UInt64 = 100_000_000

    func close() {
        var settings = saved
        lines.stop()
        abort()
        modes.restore(descriptor)
        _ = hil_serial_restore(descriptor.rawValue, &settings)
        _ = hil_serial_shared(descriptor.rawValue)
        try? descriptor.close()
    }

    private func timeOnWire(_ characters: UInt64) -> UInt64 {
        characters * UInt64(facts.bitsPerByte) * 1_000_000_000 / UInt64(max(bitRate.value, 1))
    }

    private func failure(_ call: String, _ number: Int32) -> PeripheralError {
        switch number {
        case EIO, ENXIO, ENODEV, EBADF: .deviceLost(path)
        default: .system(call: "\(call) \(path)", errno: number)
        }
    }
}
