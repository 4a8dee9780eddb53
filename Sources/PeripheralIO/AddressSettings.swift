import VirtualHardware

/// The settings that can follow a device's name, each read in one place.

extension SerialSettings {
    mutating func apply(_ key: String, _ value: String, of name: String) throws(PeripheralError) -> Bool {
        switch key {
        case "baud": baudRate = try frequency(value, key, of: name)
        case "databits": dataBits = try choice(value, key, of: name, ["5": 5, "6": 6, "7": 7, "8": 8])
        case "stopbits": stopBits = try choice(value, key, of: name, ["1": 1, "2": 2])
        case "parity": parity = try choice(value, key, of: name, Parity.self)
        case "flow": flow = try choice(value, key, of: name, Flow.self)
        default: return false
        }
        return true
    }
}

extension SerialSettings {
    static let ttySettingNames = "lowlatency, rs485, rs485before, rs485after, rs485echo"

    /// What a Linux tty has beside a line.
    mutating func applyToTTY(_ key: String, _ value: String, of name: String) throws(PeripheralError) -> Bool {
        func milliseconds() throws(PeripheralError) -> UInt32 {
            guard let time = UInt32(value), time <= 1000 else {
                throw .badAddress(name, reason: "\(key)=\(value) is not 0 to 1000 milliseconds")
            }
            return time
        }
        var line = rs485 ?? RS485()
        switch key {
        case "lowlatency":
            guard value.isEmpty else { throw .badAddress(name, reason: "lowlatency takes no value") }
            isLowLatency = true
            return true
        case "rs485": line.rtsIsHighOnSend = try choice(value, key, of: name, ["": true, "high": true, "low": false])
        case "rs485before": line.before = try milliseconds()
        case "rs485after": line.after = try milliseconds()
        case "rs485echo":
            guard value.isEmpty else { throw .badAddress(name, reason: "rs485echo takes no value") }
            line.hearsItself = true
        default: return false
        }
        rs485 = line
        return true
    }
}

extension SPISettings {
    mutating func apply(_ key: String, _ value: String, of name: String) throws(PeripheralError) -> Bool {
        switch key {
        case "speed": speed = try frequency(value, key, of: name)
        case "mode": mode = try choice(value, key, of: name, ["0": 0, "1": 1, "2": 2, "3": 3])
        default: return false
        }
        return true
    }
}

extension SPISettings {
    static let busSettingNames = "order, cs, cspol, cssetup, cshold, cpha, dummy, internal"

    /// Settings of a controller that shares its bus among several chip selects.
    mutating func applyToBus(_ key: String, _ value: String, of name: String) throws(PeripheralError) -> Bool {
        switch key {
        case "order": leastSignificantFirst = try choice(value, key, of: name, ["msb": false, "lsb": true])
        case "cs":
            chipSelect = try choice(value, key, of: name, ["0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "none": nil])
        case "cspol": chipSelectIsHigh = try choice(value, key, of: name, ["low": false, "high": true])
        case "cssetup": setupTime = try nanoseconds(value, key, of: name)
        case "cshold": holdTime = try nanoseconds(value, key, of: name)
        case "cpha": trailingEdge = try choice(value, key, of: name, SPITrailingEdge.self)
        case "dummy":
            let digits = value.hasPrefix("0x") ? value.dropFirst(2) : value[...]
            guard let byte = UInt8(digits, radix: value.hasPrefix("0x") ? 16 : 10) else {
                throw .badAddress(name, reason: "\(key)=\(value) is no byte; write 0 to 255, or 0xFF")
            }
            dummyByte = byte
        case "internal":
            guard value.isEmpty else { throw .badAddress(name, reason: "internal takes no value") }
            isInternal = true
        default: return false
        }
        return true
    }
}

extension SPISettings {
    static let nodeSettingNames =
        "order, bits, cs, cspol, cssetup, cshold, worddelay, wires, ready, tx, rx, dummy, internal, chunk"

    /// Settings of a spidev node.
    mutating func applyToNode(_ key: String, _ value: String, of name: String) throws(PeripheralError) -> Bool {
        switch key {
        case "bits":
            guard let bits = Int(value), (1...32).contains(bits) else {
                throw .badAddress(name, reason: "bits=\(value) is not 1 to 32")
            }
            bitsPerWord = bits
        case "cs": chipSelect = try choice(value, key, of: name, ["none": nil])
        case "worddelay":
            guard let time = UInt8(value) else {
                throw .badAddress(name, reason: "worddelay=\(value) is not 0 to 255 microseconds")
            }
            wordDelay = time
        case "wires": isThreeWire = try choice(value, key, of: name, ["3": true, "4": false])
        case "ready":
            guard value.isEmpty else { throw .badAddress(name, reason: "ready takes no value") }
            waitsForReady = true
        case "tx": sendLanes = try choice(value, key, of: name, ["1": 1, "2": 2, "4": 4])
        case "rx": receiveLanes = try choice(value, key, of: name, ["1": 1, "2": 2, "4": 4])
        case "chunk": chunk = try count(value, key, of: name)
        case "cpha": return false
        default: return try applyToBus(key, value, of: name)
        }
        return true
    }
}

private func nanoseconds(_ value: String, _ key: String, of name: String) throws(PeripheralError) -> UInt32 {
    guard let number = UInt32(value), number <= SPISelect.longestTime else {
        throw .badAddress(name, reason: "\(key)=\(value) is not 0 to \(SPISelect.longestTime) nanoseconds")
    }
    return number
}

extension FaultPlan {
    static let usbSettingNames = "reply, packet, halt, nak, detach"

    /// What can go wrong on USB.
    mutating func applyToUSB(_ key: String, _ value: String, of name: String) throws(PeripheralError) -> Bool {
        switch key {
        case "reply": wrongReply = try probability(value, key, of: name)
        case "packet": shortPacket = Int(try count(value, key, of: name))
        case "halt": haltEndpointAfter = UInt64(try count(value, key, of: name))
        case "nak": nakAfter = UInt64(try count(value, key, of: name))
        case "detach": detachAfter = UInt64(try count(value, key, of: name))
        default: return false
        }
        return true
    }

    static let settingNames = "flip, lose, repeat, short, stall, unplug, seed"

    mutating func apply(_ key: String, _ value: String, of name: String) throws(PeripheralError) -> Bool {
        switch key {
        case "flip": flip = try probability(value, key, of: name)
        case "lose": lose = try probability(value, key, of: name)
        case "repeat": self.repeat = try probability(value, key, of: name)
        case "short": shortWrite = Int(try count(value, key, of: name))
        case "stall": stallAfter = UInt64(try count(value, key, of: name))
        case "unplug": unplugAfter = UInt64(try count(value, key, of: name))
        case "seed": seed = UInt64(try count(value, key, of: name))
        default: return false
        }
        return true
    }
}

private func frequency(_ value: String, _ key: String, of name: String) throws(PeripheralError) -> UInt32 {
    guard let number = UInt32(exactly: Quantity.parse(value) ?? 0), number > 0 else {
        throw .badAddress(name, reason: "\(key)=\(value) is no rate; write 115200, 10M or 1.5M")
    }
    return number
}

private func count(_ value: String, _ key: String, of name: String) throws(PeripheralError) -> Int {
    guard let number = Int(exactly: Quantity.parse(value) ?? -1), number > 0 else {
        throw .badAddress(name, reason: "\(key)=\(value) is no positive whole number")
    }
    return number
}

private func probability(_ value: String, _ key: String, of name: String) throws(PeripheralError) -> Double {
    guard let number = Double(value), (0...1).contains(number) else {
        throw .badAddress(name, reason: "\(key)=\(value) is no probability; write a number from 0 to 1, such as 1e-6")
    }
    return number
}

private func choice<Value>(
    _ value: String, _ key: String, of name: String, _ choices: [String: Value]
) throws(PeripheralError) -> Value {
    guard let chosen = choices[value] else {
        throw .badAddress(name, reason: "\(key)=\(value) is not \(choices.keys.sorted().joined(separator: ", "))")
    }
    return chosen
}

private func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ value: String, _ key: String, of name: String, _ type: Value.Type
) throws(PeripheralError) -> Value {
    guard let chosen = Value(rawValue: value) else {
        let all = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw .badAddress(name, reason: "\(key)=\(value) is not one of \(all)")
    }
    return chosen
}
