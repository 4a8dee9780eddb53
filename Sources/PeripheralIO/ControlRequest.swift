import RTOS

/// What `control` can be asked: FreeRTOS+IO's `ioctl` requests, each with its value in its type.
///
/// `number` is the interface's request code. Those from 1000 on are this project's own.
public enum ControlRequest: Hashable, Sendable {
    /// 0: writes are done by the caller, which returns when all is off the wire.
    case usePolledTX
    /// 1: reads are done by the caller, which returns when all bytes are there.
    case usePolledRX
    /// 2: writes go from the caller's buffer to the device while the caller goes on; see `obtainWriteMutex`.
    case useZeroCopyTX
    /// 3: writes pass through a queue of this many bytes.
    case useCharacterQueueTX(length: Int)
    /// 4: received bytes pass through a queue of this many bytes.
    case useCharacterQueueRX(length: Int)
    /// 5: received bytes are kept in a buffer of this many bytes.
    case useCircularBufferRX(length: Int)
    /// 10: waits this long for the write mutex. Zero copy.
    case obtainWriteMutex(Timeout)
    /// 11: waits this long until all that was written is off the wire. Zero copy and character queue TX.
    case waitPreviousWriteComplete(Timeout)
    /// 12: gives the write mutex back without writing. Zero copy.
    case releaseWriteMutex
    /// 13: how long a write waits for room. Character queue TX.
    case setTXTimeout(Timeout)
    /// 14: how long a read waits for data. Character queue and circular buffer RX.
    case setRXTimeout(Timeout)
    /// 15: throws away what has been received and not been read. Character queue and circular buffer RX.
    case clearRXBuffer
    /// 100: bits per second.
    case setSpeed(UInt32)
    /// 101: internal to FreeRTOS+IO; choosing a transfer mode does it.
    case useInterrupts(Bool)
    /// 102: the priority of the completion thread: 0 for an ordinary thread, 1…99 for `SCHED_FIFO`.
    case setInterruptPriority(Int)
    /// 200: bits per SPI word.
    case setSPIDataBits(Int)
    /// 201: which clock edge samples.
    case setSPIClockPhase(SPIClockPhase)
    /// 202: where the clock idles.
    case setSPIClockPolarity(SPIClockPolarity)
    /// 203: master, or slave (which no device here can be).
    case setSPIMode(SPIRole)
    /// 204: the frame format; SPI is the one that these devices have.
    case setSSPFrameFormat(SSPFrameFormat)
    /// 300: the I²C slave address.
    case setI2CSlaveAddress(UInt16)
    /// 1000: keeps chip select asserted from now until `releaseChipSelect`.
    case holdChipSelect
    /// 1001: releases chip select after a `holdChipSelect`.
    case releaseChipSelect
    /// 1002: once bytes have been fetched from the device, the next are fetched so many microseconds later, together; 0
    /// fetches them as they come. Bytes that come after a silence do not wait. It saves interrupts in streams, and costs as
    /// much latency and accuracy of read time-outs; a kernel may drop what was not fetched when the device is unplugged.
    /// Character queue and circular buffer RX of serial ports; 0 to 10 000, and never longer than 2 KiB take on the line. It
    /// changes nothing on a port without a wire, nor on an FTDI adapter, whose bytes come in packets anyway.
    case setRXCoalescing(microseconds: UInt32)

    /// The interface's request code.
    public var number: UInt32 {
        switch self {
        case .usePolledTX: 0
        case .usePolledRX: 1
        case .useZeroCopyTX: 2
        case .useCharacterQueueTX: 3
        case .useCharacterQueueRX: 4
        case .useCircularBufferRX: 5
        case .obtainWriteMutex: 10
        case .waitPreviousWriteComplete: 11
        case .releaseWriteMutex: 12
        case .setTXTimeout: 13
        case .setRXTimeout: 14
        case .clearRXBuffer: 15
        case .setSpeed: 100
        case .useInterrupts: 101
        case .setInterruptPriority: 102
        case .setSPIDataBits: 200
        case .setSPIClockPhase: 201
        case .setSPIClockPolarity: 202
        case .setSPIMode: 203
        case .setSSPFrameFormat: 204
        case .setI2CSlaveAddress: 300
        case .holdChipSelect: 1000
        case .releaseChipSelect: 1001
        case .setRXCoalescing: 1002
        }
    }

    /// The request with this code, its value read as the C interface passes it; nil if there is none, or if the value
    /// is none of its own.
    public init?(number: UInt32, value: UInt) {
        let timeout = Timeout(rtosTicks: UInt32(truncatingIfNeeded: value))
        switch number {
        case 0: self = .usePolledTX
        case 1: self = .usePolledRX
        case 2: self = .useZeroCopyTX
        case 3: self = .useCharacterQueueTX(length: Int(clamping: value))
        case 4: self = .useCharacterQueueRX(length: Int(clamping: value))
        case 5: self = .useCircularBufferRX(length: Int(clamping: value))
        case 10: self = .obtainWriteMutex(timeout)
        case 11: self = .waitPreviousWriteComplete(timeout)
        case 12: self = .releaseWriteMutex
        case 13: self = .setTXTimeout(timeout)
        case 14: self = .setRXTimeout(timeout)
        case 15: self = .clearRXBuffer
        case 100: self = .setSpeed(UInt32(clamping: value))
        case 101: self = .useInterrupts(value != 0)
        case 102: self = .setInterruptPriority(Int(clamping: value))
        case 200: self = .setSPIDataBits(Int(clamping: value))
        case 201:
            guard let phase = SPIClockPhase(rawValue: value) else { return nil }
            self = .setSPIClockPhase(phase)
        case 202:
            guard let polarity = SPIClockPolarity(rawValue: value) else { return nil }
            self = .setSPIClockPolarity(polarity)
        case 203:
            guard let role = SPIRole(rawValue: value) else { return nil }
            self = .setSPIMode(role)
        case 204:
            guard let format = SSPFrameFormat(rawValue: value) else { return nil }
            self = .setSSPFrameFormat(format)
        case 300: self = .setI2CSlaveAddress(UInt16(clamping: value))
        case 1000: self = .holdChipSelect
        case 1001: self = .releaseChipSelect
        case 1002: self = .setRXCoalescing(microseconds: UInt32(clamping: value))
        default: return nil
        }
    }
}

/// Which clock edge samples: `boardSPI_SAMPLE_ON_…_EDGE_CPHA_…`.
public enum SPIClockPhase: UInt, Hashable, Sendable {
    case leadingEdge = 0
    case trailingEdge = 1
}

/// Where the clock idles: `boardSPI_CLOCK_BASE_VALUE_CPOL_…`.
public enum SPIClockPolarity: UInt, Hashable, Sendable {
    case idlesLow = 0
    case idlesHigh = 1
}

/// `boardSPI_MASTER_MODE` and `boardSPI_SLAVE_MODE`.
public enum SPIRole: UInt, Hashable, Sendable {
    case master = 0
    case slave = 1
}

/// The frame formats of a synchronous serial port.
public enum SSPFrameFormat: UInt, Hashable, Sendable {
    case spi = 0
    case texasInstruments = 1
    case microwire = 2
}
