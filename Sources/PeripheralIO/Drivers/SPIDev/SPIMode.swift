import CLinux

/// How a spidev node is set up, beside rate and word length: `SPI_CPHA` and its kin in <linux/spi/spi.h>.
struct SPIMode: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    static let clockPhase = SPIMode(rawValue: 1 << 0)
    static let clockPolarity = SPIMode(rawValue: 1 << 1)
    static let chipSelectHigh = SPIMode(rawValue: 1 << 2)
    static let leastSignificantFirst = SPIMode(rawValue: 1 << 3)
    static let threeWire = SPIMode(rawValue: 1 << 4)
    static let loop = SPIMode(rawValue: 1 << 5)
    static let noChipSelect = SPIMode(rawValue: 1 << 6)
    static let ready = SPIMode(rawValue: 1 << 7)
    static let sendDual = SPIMode(rawValue: 1 << 8)
    static let sendQuad = SPIMode(rawValue: 1 << 9)
    static let receiveDual = SPIMode(rawValue: 1 << 10)
    static let receiveQuad = SPIMode(rawValue: 1 << 11)

    /// How the device is wired, which the machine's description (device tree) may say better than a user who says
    /// nothing.
    static let wiring: SPIMode = [
        .chipSelectHigh, .threeWire, .sendDual, .sendQuad, .receiveDual, .receiveQuad,
    ]

    /// What is set on a node that was set up as `before`.
    init(_ settings: SPISettings, on before: SPIMode) {
        self = before.intersection(.wiring)
        if settings.mode & 1 != 0 { insert(.clockPhase) }
        if settings.mode & 2 != 0 { insert(.clockPolarity) }
        if settings.chipSelectIsHigh { insert(.chipSelectHigh) }
        if settings.leastSignificantFirst { insert(.leastSignificantFirst) }
        if settings.isThreeWire { insert(.threeWire) }
        if settings.isInternal { insert(.loop) }
        if settings.chipSelect == nil { insert(.noChipSelect) }
        if settings.waitsForReady { insert(.ready) }
        switch settings.sendLanes {
        case 4: insert(.sendQuad)
        case 2: insert(.sendDual)
        default: break
        }
        switch settings.receiveLanes {
        case 4: insert(.receiveQuad)
        case 2: insert(.receiveDual)
        default: break
        }
    }

    init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// What people call each, for a controller that lacks it.
    var names: String {
        let all: [(SPIMode, String)] = [
            (.clockPhase, "clock phase 1"), (.clockPolarity, "clock polarity 1"),
            (.chipSelectHigh, "chip select active high"), (.leastSignificantFirst, "LSB first"),
            (.threeWire, "3-wire"), (.loop, "loop"), (.noChipSelect, "no chip select"), (.ready, "ready"),
            (.sendDual, "sending on 2 lanes"), (.sendQuad, "sending on 4 lanes"),
            (.receiveDual, "receiving on 2 lanes"), (.receiveQuad, "receiving on 4 lanes"),
        ]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}
