import Foundation
import PeripheralIO
import RTOS

/// What the lab tries serial ports with. `SerialProbe PORT PORT`, two that are wired to each other: it drives the modem
/// lines, breaks and a wrong rate at one end, and sees whether the other is told. `SerialProbe reopen PORT`: it waits until
/// the device is lost, finds it again, and prints the name that it has then. `SerialProbe steady PORT`: a port whose lines
/// nothing changes. `SerialProbe receive PORT`: it receives until it is ended, so that what that costs can be measured.
@main
enum SerialProbe {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func main() {
        do {
            let arguments = CommandLine.arguments
            switch arguments[1] {
            case "reopen": try reopen(arguments[2])
            case "steady": try waitSteadily(arguments[2])
            case "receive": try receive(arguments[2])
            default: try run(arguments[1], arguments[2])
            }
        } catch {
            FileHandle.standardError.write(Data("SerialProbe: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func expect(_ isTrue: Bool, _ what: String) throws {
        guard isTrue else { throw Failure(description: what) }
        print("ok  \(what)")
    }

    private static func run(_ near: String, _ far: String) throws {
        let port = try Peripheral(near + "?baud=9600")
        let other = try Peripheral(far + "?baud=9600")
        var known = try port.lineStatus()
        try expect(known.lines == [.cts, .dsr, .dcd], "an open port asserts RTS and DTR")

        // Each change while another thread waits for it.
        for (line, isAsserted, lines) in [
            (ModemLines.rts, false, [.dsr, .dcd] as ModemLines), (.rts, true, [.cts, .dsr, .dcd]),
            (.dtr, false, [.cts]), (.dtr, true, [.cts, .dsr, .dcd]),
        ] {
            let change = Later { [known] in try port.waitForLineChange(from: known, .milliseconds(30_000)) }
            Thread.sleep(forTimeInterval: 0.2)
            try other.drive(line, isAsserted)
            let told = try change.value()
            try expect(told?.lines == lines, "\(line == .rts ? "RTS" : "DTR") \(isAsserted ? "on" : "off") is told")
            known = told!
        }

        try other.sendBreak(milliseconds: 20)
        let told = try port.waitForLineChange(from: known, .milliseconds(30_000))
        try expect(told?.errors.breakSignal == known.errors.breakSignal + 1, "a break is told")
        known = told!

        try other.control(.setSpeed(19200))
        _ = try other.write([UInt8](repeating: 0x55, count: 3).span.bytes)
        try expect(
            try eventually { try port.lineStatus().errors.framing == known.errors.framing + 3 },
            "framing errors are counted")

        known = try port.lineStatus()
        try closeWhileWaiting(port, from: known)
    }

    private static func reopen(_ name: String) throws {
        var port = try Peripheral(name)
        var byte: [UInt8] = [0]
        var span = byte.mutableSpan
        var raw = span.mutableBytes
        print("open")
        fflush(nil)
        do {
            while true { _ = try port.read(into: &raw) }
        } catch PeripheralError.deviceLost {
            port = try port.reopened(within: .milliseconds(60_000))
            print(port.name)
            port.close()
        }
    }

    /// The kernel's counts can be read, and a wait for changes lasts as long as it may when there is none.
    private static func waitSteadily(_ name: String) throws {
        let port = try Peripheral(name)
        let status = try port.lineStatus()
        try expect(status.lines.isSuperset(of: [.cts, .dsr, .dcd]), "the lines of the far end are asserted")
        try expect(
            try port.waitForLineChange(from: status, .milliseconds(500)) == nil, "half a second without a change")
        try expect(try port.lineStatus().errors == status.errors, "no errors on the line")
        try closeWhileWaiting(port, from: status)
    }

    /// Closing ends a wait for changes, whatever time it has.
    private static func closeWhileWaiting(_ port: Peripheral, from status: SerialLineStatus) throws {
        let waiting = Later { try port.waitForLineChange(from: status, .forever) }
        Thread.sleep(forTimeInterval: 0.2)
        port.close()
        do {
            _ = try waiting.value()
            throw Failure(description: "a closed port tells of changes")
        } catch PeripheralError.closed {
            try expect(true, "closing ends the wait")
        }
    }

    private static func receive(_ name: String) throws {
        let port = try Peripheral(name)
        try port.control(.useCircularBufferRX(length: 1 << 16))
        try port.control(.setRXCoalescing(microseconds: 1000))
        try port.control(.setRXTimeout(.forever))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = try port.read(into: buffer)
            FileHandle.standardOutput.write(Data(UnsafeRawBufferPointer(rebasing: buffer[..<count])))
        }
    }

    private static func eventually(_ isTrue: () throws -> Bool) throws -> Bool {
        for _ in 0..<300 {
            if try isTrue() { return true }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return false
    }
}

/// A call on a thread of its own.
private final class Later<Value: Sendable>: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private var outcome: Result<Value, any Error>?

    init(_ body: @escaping @Sendable () throws -> Value) {
        Thread { [self] in
            outcome = Result { try body() }
            done.signal()
        }.start()
    }

    func value() throws -> Value {
        done.wait()
        return try outcome!.get()
    }
}
