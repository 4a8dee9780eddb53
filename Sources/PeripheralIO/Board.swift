import Glibc

/// A firmware's own names for its peripherals, such as `/SPI2/`, and the devices that stand behind them.
///
/// It takes the place of the list in a FreeRTOS+IO board support package. In a file it is YAML:
///
///     peripherals:
///       /SPI2/:  virtual://spi?speed=10M
///       /UART3/: /dev/ttyUSB0?baud=115200
public struct Board: Hashable, Sendable {
    /// Device address for each board path.
    public var peripherals: [String: String]

    public init(peripherals: [String: String]) {
        self.peripherals = peripherals
    }

    /// Virtual devices alone: `/SPI0/` to `/SPI2/` with MOSI wired to MISO, `/SPI3/` with a NOR flash, `/UART0/` to
    /// `/UART3/` with TX wired to RX.
    public static let builtIn = Board(
        peripherals: Dictionary(
            uniqueKeysWithValues: (0...2).map { ("/SPI\($0)/", "virtual://spi") } + [("/SPI3/", "virtual://flash")]
                + (0...3).map { ("/UART\($0)/", "virtual://uart") }))

    /// The board of this process: the file that `HIL_BOARD` names, else `board.yaml` in the working folder, else the
    /// built-in board.
    public static func current() throws(PeripheralError) -> Board {
        if let path = getenv("HIL_BOARD").map({ String(cString: $0) }), !path.isEmpty { return try Board(file: path) }
        return access("board.yaml", F_OK) == 0 ? try Board(file: "board.yaml") : builtIn
    }

    /// Reads a board file.
    ///
    /// - Throws: `badAddress` with the file's name and what is wrong in it.
    public init(file path: String) throws(PeripheralError) {
        let text: [UInt8]
        do {
            text = try BoardFile.contents(of: path)
        } catch {
            let reason = systemMessage(error.rawValue)
            throw .badAddress(path, reason: "the board file cannot be read (\(reason)); HIL_BOARD names it")
        }
        do {
            peripherals = try BoardFile(text: text).peripherals
        } catch {
            let reason = "no board file: “peripherals:” with “/NAME/: device” lines (\(error.reason))"
            throw .badAddress(path, reason: reason)
        }
        for (name, device) in peripherals {
            guard name.count > 2, name.hasPrefix("/"), name.hasSuffix("/") else {
                throw .badAddress(path, reason: "“\(name)” is no board path; write it as /SPI2/")
            }
            _ = try DeviceAddress(device)
        }
    }

    /// The device that a name stands for: a board path's, or the name itself.
    public func address(of name: String) throws(PeripheralError) -> DeviceAddress {
        if let device = peripherals[name] { return try DeviceAddress(device) }
        if name.count > 2, name.hasPrefix("/"), name.hasSuffix("/") {
            let known = peripherals.keys.sorted().joined(separator: ", ")
            throw .missing("\(name) (the board has \(known))")
        }
        return try DeviceAddress(name)
    }
}
