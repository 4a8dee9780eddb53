import RTOS

/// An FT232H: descriptors and vendor requests, two status bytes ahead of every packet, latency timer, and behind its
/// FIFOs a UART or an MPSSE, with what is wired to the pins. A plain value that is told the time; `VirtualUSBBus`
/// brings it packets.
///
/// Built from the FT232H datasheet and AN_108. It has the UART (as after a reset) and the MPSSE (bit mode 0x02); the
/// bit-bang, FIFO, CPU and opto-isolated modes are refused with a STALL.
public struct VirtualFT232H: USBDevice {
    public static let outEndpoint: UInt8 = 0x02
    public static let inEndpoint: UInt8 = 0x81
    /// Bytes of modem and line status at the beginning of every packet to the host (AN_232B-04, section 3.1).
    public static let statusBytes = 2

    public enum Mode: Hashable, Sendable { case uart, mpsse }

    public private(set) var mode = Mode.uart
    public var mpsse: MPSSEEngine
    public var uart: FT232HUART
    /// Programs write it through vendor requests; the descriptors follow when the device is plugged in anew.
    public internal(set) var eeprom: FT232HEEPROM
    public let speed: USBSpeed
    let descriptors: FT232HDescriptors
    private let faults: FaultPlan

    /// Milliseconds that less than a packet waits for more: 1…255, 16 after power-on.
    public internal(set) var latency: UInt8 = 16
    /// When the last packet went to the host.
    private var lastPacket = MonotonicTime(nanoseconds: 0)
    var configuration: UInt8 = 0
    var haltedEndpoints: Set<UInt8> = []
    private var hasHalted = false
    /// Bytes that have gone across the bulk endpoints, without status bytes.
    private var bulkBytes: UInt64 = 0

    /// - Parameters:
    ///   - devices: what is wired to the pins of the MPSSE; by default a wire from DO to DI.
    ///   - peer: what is at the other end of the UART's lines; by default wires back to itself.
    ///   - faults: those of the wire happen on the pins, those of USB at the bulk endpoints.
    public init(
        devices: [any PinDevice] = [PinWire()], peer: any SerialPeer = SerialLoopback(),
        eeprom: FT232HEEPROM = FT232HEEPROM(), speed: USBSpeed = .high, faults: FaultPlan = .none
    ) {
        mpsse = MPSSEEngine(wiring: PinWiring(devices), faults: faults)
        uart = FT232HUART(peer: peer, faults: faults)
        self.eeprom = eeprom
        self.speed = speed
        self.faults = faults
        descriptors = FT232HDescriptors(eeprom: eeprom, speed: speed)
    }

    /// The flash that is wired to its pins, if one is.
    public var flash: NORFlash? { mpsse.wiring.device(SPIPins<NORFlash>.self)?.device }

    /// A descriptor as the host is given it: type in the high byte of `value`, number in the low one; empty if the chip
    /// has none such.
    public func descriptor(_ value: UInt16) -> [UInt8] { descriptors.descriptor(value) ?? [] }

    public var bulkEndpoints: [UInt8] { [Self.outEndpoint, Self.inEndpoint] }

    public var isUnplugged: Bool {
        mpsse.isUnplugged || uart.isUnplugged || faults.detachAfter.map { bulkBytes >= $0 } ?? false
    }

    /// Both run, so that the pins go on when the mode does not need them: the UART's last character, for example.
    public mutating func advance(to now: MonotonicTime) {
        mpsse.advance(to: now)
        uart.advance(to: now)
    }

    mutating func setMode(_ mode: Mode, at now: MonotonicTime) {
        mpsse.reset(at: now)
        uart.discardTransmit(at: now)
        uart.discardReceive(at: now)
        self.mode = mode
    }

    mutating func discardFromHost(at now: MonotonicTime) {
        mode == .mpsse ? mpsse.discardCommands(at: now) : uart.discardTransmit(at: now)
    }

    mutating func discardToHost(at now: MonotonicTime) {
        mode == .mpsse ? mpsse.discardReplies(at: now) : uart.discardReceive(at: now)
    }

    // MARK: Bulk endpoints

    private var waiting: Int { mode == .mpsse ? mpsse.replyCount : uart.receivedCount }
    private var wantsFlush: Bool { mode == .mpsse ? mpsse.wantsFlush : uart.wantsFlush }

    /// Bytes of data in the largest packet to the host.
    private var dataPerPacket: Int {
        let fitting = speed.bulkPacketSize - Self.statusBytes
        return faults.shortPacket.map { min(max($0, 1), fitting) } ?? fitting
    }

    private var latencyEnd: MonotonicTime {
        lastPacket.advanced(byNanoseconds: UInt64(max(latency, 1)) * 1_000_000)
    }

    private var isSilent: Bool { faults.nakAfter.map { bulkBytes >= $0 } ?? false }

    private mutating func count(_ bytes: Int, endpoint: UInt8) {
        bulkBytes += UInt64(bytes)
        guard !hasHalted, let halt = faults.haltEndpointAfter, bulkBytes >= halt else { return }
        hasHalted = true
        haltedEndpoints.insert(endpoint)
    }

    public mutating func bulkOut(
        _ packet: UnsafeRawBufferPointer, endpoint: UInt8, at now: MonotonicTime
    ) -> USBHandshake {
        guard endpoint == Self.outEndpoint, !haltedEndpoints.contains(endpoint) else { return .stall }
        advance(to: now)
        guard !isSilent, (mode == .mpsse ? mpsse.space : uart.space) >= packet.count else { return .nak }
        _ = mode == .mpsse ? mpsse.write(packet, at: now) : uart.write(packet, at: now)
        count(packet.count, endpoint: endpoint)
        return .ack
    }

    public mutating func bulkIn(
        into packet: UnsafeMutableRawBufferPointer, endpoint: UInt8, at now: MonotonicTime
    ) -> USBInAnswer {
        guard endpoint == Self.inEndpoint, !haltedEndpoints.contains(endpoint), packet.count >= Self.statusBytes else {
            return .stall
        }
        advance(to: now)
        guard !isSilent, waiting >= dataPerPacket || wantsFlush || latencyEnd <= now else { return .nak }
        let (modem, line) = (modemStatus, lineStatus)
        let room = min(dataPerPacket, packet.count - Self.statusBytes)
        let data = UnsafeMutableRawBufferPointer(rebasing: packet[Self.statusBytes..<Self.statusBytes + room])
        let taken = mode == .mpsse ? mpsse.read(into: data, at: now) : uart.read(into: data, at: now)
        packet[0] = modem
        packet[1] = line
        uart.reported()
        lastPacket = now
        count(taken, endpoint: endpoint)
        return .data(taken + Self.statusBytes)
    }

    public func nextChange(endpoint: UInt8, size: Int) -> MonotonicTime? {
        guard !isSilent else { return nil }
        if endpoint == Self.outEndpoint {
            return mode == .mpsse ? mpsse.nextChange(space: size) : uart.time(untilRoomFor: size)
        }
        let change = mode == .mpsse ? mpsse.nextChange(replies: dataPerPacket) : uart.nextChange
        return change.map { min($0, latencyEnd) } ?? latencyEnd
    }

    // MARK: Status bytes

    /// The low bits tell the size of packets: bit 0 for 64 bytes, bit 1 for 512. In MPSSE mode, where the modem lines
    /// have other work, CTS and DSR read as asserted.
    var modemStatus: UInt8 {
        let lines = mode == .uart ? uart.lines : [.cts, .dsr]
        return lines.rawValue | (speed == .high ? 0x02 : 0x01)
    }

    /// Errors since the last packet, THRE (0x20) and TEMT (0x40).
    var lineStatus: UInt8 {
        guard mode == .uart else { return 0x60 }
        return uart.errors.rawValue | (uart.isTransmitFIFOEmpty ? 0x20 : 0) | (uart.isTransmitterEmpty ? 0x40 : 0)
    }
}
