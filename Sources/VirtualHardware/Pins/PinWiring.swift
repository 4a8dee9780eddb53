import RTOS

/// The pins of a chip and what is wired to them: works out the level of each pin, and tells the devices of changes.
public struct PinWiring: Sendable {
    /// What is wired to the pins, in the order in which it is told of changes.
    private var devices: [any PinDevice]
    /// What the chip drives.
    private var chip = PinDrive.none
    /// What is clipped on from outside.
    public private(set) var external = PinDrive.none
    /// The level of each pin. One that nobody drives is pulled up (75 kΩ, FT232H datasheet, table 3.5).
    public private(set) var levels = PinSet.all

    public init(_ devices: [any PinDevice] = []) {
        self.devices = devices
        levels = resolved()
    }

    /// The first device of this type.
    public func device<Device: PinDevice>(_ type: Device.Type) -> Device? {
        for case let device as Device in devices { return device }
        return nil
    }

    /// Changes the first device of this type, which is at rest; false if there is none.
    @discardableResult
    public mutating func replaceDevice<Device: PinDevice>(with device: Device) -> Bool {
        guard let place = devices.firstIndex(where: { $0 is Device }) else { return false }
        devices[place] = device
        return true
    }

    /// The chip drives other pins or other levels from now on.
    mutating func drive(_ drive: PinDrive, at time: MonotonicTime) {
        chip = drive
        settle(at: time)
    }

    /// Something outside drives pins from now on; where chip or devices do so as well, they win.
    public mutating func clip(_ drive: PinDrive, at time: MonotonicTime) {
        external = drive
        settle(at: time)
    }

    /// Where two drive the same pin the chip wins over the devices, the first device over the next, and all of them
    /// over what is clipped on: the model knows no contention.
    private func resolved() -> PinSet {
        var levels = external.over(.all)
        for device in devices.reversed() { levels = device.drive.over(levels) }
        return chip.over(levels)
    }

    /// Devices that answer each other's changes for ever would be an oscillator.
    private static let mostRounds = 8

    private mutating func settle(at time: MonotonicTime) {
        for _ in 0..<Self.mostRounds {
            let (old, new) = (levels, resolved())
            guard new != old else { return }
            levels = new
            for place in devices.indices { devices[place].pinsChanged(from: old, to: new, at: time) }
        }
    }
}

// MARK: Whole bytes

extension PinWiring {
    /// The pins as whole bytes need them: nothing else on them than the one device that takes bytes.
    func takesBytes(_ shift: ByteShift) -> Bool {
        guard external.pins.isDisjoint(with: [.clock, .dataOut, .dataIn]) else { return false }
        return switch devices.count {
        case 0: true
        case 1: devices[0].takesBytes(shift)
        default: false
        }
    }

    /// Puts what comes in on DI in the place of what goes out on DO, and leaves DO at the level of the last bit.
    mutating func shiftBytes(_ bytes: UnsafeMutableRawBufferPointer, _ shift: ByteShift, lastLevel: Bool) {
        if devices.isEmpty {
            let level: UInt8 = levels.contains(.dataIn) ? 0xFF : 0
            _ = bytes.initializeMemory(as: UInt8.self, repeating: level)
        } else {
            devices[0].shiftBytes(bytes, shift)
        }
        chip.levels = chip.levels.setting(.dataOut, to: lastLevel)
        levels = resolved()
    }
}
