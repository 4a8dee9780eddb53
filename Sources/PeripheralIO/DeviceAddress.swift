import VirtualHardware

/// Which device, and how it is to be set up: the parsed form of what users write.
///
///     /dev/ttyUSB0?baud=3000000&parity=even
///     virtual://spi?speed=10M&mode=0
public struct DeviceAddress: Hashable, Sendable {
    public enum Device: Hashable, Sendable {
        case serial(path: String)
        /// A chip select of a Linux SPI controller.
        case spidev(path: String)
        case virtualSPI
        case virtualUART
        /// A pseudoterminal pair whose far end sends back what it gets.
        case virtualTTY
        /// An FTDI chip on USB.
        case ftdi(FTDIAddress)
        /// A virtual FT232H with a wire from MOSI to MISO, and one from TX to RX.
        case virtualFT232H
        /// A virtual FT232H with a NOR flash on its pins.
        case virtualFlash
        /// A session that was recorded with `TraceRecorder`, as a device that answers the same.
        case replay(path: String)
    }

    /// As it was written, without the settings.
    public var name: String
    public var device: Device
    public var serial = SerialSettings()
    public var spi = SPISettings()
    public var faults = FaultPlan.none
    /// Of a chip that has both, the serial port rather than the SPI controller: `uart`, or a baud rate, among the
    /// settings.
    public private(set) var wantsUART = false

    /// - Throws: `badAddress`, which says what cannot be understood.
    public init(_ text: String) throws(PeripheralError) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        name = String(parts[0])
        device = try Self.device(named: name)
        if case .virtualUART = device { serial.baudRate = 3_000_000 }
        let settings = parts.count > 1 ? parts[1].split(separator: "&") : []
        wantsUART = isFTDI && settings.contains { $0 == "uart" || $0.hasPrefix("baud=") }
        for setting in settings {
            let pair = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            try set(String(pair[0]), pair.count > 1 ? String(pair[1]) : "")
        }
    }

    /// Changes settings as the query would; those without a value stay as they are.
    public mutating func set(_ settings: [(key: String, value: String?)]) throws(PeripheralError) {
        for case (let key, let value?) in settings { try set(key, value) }
    }

    /// Of a chip that has both, takes the serial port.
    public mutating func preferUART() {
        wantsUART = isFTDI
    }

    private mutating func set(_ key: String, _ value: String) throws(PeripheralError) {
        let isKnown = try apply(key, value)
        guard isKnown else { throw .badAddress(name, reason: "unknown setting “\(key)”; \(knownSettings)") }
    }

    private static func device(named name: String) throws(PeripheralError) -> Device {
        if name.hasPrefix(FTDIAddress.scheme) { return .ftdi(try FTDIAddress(name)) }
        guard let scheme = name.range(ofScheme: "://") else {
            guard name.hasPrefix("/") else {
                throw .badAddress(
                    name, reason: "not a device: write a path such as /dev/ttyUSB0, or virtual://spi, virtual://uart")
            }
            return SPIDevOpening.isNode(name) ? .spidev(path: name) : .serial(path: name)
        }
        let rest = name[scheme.upperBound...]
        switch (name[..<scheme.lowerBound], rest) {
        case ("virtual", "spi"): return .virtualSPI
        case ("virtual", "uart"): return .virtualUART
        case ("virtual", "tty"): return .virtualTTY
        case ("virtual", "ft232h"): return .virtualFT232H
        case ("virtual", "flash"): return .virtualFlash
        case ("replay", let path) where !path.isEmpty: return .replay(path: String(path))
        case ("virtual", _):
            let known = "virtual://spi, virtual://uart, virtual://tty, virtual://ft232h and virtual://flash"
            throw .badAddress(name, reason: "no such virtual device; there are \(known)")
        case (let scheme, _):
            throw .badAddress(
                name, reason: "unknown kind of device “\(scheme)”; there are paths, ftdi://, virtual:// and replay://")
        }
    }

    /// Its name in a few letters: `ttyUSB0`, `pts/3`.
    public var shortName: String {
        name.hasPrefix("/dev/") ? String(name.dropFirst(5)) : name
    }

    /// Whether it is opened as a serial port rather than as an SPI controller.
    public var isSerialPort: Bool { isUART }

    private var isUART: Bool {
        switch device {
        case .serial, .virtualUART, .virtualTTY: true
        case .virtualSPI, .spidev, .replay: false
        case .ftdi, .virtualFT232H, .virtualFlash: wantsUART
        }
    }

    private var isFTDI: Bool {
        switch device {
        case .ftdi, .virtualFT232H, .virtualFlash: true
        case .serial, .virtualUART, .virtualTTY, .virtualSPI, .spidev, .replay: false
        }
    }

    private var hasFaults: Bool {
        switch device {
        case .virtualSPI, .virtualUART, .virtualFT232H, .virtualFlash: true
        case .serial, .virtualTTY, .ftdi, .spidev, .replay: false
        }
    }

    private var isNode: Bool {
        if case .spidev = device { true } else { false }
    }

    private var isTTY: Bool {
        if case .serial = device { true } else { false }
    }

    private var hasUSBFaults: Bool { hasFaults && isFTDI }

    private var knownSettings: String {
        var line = isUART ? "baud, databits, parity, stopbits, flow" : "speed, mode"
        if isFTDI { line += isUART ? ", uart" : ", \(SPISettings.busSettingNames), uart" }
        if isTTY { line += ", \(SerialSettings.ttySettingNames)" }
        if isNode { line += ", \(SPISettings.nodeSettingNames)" }
        if hasFaults { line += ", \(FaultPlan.settingNames)" }
        if hasUSBFaults { line += ", \(FaultPlan.usbSettingNames)" }
        return "there are \(line)"
    }

    /// False if there is no such setting for this device.
    private mutating func apply(_ key: String, _ value: String) throws(PeripheralError) -> Bool {
        // A session answers as it was recorded, however its line is set up; it may be of either kind.
        if case .replay = device {
            if try serial.apply(key, value, of: name) { return true }
            if try spi.apply(key, value, of: name) { return true }
            return try spi.applyToBus(key, value, of: name)
        }
        if isFTDI, key == "uart" { return true }
        let isLine = isUART ? try serial.apply(key, value, of: name) : try spi.apply(key, value, of: name)
        if isLine { return true }
        if isFTDI, !isUART, try spi.applyToBus(key, value, of: name) { return true }
        if isTTY, try serial.applyToTTY(key, value, of: name) { return true }
        if isNode, try spi.applyToNode(key, value, of: name) { return true }
        if hasUSBFaults, try faults.applyToUSB(key, value, of: name) { return true }
        return hasFaults ? try faults.apply(key, value, of: name) : false
    }
}

/// How an SPI bus is clocked.
public struct SPISettings: Hashable, Sendable {
    /// SCK in hertz; the clock in force is never faster.
    public var speed: UInt32 = 30_000_000
    /// 0…3: clock polarity times two, plus clock phase.
    public var mode = 0
    /// What is sent while only reading.
    public var dummyByte: UInt8 = 0xFF
    public var leastSignificantFirst = false
    /// How modes 1 and 3 are made on a chip that has only 0 and 2; nil refuses them.
    public var trailingEdge: SPITrailingEdge?
    /// Which of the controller's chip selects, 0…4 (ADBUS3…7 of an FTDI chip; a spidev node has one of its own); nil
    /// asserts none.
    public var chipSelect: Int? = 0
    public var chipSelectIsHigh = false
    /// Nanoseconds from chip select to the first edge of SCK, and from the last to its release, at least: 0…4000. A
    /// spidev node takes whole microseconds.
    public var setupTime: UInt32 = 0
    public var holdTime: UInt32 = 0
    /// Connects MOSI to MISO inside the chip.
    public var isInternal = false
    /// 1…32, where the controller has them. Words of more than 8 bits are numbers of 2 or 4 bytes in memory.
    public var bitsPerWord = 8
    /// One wire for both directions.
    public var isThreeWire = false
    /// The device holds the clock back by a line of its own.
    public var waitsForReady = false
    /// Data lines: 1, 2 or 4.
    public var sendLanes = 1
    public var receiveLanes = 1
    /// Microseconds between words, at least.
    public var wordDelay: UInt8 = 0
    /// Bytes in one request to the kernel, at most; nil is as many as it takes.
    public var chunk: Int?

    public init() {}
}
