/// The two bytes at the beginning of every packet from an FTDI chip (AN_232B-04, section 3.1).
struct FTDIStatus: Hashable, Sendable {
    struct Line: OptionSet, Hashable, Sendable {
        let rawValue: UInt8
        static let overrun = Line(rawValue: 0x02)
        static let parity = Line(rawValue: 0x04)
        static let framing = Line(rawValue: 0x08)
        static let breakSignal = Line(rawValue: 0x10)
        /// THRE: the transmit FIFO is empty.
        static let transmitFIFOEmpty = Line(rawValue: 0x20)
        /// TEMT: and so is the shift register.
        static let transmitterEmpty = Line(rawValue: 0x40)

        /// What damages characters.
        static let damage: Line = [.parity, .framing, .breakSignal]
    }

    var modem: ModemLines
    var line: Line

    static let length = 2

    init(modem: UInt8, line: UInt8) {
        // The low bits tell the size of packets.
        self.modem = ModemLines(rawValue: modem).intersection(.received)
        self.line = Line(rawValue: line)
    }
}

/// What came in with one IN transfer, packet by packet: the status bytes apart from the data.
struct FTDIPackets: Sequence, IteratorProtocol {
    struct Packet {
        var status: FTDIStatus
        /// May be empty: nothing has come yet.
        var data: UnsafeRawBufferPointer
    }

    private var rest: UnsafeRawBufferPointer.SubSequence
    private let packetSize: Int

    /// - Parameter packetSize: 512 bytes at high speed, 64 at full speed.
    init(_ bytes: UnsafeRawBufferPointer, packetSize: Int) {
        rest = bytes[...]
        self.packetSize = packetSize
    }

    /// A packet too short to hold the status bytes says nothing, and ends the transfer.
    mutating func next() -> Packet? {
        let packet = rest.prefix(packetSize)
        guard packet.count >= FTDIStatus.length else { return nil }
        rest = rest.dropFirst(packet.count)
        return Packet(
            status: FTDIStatus(modem: packet[packet.startIndex], line: packet[packet.startIndex + 1]),
            data: UnsafeRawBufferPointer(rebasing: packet.dropFirst(FTDIStatus.length)))
    }
}
