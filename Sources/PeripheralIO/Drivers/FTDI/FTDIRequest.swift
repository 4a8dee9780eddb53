/// A vendor request to an FTDI chip, or a standard one: what goes over endpoint 0 (AN_232B-03; libftdi's ftdi.h).
struct FTDIRequest: Hashable, Sendable {
    enum Code: UInt8, Sendable {
        case reset = 0x00
        case setModemControl = 0x01
        case setFlowControl = 0x02
        case setBaudRate = 0x03
        case setData = 0x04
        case pollModemStatus = 0x05
        case setEventCharacter = 0x06
        case setLatencyTimer = 0x09
        case setBitMode = 0x0B
        case readEEPROM = 0x90
    }

    var code: Code
    var value: UInt16
    /// The interface in the low byte, counted from 1, where the chip has several.
    var index: UInt16
    /// Bytes that it is answered with: 0…2.
    var answerLength: Int

    static let longestAnswer = 2

    init(_ code: Code, value: UInt16 = 0, index: UInt16 = 0, answerLength: Int = 0) {
        self.code = code
        self.value = value
        self.index = index
        self.answerLength = answerLength
    }

    /// `bmRequestType`: vendor, to the device; to the host where it is answered.
    var requestType: UInt8 { answerLength > 0 ? 0xC0 : 0x40 }

    /// Resets the port.
    static func reset(_ index: UInt16) -> FTDIRequest { FTDIRequest(.reset, value: 0, index: index) }
    /// Throws away what the chip has from the host and has not dealt with.
    static func discardFromHost(_ index: UInt16) -> FTDIRequest { FTDIRequest(.reset, value: 1, index: index) }
    /// Throws away what the chip has for the host.
    static func discardToHost(_ index: UInt16) -> FTDIRequest { FTDIRequest(.reset, value: 2, index: index) }

    /// - Parameter milliseconds: 1…255.
    static func setLatency(_ milliseconds: UInt8, _ index: UInt16) -> FTDIRequest {
        FTDIRequest(.setLatencyTimer, value: UInt16(milliseconds), index: index)
    }

    enum BitMode: UInt16, Sendable {
        case uart = 0x0000
        case mpsse = 0x0200
    }

    static func setBitMode(_ mode: BitMode, _ index: UInt16) -> FTDIRequest {
        FTDIRequest(.setBitMode, value: mode.rawValue, index: index)
    }
}

extension FTDIRequest {
    /// What it was answered with, which stands in `memory`, or why it was not.
    func answer(_ end: USBEnd, _ memory: UnsafeRawPointer, of name: String) throws(PeripheralError) -> [UInt8] {
        switch end.status {
        case .completed:
            return Array(UnsafeRawBufferPointer(start: memory, count: min(end.count, answerLength)))
        case .stalled: throw USBError.stall(of: "\(name): request \(code)")
        case .failed: throw .system(call: "\(name): request \(code)", errno: USBError.failed)
        case .lost: throw .deviceLost(name)
        case .cancelled: throw .timedOut
        }
    }
}

extension SerialSettings {
    /// The request that sets the format of characters.
    func dataRequest(isBreaking: Bool, index: UInt16) -> FTDIRequest {
        let parity: UInt16 =
            switch parity {
            case .none: 0
            case .odd: 1
            case .even: 2
            case .mark: 3
            case .space: 4
            }
        let stop: UInt16 = stopBits == 2 ? 2 : 0
        let value = UInt16(dataBits) | parity << 8 | stop << 11 | (isBreaking ? 1 << 14 : 0)
        return FTDIRequest(.setData, value: value, index: index)
    }

    /// The request that sets flow control, with XON and XOFF in its value.
    func flowRequest(index: UInt16) -> FTDIRequest {
        switch flow {
        case .none: FTDIRequest(.setFlowControl, index: index)
        case .hard: FTDIRequest(.setFlowControl, index: 0x0100 | index)
        case .soft: FTDIRequest(.setFlowControl, value: 0x1311, index: 0x0400 | index)
        }
    }
}
