import RTOS

/// The lines of a serial port beside TX and RX; set is asserted.
public struct ModemLines: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Driven by this end: data terminal ready, request to send.
    public static let dtr = ModemLines(rawValue: 0x01)
    public static let rts = ModemLines(rawValue: 0x02)
    /// Driven by the far end: clear to send, data set ready, ring indicator, data carrier detect.
    public static let cts = ModemLines(rawValue: 0x10)
    public static let dsr = ModemLines(rawValue: 0x20)
    public static let ri = ModemLines(rawValue: 0x40)
    public static let dcd = ModemLines(rawValue: 0x80)

    public static let driven: ModemLines = [.dtr, .rts]
    public static let received: ModemLines = [.cts, .dsr, .ri, .dcd]
}

/// How often each error of a serial line has come in. An FTDI chip tells of them by the packet: what comes within one
/// counts once.
public struct LineErrorCounts: Hashable, Sendable {
    public var overrun: UInt64 = 0
    public var parity: UInt64 = 0
    public var framing: UInt64 = 0
    public var breakSignal: UInt64 = 0

    public init() {}
}

/// What a serial port tells beside data.
public struct SerialLineStatus: Hashable, Sendable {
    /// Those that the far end drives.
    public var lines: ModemLines = []
    /// Since the port was opened.
    public var errors = LineErrorCounts()

    public init() {}
}

extension Peripheral {
    /// The modem lines that the far end drives, and the line's errors so far, as they are now. An FTDI chip is listened
    /// to for that: it tells once a latency period (1 ms).
    ///
    /// - Throws: `timedOut` if the chip tells nothing for a second; `notSupported` for what is no serial port with such
    ///   lines.
    public func lineStatus() throws(PeripheralError) -> SerialLineStatus {
        guard let status = try engine.awaitLineStatus(.milliseconds(1000)) else { throw .timedOut }
        return status
    }

    /// Blocks until a modem line or an error count is not what it was, at most for `timeout`; nil if the time was over
    /// first. A change back within a latency period goes unseen; an error does not. A Linux tty tells of its modem lines at
    /// once, where its driver can (TIOCMIWAIT); its line errors are looked at ten times a second meanwhile.
    ///
    /// While nobody takes what comes in, an FTDI chip that has much to deliver tells nothing new.
    ///
    /// - Throws: `notSupported` for what has no modem lines, such as a pty.
    public func waitForLineChange(
        from known: SerialLineStatus, _ timeout: Timeout = .forever
    ) throws(PeripheralError) -> SerialLineStatus? {
        try engine.awaitLineChange(from: known, timeout)
    }

    /// Asserts or releases DTR, RTS or both, once nothing is being sent. Both are asserted when a port is opened. With
    /// RTS/CTS flow control RTS is the device's.
    public func drive(_ lines: ModemLines, _ isAsserted: Bool) throws(PeripheralError) {
        guard !lines.isEmpty, lines.isSubset(of: .driven) else {
            throw .refused(.badValue("this end drives DTR and RTS"))
        }
        _ = try engine.apply(.modemLines(lines, isAsserted))
    }

    /// Holds TX low, or lets go of it, once nothing is being sent.
    public func setBreak(_ isBreaking: Bool) throws(PeripheralError) {
        _ = try engine.apply(.breakSignal(isBreaking))
    }

    /// Holds TX low for so long, or a little longer. Blocks meanwhile.
    public func sendBreak(milliseconds: UInt32) throws(PeripheralError) {
        try setBreak(true)
        RTOSTask.delay(.milliseconds(milliseconds))
        try setBreak(false)
    }
}

extension TransferEngine {
    /// Blocks until the device has told its line's status anew; nil if it has not within `timeout`.
    fileprivate func awaitLineStatus(_ timeout: Timeout) throws(PeripheralError) -> SerialLineStatus? {
        let first = try driver.lineReport()
        guard let delay = first.delay else { return first.status }
        return try watchLine(timeout) { $0.number &- first.number > delay }
    }

    /// Blocks until the line's status is another one than `known`.
    fileprivate func awaitLineChange(
        from known: SerialLineStatus, _ timeout: Timeout
    ) throws(PeripheralError) -> SerialLineStatus? {
        let report = try driver.lineReport()
        guard report.delay != nil || report.tellsChanges else {
            throw .notSupported("\(facts.name): waiting for a change of modem lines is not supported; ask again")
        }
        return try watchLine(timeout) { $0.status != known }
    }

    private func watchLine(
        _ timeout: Timeout, _ isWanted: (LineReport) -> Bool
    ) throws(PeripheralError) -> SerialLineStatus? {
        state.withLock { $0.lineWatchers += 1 }
        interruptRequest.signal()
        defer { state.withLock { $0.lineWatchers -= 1 } }
        return try wait(for: .line, until: timeout.deadline()) { (_) throws(PeripheralError) in
            let report = try driver.lineReport()
            return isWanted(report) ? report.status : nil
        }
    }
}

/// What a device told of its line last.
struct LineReport: Sendable {
    var status: SerialLineStatus
    /// Counts what it told.
    var number: UInt64
    /// How many more reports there can be that the device made before now; nil where this one was made on the spot.
    var delay: UInt64?
    /// The device says when another one can be made that differs.
    var tellsChanges = false
}
