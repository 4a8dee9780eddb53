import VirtualHardware

/// Which device, and how it is to be set up: the parsed form of what users write.
///
///     /dev/ttyUSB0?baud=3000000&parity=even
///     virtual://spi?speed=10M&mode=0
public struct DeviceAddress: Hashable, Sendable {
    public enum Device: Hashable, Sendable {
        case serial(path: String)
        case virtualSPI
        case virtualUART
        /// A pseudoterminal pair whose far end sends back what it gets.
        case virtualTTY
    }

    /// As it was written, without the settings.
    public var name: String
    public var device: Device
    public var serial = SerialSettings()
    public var spi = SPISettings()
    public var faults = FaultPlan.none

    /// - Throws: `badAddress`, which says what cannot be understood.
    public init(_ text: String) throws(PeripheralError) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        name = String(parts[0])
        device = try Self.device(named: name)
        if case .virtualUART = device { serial.baudRate = 3_000_000 }
        let settings = parts.count > 1 ? parts[1].split(separator: "&") : []
        for setting in settings {
            let pair = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            try set(String(pair[0]), pair.count > 1 ? String(pair[1]) : "")
        }
    }

    /// Changes settings as the query would; those without a value stay as they are.
    public mutating func set(_ settings: [(key: String, value: String?)]) throws(PeripheralError) {
        for case (let key, let value?) in settings { try set(key, value) }
    }

    private mutating func set(_ key: String, _ value: String) throws(PeripheralError) {
        let isKnown = try apply(key, value)
        guard isKnown else { throw .badAddress(name, reason: "unknown setting “\(key)”; \(knownSettings)") }
    }

    private static func device(named name: String) throws(PeripheralError) -> Device {
        guard let scheme = name.range(ofScheme: "://") else {
            guard name.hasPrefix("/") else {
                throw .badAddress(
                    name, reason: "not a device: write a path such as /dev/ttyUSB0, or virtual://spi, virtual://uart")
            }
            return .serial(path: name)
        }
        let rest = name[scheme.upperBound...]
        switch (name[..<scheme.lowerBound], rest) {
        case ("virtual", "spi"): return .virtualSPI
        case ("virtual", "uart"): return .virtualUART
        case ("virtual", "tty"): return .virtualTTY
        case ("virtual", _):
            throw .badAddress(
                name, reason: "no such virtual device; there are virtual://spi, virtual://uart and virtual://tty")
        case (let scheme, _):
            throw .badAddress(name, reason: "unknown kind of device “\(scheme)”; there are paths and virtual://")
        }
    }

    /// Its name in a few letters: `ttyUSB0`, `pts/3`.
    public var shortName: String {
        name.hasPrefix("/dev/") ? String(name.dropFirst(5)) : name
    }

    private var isUART: Bool {
        switch device {
        case .serial, .virtualUART, .virtualTTY: true
        case .virtualSPI: false
        }
    }

    private var hasFaults: Bool {
        switch device {
        case .virtualSPI, .virtualUART: true
        case .serial, .virtualTTY: false
        }
    }

    private var knownSettings: String {
        let line = isUART ? "baud, databits, parity, stopbits, flow" : "speed, mode"
        return hasFaults ? "there are \(line), \(FaultPlan.settingNames)" : "there are \(line)"
    }

    /// False if there is no such setting for this device.
    private mutating func apply(_ key: String, _ value: String) throws(PeripheralError) -> Bool {
        let isLine = isUART ? try serial.apply(key, value, of: name) : try spi.apply(key, value, of: name)
        if isLine { return true }
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

    public init() {}
}
