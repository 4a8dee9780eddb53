/// What becomes of characters on their way, by tio's names: those with I come from the port, those with O go to it.
struct LineMap: Equatable, ArgumentForm {
    static var form: String { "some of \(names), with commas between them" }

    enum Flag: String, CaseIterable {
        /// CR to NL, no CR, NL to CR, NL to CR and NL.
        case icrnl = "ICRNL"
        case igncr = "IGNCR"
        case inlcr = "INLCR"
        case inlcrnl = "INLCRNL"
        /// CR to NL, no CR, NL to CR, NL to CR and NL.
        case ocrnl = "OCRNL"
        case oigncr = "OIGNCR"
        case onlcr = "ONLCR"
        case onlcrnl = "ONLCRNL"
        /// DEL to BS, lower case to upper case.
        case odelbs = "ODELBS"
        case oltu = "OLTU"
    }

    var flags: Set<Flag> = []

    init() {}

    init?(argument: String) {
        for name in argument.split(separator: ",") {
            guard let flag = Flag(rawValue: name.uppercased()) else { return nil }
            flags.insert(flag)
        }
    }

    static let names = Flag.allCases.map(\.rawValue).joined(separator: ", ")

    private static let (nl, cr, bs, del) = (UInt8(0x0A), UInt8(0x0D), UInt8(0x08), UInt8(0x7F))

    /// What is shown for a byte that has come in.
    func received(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case Self.cr where flags.contains(.igncr): []
        case Self.cr where flags.contains(.icrnl): [Self.nl]
        case Self.nl where flags.contains(.inlcrnl): [Self.cr, Self.nl]
        case Self.nl where flags.contains(.inlcr): [Self.cr]
        default: [byte]
        }
    }

    /// What is sent for a byte that was typed.
    func typed(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case Self.cr where flags.contains(.oigncr): []
        case Self.cr where flags.contains(.ocrnl): [Self.nl]
        case Self.nl where flags.contains(.onlcrnl): [Self.cr, Self.nl]
        case Self.nl where flags.contains(.onlcr): [Self.cr]
        case Self.del where flags.contains(.odelbs): [Self.bs]
        case UInt8(ascii: "a")...UInt8(ascii: "z") where flags.contains(.oltu): [byte & 0xDF]
        default: [byte]
        }
    }
}
