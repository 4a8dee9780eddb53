import ArgumentParser
import PeripheralIO

/// How the bus is set up, with the letters of spidev_test.
struct SPIBusOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("SCK in hertz, such as 500k or 10M; rounds down.", valueName: "hz"))
    var speed: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("SPI mode, 0 to 3: clock polarity times two, plus phase.", valueName: "mode"))
    var mode: Int?

    @Flag(name: [.customShort("H"), .customLong("cpha")], help: "Sample at the trailing edge (modes 1, 3).")
    var trailingEdge = false

    @Flag(name: [.customShort("O"), .customLong("cpol")], help: "SCK idles high (modes 2, 3).")
    var idlesHigh = false

    @Option(name: [.customShort("b"), .customLong("bpw")], help: ArgumentHelp("Bits in a word.", valueName: "bits"))
    var bits: Int?

    @Flag(name: [.customShort("L"), .customLong("lsb")], help: "Least significant bit first.")
    var leastSignificantFirst = false

    @Flag(name: [.customShort("C"), .customLong("cs-high")], help: "Chip select is active high.")
    var chipSelectIsHigh = false

    @Flag(name: [.customShort("N"), .customLong("no-cs")], help: "Assert no chip select.")
    var noChipSelect = false

    @Option(name: .customLong("cs"), help: ArgumentHelp("Which chip select.", valueName: "n"))
    var chipSelect: Int?

    @Flag(
        name: [.customShort("l"), .customLong("loop")],
        help: "Connect MOSI to MISO inside the chip, and check that what is sent comes back.")
    var loops = false

    func validate() throws {
        if let mode, !(0...3).contains(mode) { throw ValidationError("--mode must be 0 to 3.") }
        if mode != nil, trailingEdge || idlesHigh { throw ValidationError("Give --mode, or -H and -O, not both.") }
        if chipSelect != nil, noChipSelect { throw ValidationError("Give --cs or --no-cs, not both.") }
    }

    /// The device at a URL, set up as asked.
    func address(_ url: String) throws -> DeviceAddress {
        // A board file is read only for a name of its own: most have none.
        let isBoardPath = url.hasPrefix("/") && url.hasSuffix("/")
        var address = try isBoardPath ? Board.current().address(of: url) : DeviceAddress(url)
        let edges = trailingEdge || idlesHigh ? (trailingEdge ? 1 : 0) + (idlesHigh ? 2 : 0) : mode
        try address.set([
            ("speed", speed), ("mode", edges.map { "\($0)" }), ("order", leastSignificantFirst ? "lsb" : nil),
            ("cspol", chipSelectIsHigh ? "high" : nil), ("cs", noChipSelect ? "none" : chipSelect.map { "\($0)" }),
            ("internal", loops ? "" : nil),
        ])
        return address
    }

    /// What is set on the open device.
    func configure(_ port: Peripheral) throws {
        guard port.isSPI else {
            throw PeripheralError.badAddress(port.name, reason: "a serial port; `hil spi` takes an SPI controller")
        }
        if let bits { try port.control(.setSPIDataBits(bits)) }
    }
}
