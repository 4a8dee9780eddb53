/// A device that could be opened, and what stands in the way.
public struct FoundDevice: Hashable, Sendable, Codable {
    /// What to type.
    public var url: String
    public var kind: String
    /// The kernel driver in charge, if there is one.
    public var driver: String?
    /// What the device on USB says of itself.
    public var serialNumber: String?
    /// Where it is plugged in: bus, ports and interface, such as `1-1.4:1.0`. The same for whatever is plugged in there.
    public var usbPath: String?
    /// The device node; nil for a virtual device.
    public var node: String?
    /// False if the present user may not open it.
    public var isPermitted: Bool
    /// Who has it open, as far as /proc tells.
    public var holder: String?
    /// What the EEPROM of an FTDI chip says, one line each, where that was asked for.
    public var details: [String]?
}
