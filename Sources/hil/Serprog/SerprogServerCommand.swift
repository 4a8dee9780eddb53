import ArgumentParser
import Foundation
import PeripheralIO

struct SerprogServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serprog",
        abstract: "Lend an SPI bus to flashrom, which knows hundreds of flash chips.",
        discussion: """
            Speaks flashrom's serial flasher protocol on a TCP port, to one client after another, until it is \
            interrupted. Whoever can reach the address can use the device: keep to 127.0.0.1 unless the network is \
            your own. With --reconnect, clients who come while the device is away wait until it is back.

            Example: hil serprog virtual://flash --listen 127.0.0.1:4000
                     flashrom -p serprog:ip=127.0.0.1:4000 -r image.bin
            """)

    @Argument(help: "The device, such as ftdi:///1 or virtual://flash.")
    var url: String

    @Option(help: ArgumentHelp("Where to listen; port 0 for any that is free.", valueName: "address:port"))
    var listen = "127.0.0.1:4000"

    @Flag(help: "End when the first client has gone.")
    var once = false

    @Option(help: ArgumentHelp("Give the next client its turn when one is silent for so long.", valueName: "seconds"))
    var idle = 60.0

    @OptionGroup(title: "The bus")
    var bus: SPIBusOptions

    @OptionGroup
    var reconnection: ReconnectOptions

    @OptionGroup
    var trace: TraceOptions

    func validate() throws {
        guard idle > 0, idle < 1e6 else { throw ValidationError("--idle must be above 0.") }
    }

    /// Nanoseconds that an operation may take beyond what its bytes explain: more than a busy machine needs.
    private static let patience: UInt64 = 20_000_000_000

    func run() throws {
        let place = try TCPListener.Place(listen, option: "--listen")
        let address = try bus.address(url)
        Interruption.hold()
        let trace = try trace.begin()
        defer { trace?.finish() }
        let port = try Peripheral(address: address, recorder: trace?.recorder)
        defer { port.close() }
        try bus.configure(port)
        let listener = try TCPListener(place, backlog: 16)
        let session = try SPISession(port, patience: Self.patience, keepsSelected: false)
        defer { session.port.close() }
        let configure: @Sendable (Peripheral) throws -> Void = { [bus] port in try bus.configure(port) }
        let milliseconds = Int32(max(1, idle * 1000))
        let server = SerprogServer(
            listener, session,
            patience: SerprogClient.Patience(request: min(10_000, milliseconds), idle: milliseconds),
            reconfigure: reconnection.isWanted ? configure : nil)
        Interruption.onInterrupt { server.stop() }
        print("\(port.name) at \(place.address):\(listener.port), \(Frequency.text(port.speed)) in force")
        let reachable = place.address == "0.0.0.0" ? "ADDRESS-OF-THIS-MACHINE" : place.address
        print("use it with: flashrom -p serprog:ip=\(reachable):\(listener.port)")
        fflush(nil)
        try server.run(once: once)
        try? session.close()
    }
}
