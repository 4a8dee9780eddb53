import CLinux

/// How the characters of a serial line are made.
public struct SerialSettings: Hashable, Sendable {
    public enum Parity: String, CaseIterable, Sendable {
        case none, odd, even, mark, space
    }

    public enum Flow: String, CaseIterable, Sendable {
        /// None.
        case none
        /// RTS and CTS.
        case hard
        /// XON and XOFF.
        case soft
    }

    /// Bits per second.
    public var baudRate: UInt32 = 115_200
    /// 5…8.
    public var dataBits = 8
    /// 1 or 2.
    public var stopBits = 1
    public var parity = Parity.none
    public var flow = Flow.none
    /// RTS switches the transmitter of an RS-485 line; nil leaves it as it is. Linux ttys that have it.
    public var rs485: RS485?
    /// The driver passes bytes on as they come, rather than in portions. Linux ttys that have it.
    public var isLowLatency = false

    /// How RTS switches the transmitter of an RS-485 line: Documentation/driver-api/serial/serial-rs485.rst of the kernel.
    public struct RS485: Hashable, Sendable {
        /// RTS is asserted while bytes go out; if not, it is while none do.
        public var rtsIsHighOnSend = true
        /// Milliseconds from RTS to the first bit, and from the last bit to RTS.
        public var before: UInt32 = 0
        public var after: UInt32 = 0
        /// What is sent is received, too.
        public var hearsItself = false

        public init() {}
    }

    public init() {}

    /// Start, data, parity and stop bits.
    public var bitsPerCharacter: Int {
        1 + dataBits + (parity == .none ? 0 : 1) + stopBits
    }

    var line: hil_serial_line {
        let parity =
            switch parity {
            case .none: HIL_PARITY_NONE
            case .odd: HIL_PARITY_ODD
            case .even: HIL_PARITY_EVEN
            case .mark: HIL_PARITY_MARK
            case .space: HIL_PARITY_SPACE
            }
        let flow =
            switch flow {
            case .none: HIL_FLOW_NONE
            case .hard: HIL_FLOW_HARDWARE
            case .soft: HIL_FLOW_SOFTWARE
            }
        return hil_serial_line(
            input_rate: baudRate, output_rate: baudRate, data_bits: UInt8(dataBits), stop_bits: UInt8(stopBits),
            parity: UInt8(parity.rawValue), flow: UInt8(flow.rawValue), marks_errors: 0)
    }
}
