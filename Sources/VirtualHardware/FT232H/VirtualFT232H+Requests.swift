import RTOS

/// The vendor requests of FTDI's chips, as libftdi and the kernel's `ftdi_sio` send them.
private enum FTDIRequest {
    static let reset: UInt8 = 0x00
    static let setModemControl: UInt8 = 0x01
    static let setFlowControl: UInt8 = 0x02
    static let setBaudRate: UInt8 = 0x03
    static let setData: UInt8 = 0x04
    static let pollModemStatus: UInt8 = 0x05
    static let setEventCharacter: UInt8 = 0x06
    static let setErrorCharacter: UInt8 = 0x07
    static let setLatencyTimer: UInt8 = 0x09
    static let getLatencyTimer: UInt8 = 0x0A
    static let setBitMode: UInt8 = 0x0B
    static let readPins: UInt8 = 0x0C
    static let readEEPROM: UInt8 = 0x90
    static let writeEEPROM: UInt8 = 0x91
    static let eraseEEPROM: UInt8 = 0x92
}

extension VirtualFT232H {
    public mutating func control(
        _ setup: USBSetup, data: UnsafeRawBufferPointer, at now: MonotonicTime
    ) -> USBControlAnswer {
        advance(to: now)
        switch setup.kind {
        case .standard: return standard(setup)
        case .vendor: return setup.isIn ? vendorIn(setup, at: now) : vendorOut(setup, at: now)
        default: return .stall
        }
    }

    // MARK: Standard requests

    private mutating func standard(_ setup: USBSetup) -> USBControlAnswer {
        switch (setup.request, setup.isIn) {
        case (USBRequest.getDescriptor, true):
            return descriptors.descriptor(setup.value).map { .data($0) } ?? .stall
        case (USBRequest.getConfiguration, true): return .data([configuration])
        case (USBRequest.getInterface, true): return .data([0])
        case (USBRequest.getStatus, true):
            let isHalted = setup.requestType & 0x1F == 2 && haltedEndpoints.contains(UInt8(setup.index & 0xFF))
            return .data([isHalted ? 1 : 0, 0])
        case (USBRequest.setConfiguration, false):
            guard setup.value <= 1 else { return .stall }
            configuration = UInt8(setup.value)
            haltedEndpoints = []
        case (USBRequest.setInterface, false):
            guard setup.value == 0, setup.index == 0 else { return .stall }
            haltedEndpoints = []
        case (USBRequest.clearFeature, false): haltedEndpoints.remove(UInt8(setup.index & 0xFF))
        case (USBRequest.setFeature, false):
            let endpoint = UInt8(setup.index & 0xFF)
            if setup.requestType & 0x1F == 2, bulkEndpoints.contains(endpoint) { haltedEndpoints.insert(endpoint) }
        case (USBRequest.setAddress, false): break
        default: return .stall
        }
        return .data([])
    }

    // MARK: Vendor requests

    private func vendorIn(_ setup: USBSetup, at now: MonotonicTime) -> USBControlAnswer {
        switch setup.request {
        case FTDIRequest.pollModemStatus: return .data([modemStatus, lineStatus])
        case FTDIRequest.getLatencyTimer: return .data([latency])
        case FTDIRequest.readPins: return .data([mpsse.wiring.levels.lowByte])
        case FTDIRequest.readEEPROM:
            let word = eeprom.word(Int(setup.index))
            return .data([UInt8(truncatingIfNeeded: word), UInt8(word >> 8)])
        default: return .stall
        }
    }

    private mutating func vendorOut(_ setup: USBSetup, at now: MonotonicTime) -> USBControlAnswer {
        let (low, high) = (UInt8(truncatingIfNeeded: setup.value), UInt8(setup.value >> 8))
        switch setup.request {
        case FTDIRequest.reset: return reset(setup.value, at: now)
        case FTDIRequest.setModemControl:
            // The high byte says which of the two are meant.
            uart.setModemLines(
                dtr: high & 1 != 0 ? low & 1 != 0 : nil, rts: high & 2 != 0 ? low & 2 != 0 : nil, at: now)
        case FTDIRequest.setFlowControl:
            guard let flow = FlowControl(rawValue: UInt8(setup.index >> 8)) else { return .stall }
            uart.setFlowControl(flow, xon: low, xoff: high, at: now)
        case FTDIRequest.setBaudRate:
            uart.setDivisor(BaudDivisor(value: setup.value, index: setup.index), at: now)
        case FTDIRequest.setData:
            guard let format = LineFormat(request: setup.value) else { return .stall }
            uart.setFormat(format, isBreaking: setup.value & 0x4000 != 0, at: now)
        case FTDIRequest.setEventCharacter: uart.eventCharacter = high & 1 != 0 ? low : nil
        case FTDIRequest.setErrorCharacter: uart.errorCharacter = high & 1 != 0 ? low : nil
        case FTDIRequest.setLatencyTimer:
            guard low > 0 else { return .stall }
            latency = low
        case FTDIRequest.setBitMode:
            // The low byte is the direction of pins in the modes that this chip refuses.
            switch high {
            case 0x00: setMode(.uart, at: now)
            case 0x02: setMode(.mpsse, at: now)
            default: return .stall
            }
        case FTDIRequest.writeEEPROM: eeprom.setWord(Int(setup.index), setup.value)
        case FTDIRequest.eraseEEPROM: eeprom = .blank
        default: return .stall
        }
        return .data([])
    }

    /// 0 resets the port, 1 empties the FIFO of what the host has sent, 2 that of what is for it: the meaning that
    /// libftdi 1.5 settled on.
    private mutating func reset(_ value: UInt16, at now: MonotonicTime) -> USBControlAnswer {
        switch value {
        case 0:
            discardFromHost(at: now)
            discardToHost(at: now)
            uart.setFlowControl(.none, xon: 0x11, xoff: 0x13, at: now)
            uart.setModemLines(dtr: false, rts: false, at: now)
        case 1: discardFromHost(at: now)
        case 2: discardToHost(at: now)
        default: return .stall
        }
        return .data([])
    }
}
