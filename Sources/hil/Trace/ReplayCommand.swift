import ArgumentParser
import Foundation
import PeripheralIO

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Do a recorded session again on a device, and tell the first difference.",
        discussion: """
            Sends what --trace has recorded, at its pace, and compares what comes in. Status 1: something else came in.

            The other way round, replay://FILE is a virtual device for every command and for firmware: it answers as \
            recorded, and refuses with status 1 the first thing that the session does not have.

            Example: hil spi virtual://flash 9f --read 3 --trace id.jsonl
                     hil replay id.jsonl virtual://flash
                     hil spi replay://id.jsonl 9f --read 3
            """)

    @Argument(help: "A file that --trace has written, JSON lines.")
    var file: String

    @Argument(help: "The device to do it on.")
    var url: String

    @Option(help: ArgumentHelp("Give up when nothing has come in for this long.", valueName: "seconds"))
    var timeout = 5.0

    @Flag(help: "Leave out the pauses.")
    var fast = false

    @OptionGroup
    var trace: TraceOptions

    func validate() throws {
        guard timeout > 0, timeout < 4_000_000 else { throw ValidationError("--timeout must be above 0.") }
    }

    func run() throws {
        let recorded = try Trace(file: file)
        var address = try Board.current().address(of: url)
        if case .uart = recorded.header.line { address.preferUART() }
        Interruption.hold()
        let trace = try trace.begin()
        defer { trace?.finish() }
        let port = try Peripheral(address: address, recorder: trace?.recorder)
        defer { port.close() }
        do {
            let replay = Replay(events: recorded.events, keepsPace: !fast)
            let difference: String?
            switch recorded.header.line {
            case .spi:
                let session = try SPISession(port, patience: UInt64(timeout * 1e9), keepsSelected: false)
                Interruption.onInterrupt { session.interrupt() }
                difference = try replay.onBus(session)
                try session.close()
            case .uart:
                let isOver = DispatchSemaphore(value: 0)
                Interruption.onInterrupt {
                    isOver.signal()
                    port.close()
                }
                difference = try replay.onLine(port, .milliseconds(UInt32(max(1, timeout * 1000)))) { pause in
                    let limit = DispatchTime.now() + .nanoseconds(Int(clamping: pause))
                    if isOver.wait(timeout: limit) == .success { throw PeripheralError.closed }
                }
            }
            if let difference {
                StandardStreams.tell("hil: \(file): \(difference)")
                throw ExitStatus.dataErrors
            }
        } catch PeripheralError.closed where Interruption.hasHappened {
            throw Interruption.Happened()
        }
        let bytes = recorded.events.reduce(0) { $0 + $1.length }
        print("\(port.name): \(recorded.events.count) events, \(bytes) bytes, as recorded")
    }
}
