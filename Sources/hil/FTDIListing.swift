import PeripheralIO

/// What `ftdi:///?` asks for, as users of pyftdi know it: the interfaces that the rest of the URL fits, to choose from.
enum FTDIListing {
    /// What there is to choose from for a URL that was refused; nil if it does not ask for that.
    static func choices(for name: String) -> [FoundDevice]? {
        guard let place = try? FTDIAddress(name), place.interface == nil else { return nil }
        return Discovery.ftdiInterfaces(place)
    }

    /// As pyftdi prints it.
    static func text(_ choices: [FoundDevice]) -> String {
        let width = choices.map(\.url.count).max() ?? 0
        return (["Available interfaces:"] + choices.map { "  " + $0.line(width: width) }).joined(separator: "\n")
    }
}
