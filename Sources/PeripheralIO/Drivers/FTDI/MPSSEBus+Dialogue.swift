import Glibc
import RTOS
import VirtualHardware

/// What is said to the chip apart from transfers: at the beginning, after a failure, and about its pins.
extension MPSSEBus {
    /// Milliseconds for which the chip keeps less than a packet: the shortest there is.
    private static let latency: UInt8 = 1

    /// Puts the chip into MPSSE mode and into step, with pins and clock as they should be.
    func setUp() throws(PeripheralError) {
        let index = usb.index
        try control(.reset(index))
        try control(.setLatency(Self.latency, index))
        try control(.setBitMode(.uart, index))
        try control(.discardFromHost(index))
        try control(.discardToHost(index))
        try control(.setBitMode(.mpsse, index))
        try synchronise()
        _ = try converse(
            [
                MPSSECommand.disableAdaptive,
                hasLoopback ? MPSSECommand.connectLoopback : MPSSECommand.disconnectLoopback,
            ] + pinCommands + Self.fence
        ) { $0.count == 1 }
        setUpIsDone()
    }

    private static let fence = [MPSSECommand.readLowByte, MPSSECommand.sendImmediate]
    private static let attempts: UInt8 = 3

    /// Sends opcodes that no chip knows until one is answered as it should be: what was left over from before has been
    /// dealt with then.
    private func synchronise() throws(PeripheralError) {
        for attempt in 0..<Self.attempts {
            let opcode = MPSSECommand.unknown + attempt
            do {
                _ = try converse([opcode, MPSSECommand.sendImmediate]) { answer in
                    answer.suffix(2).elementsEqual([MPSSECommand.badCommand, opcode])
                }
                return
            } catch .timedOut where attempt + 1 < Self.attempts {
                reclaim()
            }
        }
    }

    private var pinCommands: [UInt8] {
        let pins = stream.withLock { $0.pins }
        var bytes = [MPSSECommand.setLowByte, UInt8(pins.levels & 0xFF), UInt8(pins.outputs & 0xFF)]
        if usb.chip.hasHighByte {
            bytes += [MPSSECommand.setHighByte, UInt8(pins.levels >> 8), UInt8(pins.outputs >> 8)]
        }
        return bytes
    }

    /// Has the chip drive its pins as they are noted. The bus is quiet.
    func tellPins() throws(PeripheralError) {
        _ = try converse(pinCommands + Self.fence) { $0.count == 1 }
    }

    /// The levels of all pins. The bus is quiet.
    func readPins() throws(PeripheralError) -> UInt16 {
        var command = [MPSSECommand.readLowByte]
        if usb.chip.hasHighByte { command.append(MPSSECommand.readHighByte) }
        let count = command.count
        let answer = try converse(command + [MPSSECommand.sendImmediate]) { $0.count == count }
        return UInt16(answer[0]) | UInt16(answer.count > 1 ? answer[1] : 0) << 8
    }
}

extension USBInterface {
    /// What vendor requests carry in their index.
    var index: UInt16 { chip.index(of: number) }
}

extension DeviceHolder {
    static var thisProcess: DeviceHolder { DeviceHolder(process: getpid(), name: "this process") }
}
