/// The chips that the driver knows: what each of them can do.
enum FTDIChip: String, CaseIterable, Hashable, Sendable {
    case ft232b = "FT232B"
    case ft232r = "FT232R"
    case ft230x = "FT230X"
    case ft2232h = "FT2232H"
    case ft4232h = "FT4232H"
    case ft232h = "FT232H"

    static let vendor: UInt16 = 0x0403

    /// From the release number in the device descriptor, by which FTDI tells its chips apart; nil for others.
    init?(release: UInt16) {
        switch release {
        case 0x0400: self = .ft232b
        case 0x0600: self = .ft232r
        case 0x1000: self = .ft230x
        case 0x0700: self = .ft2232h
        case 0x0800: self = .ft4232h
        case 0x0900: self = .ft232h
        default: return nil
        }
    }

    /// Its product number as it comes from the factory.
    var product: UInt16 {
        switch self {
        case .ft232b, .ft232r: 0x6001
        case .ft230x: 0x6015
        case .ft2232h: 0x6010
        case .ft4232h: 0x6011
        case .ft232h: 0x6014
        }
    }

    var interfaceCount: Int {
        switch self {
        case .ft232b, .ft232r, .ft230x, .ft232h: 1
        case .ft2232h: 2
        case .ft4232h: 4
        }
    }

    /// - Parameter interface: counted from 1.
    func hasMPSSE(_ interface: Int) -> Bool {
        switch self {
        case .ft232b, .ft232r, .ft230x: false
        case .ft232h: interface == 1
        // C and D of the FT4232H are serial ports.
        case .ft2232h, .ft4232h: interface <= 2
        }
    }

    /// The MPSSE's pins: eight on an FT4232H.
    var hasHighByte: Bool { self != .ft4232h }

    var isHighSpeed: Bool {
        switch self {
        case .ft232b, .ft232r, .ft230x: false
        case .ft2232h, .ft4232h, .ft232h: true
        }
    }

    /// What vendor requests to an interface, counted from 1, carry in their index.
    func index(of interface: Int) -> UInt16 {
        // libftdi counts from 1 where there is only one, too, and these chips do not look.
        UInt16(interface)
    }

    /// Bytes of the FIFO to the wire (data sheets, section 1 each).
    var transmitFIFO: Int {
        switch self {
        case .ft232b: 384
        case .ft232r: 128
        case .ft230x: 512
        case .ft232h: 1024
        case .ft2232h: 4096
        case .ft4232h: 2048
        }
    }

    /// Bytes of its EEPROM that are read: inside of the FT232R and FT230X, a 93C46 or 93C56 beside the others.
    var eepromLength: Int { self == .ft232b || self == .ft232r ? 128 : 256 }
}
