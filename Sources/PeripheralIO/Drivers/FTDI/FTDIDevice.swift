/// An FTDI chip that is plugged in.
struct FTDIDevice: Hashable, Sendable {
    var chip: FTDIChip
    var vendor: UInt16
    var product: UInt16
    var bus: UInt8
    var address: UInt8
    /// nil if there is none, or if the present user may not ask.
    var serial: String?

    /// Its node under usbfs.
    var path: String { "/dev/bus/usb/\(Self.padded(bus))/\(Self.padded(address))" }

    private static func padded(_ number: UInt8) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }
}
