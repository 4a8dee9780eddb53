/// Which interface of which FTDI chip: the parsed form of the URLs that pyftdi has made known.
///
///     ftdi://[vendor][:[product][:serial | :bus:address | :index]]/interface
///
/// Vendor and product are numbers or aliases (`ftdi`, `232h`), bus and address hexadecimal, and the index and the
/// interface count from 1. What is left out fits every device.
public struct FTDIAddress: Hashable, Sendable {
    /// Which of the devices that fit vendor and product.
    public enum Selector: Hashable, Sendable {
        case any
        case serial(String)
        case location(bus: UInt8, address: UInt8)
        /// Counted from 1, in the order of bus and address.
        case index(Int)
    }

    public var vendor: UInt16?
    public var product: UInt16?
    public var selector = Selector.any
    /// Counted from 1; nil lists what there is (`ftdi:///?`).
    public var interface: Int?

    public static let scheme = "ftdi://"

    private static let vendors: [String: UInt16] = ["ftdi": 0x0403]
    private static let products: [String: UInt16] = [
        "232": 0x6001, "232r": 0x6001, "ft232r": 0x6001,
        "2232": 0x6010, "2232h": 0x6010, "ft2232h": 0x6010,
        "4232": 0x6011, "4232h": 0x6011, "ft4232h": 0x6011,
        "232h": 0x6014, "ft232h": 0x6014,
        "ft-x": 0x6015, "230x": 0x6015, "ft230x": 0x6015, "231x": 0x6015, "ft231x": 0x6015, "234x": 0x6015,
    ]
    /// A number above this is a serial number.
    private static let largestIndex = 255

    /// - Parameter text: a URL without its query.
    /// - Throws: `badAddress`, which says what cannot be understood.
    public init(_ text: String) throws(PeripheralError) {
        func failure(_ reason: String) -> PeripheralError { .badAddress(text, reason: reason) }
        guard text.hasPrefix(Self.scheme) else { throw failure("an FTDI URL begins with ftdi://") }
        let halves = text.dropFirst(Self.scheme.count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else {
            throw failure("the interface is missing: write ftdi://ftdi:232h/1, or ftdi:///1 for the first device")
        }
        let fields = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard fields.count <= 4 else { throw failure("too many fields; see ftdi://vendor:product:serial/interface") }
        if let field = fields.first, !field.isEmpty {
            guard let number = Self.vendors[field.lowercased()] ?? Self.word(field) else {
                throw failure("“\(field)” is no vendor; write ftdi, or a number such as 0x0403")
            }
            vendor = number
        }
        if fields.count > 1, !fields[1].isEmpty {
            guard let number = Self.products[fields[1].lowercased()] ?? Self.word(fields[1]) else {
                throw failure("“\(fields[1])” is no product; write 232h, or a number such as 0x6014")
            }
            product = number
        }
        if fields.count == 4 {
            guard let bus = UInt8(fields[2], radix: 16), let address = UInt8(fields[3], radix: 16) else {
                throw failure("bus and address are hexadecimal numbers up to ff")
            }
            selector = .location(bus: bus, address: address)
        } else if fields.count == 3, !fields[2].isEmpty {
            selector = try Self.selector(fields[2], failure)
        }
        guard !halves[1].isEmpty else { return }
        guard let number = Int(halves[1]), (1...4).contains(number) else {
            throw failure("“\(halves[1])” is no interface; they are counted from 1")
        }
        interface = number
    }

    private static func selector(
        _ field: String, _ failure: (String) -> PeripheralError
    ) throws(PeripheralError) -> Selector {
        guard let number = word(field), number <= largestIndex else { return .serial(field) }
        guard number > 0 else { throw failure("devices are counted from 1") }
        return .index(Int(number))
    }

    /// A number as a person writes it: decimal, or hexadecimal behind 0x.
    private static func word(_ text: String) -> UInt16? {
        text.lowercased().hasPrefix("0x") ? UInt16(text.dropFirst(2), radix: 16) : UInt16(text)
    }

    /// The product's alias, to print; nil if it has none.
    static func alias(product: UInt16) -> String? {
        switch product {
        case 0x6001: "232r"
        case 0x6010: "2232h"
        case 0x6011: "4232h"
        case 0x6014: "232h"
        case 0x6015: "230x"
        default: nil
        }
    }
}
