import Foundation
import PeripheralIO
import RTOS

/// What the lab tries two serial ports with that are wired to each other: `SerialProbe PORT PORT`. It drives the modem
/// lines, breaks and a wrong rate at one end, and sees whether the other is told.
@main
enum SerialProbe {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func main() {
        do {
            try run(CommandLine.arguments[1], CommandLine.arguments[2])
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
            let change = Later { try port.waitForLineChange(from: known, .milliseconds(30_000)) }
            Thread.sleep(forTimeInterval: 0.2)
            try other.drive(line, isAsserted)
            let told = try change.value()
            try expect(told?.lines == lines, "\(line == .rts ? "RTS" : "DTR") \(isAsserted ? "on" : "off") is told")
            known = told!
        }

        try other.sendBreak(milliseconds: 20)
        var told = try port.waitForLineChange(from: known, .milliseconds(30_000))
        try expect(told?.errors.breakSignal == known.errors.breakSignal + 1, "a break is told")
        known = told!

        try other.control(.setSpeed(19200))
        _ = try other.write([UInt8](repeating: 0x55, count: 3).span.bytes)
        try expect(
            try eventually { try port.lineStatus().errors.framing == known.errors.framing + 3 },
            "framing errors are counted")

        known = try port.lineStatus()
        let waiting = Later { try port.waitForLineChange(from: known, .forever) }
        Thread.sleep(forTimeInterval: 0.2)
        port.close()
        do {
            _ = try waiting.value()
            throw Failure(description: "a closed port tells of changes")
        } catch PeripheralError.closed {
            try expect(true, "closing ends the wait")
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
