import SystemPackage

/// A trace as JSON lines: the first is the header, each other one an event.
///
///     {"trace":1,"bus":"spi","device":"virtual://flash","mode":0,"speed":30000000,…}
///     {"at":5120,"for":1066,"sent":"9f","reading":3,"received":"ef4015"}
///
/// Bytes are in hex, times in nanoseconds. It is written by hand, since a JSON encoder takes longer than the wire.
enum TraceLines {
    static let version = 1

    // MARK: Writing

    static func line(_ header: TraceHeader) -> [UInt8] {
        var text = "{\"trace\":\(version),\"device\":\(quoted(header.device)),\"speed\":\(header.speed)"
        switch header.line {
        case .spi(let spi):
            text += ",\"bus\":\"spi\",\"mode\":\(spi.mode),\"order\":\"\(spi.leastSignificantFirst ? "lsb" : "msb")\""
            text += ",\"cspol\":\"\(spi.chipSelectIsHigh ? "high" : "low")\",\"dummy\":\(spi.dummyByte)"
        case .uart(let serial):
            text += ",\"bus\":\"uart\",\"databits\":\(serial.dataBits),\"parity\":\"\(serial.parity.rawValue)\""
            text += ",\"stopbits\":\(serial.stopBits)"
        }
        return Array((text + ",\"startedAt\":\(quoted(header.startedAt))}\n").utf8)
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.map { character in
            character == "\"" || character == "\\" ? "\\\(character)" : character < " " ? " " : "\(character)"
        }
        return "\"\(escaped.joined())\""
    }

    static func append(_ event: TraceEvent, to text: inout [UInt8]) {
        append("{\"at\":", event.time, to: &text)
        if event.duration > 0 { append(",\"for\":", event.duration, to: &text) }
        switch event.what {
        case .transfer(let sent, let reading, let received):
            if !sent.isEmpty { append(",\"sent\":\"", sent, to: &text) }
            if reading > 0 { append(",\"reading\":", UInt64(reading), to: &text) }
            if !received.isEmpty { append(",\"received\":\"", received, to: &text) }
        case .sent(let bytes): append(",\"sent\":\"", bytes, to: &text)
        case .received(let bytes): append(",\"received\":\"", bytes, to: &text)
        case .speed(let speed): append(",\"speed\":", UInt64(speed), to: &text)
        case .hold(let holds): text += Array(",\"hold\":\(holds)".utf8)
        }
        text += Array("}\n".utf8)
    }

    private static func append(_ key: StaticString, _ number: UInt64, to text: inout [UInt8]) {
        key.withUTF8Buffer { text += $0 }
        text += "\(number)".utf8
    }

    private static func append(_ key: StaticString, _ bytes: [UInt8], to text: inout [UInt8]) {
        key.withUTF8Buffer { text += $0 }
        text += [UInt8](unsafeUninitializedCapacity: 2 * bytes.count + 1) { hex, count in
            for (place, byte) in bytes.enumerated() {
                hex[2 * place] = digit(byte >> 4)
                hex[2 * place + 1] = digit(byte & 15)
            }
            hex[2 * bytes.count] = UInt8(ascii: "\"")
            count = 2 * bytes.count + 1
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value &+ (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }

    // MARK: Reading

    /// The most that a reading of a trace can be of: 256 MiB, as on the command line.
    private static let longestReading = 1 << 28

    /// - Throws: `badAddress` with the name and the line that cannot be read.
    static func parse(_ text: [UInt8], name: String) throws(PeripheralError) -> Trace {
        var trace: Trace?
        var number = 0
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            if line.isEmpty { continue }
            guard var known = trace else {
                guard let header = try? header(JSONLine(line)) else {
                    throw .badAddress(name, reason: "no trace: its first line is none of hil's, version \(version)")
                }
                trace = Trace(header: header)
                continue
            }
            let isSPI = if case .spi = known.header.line { true } else { false }
            guard let event = try? event(JSONLine(line), isSPI: isSPI) else {
                throw .badAddress(name, reason: "line \(number) is no event of a trace")
            }
            trace = nil
            known.events.append(event)
            trace = known
        }
        guard var trace else { throw .badAddress(name, reason: "no trace: it is empty") }
        // What waits behind other bytes for its line was told when it was given, and what came in meanwhile later.
        trace.events.sort { $0.time < $1.time }
        return trace
    }

    private static func header(_ line: JSONLine) throws(JSONLine.Malformed) -> TraceHeader? {
        guard try line.number("trace") == version, let device = try line.string("device"),
            let speed: UInt32 = try line.number("speed"), speed > 0, let startedAt = try line.string("startedAt")
        else { return nil }
        let kind: TraceHeader.Line
        switch try line.string("bus") {
        case "spi":
            var spi = SPISettings()
            guard let mode: Int = try line.number("mode"), (0...3).contains(mode) else { return nil }
            spi.mode = mode
            spi.leastSignificantFirst = try line.string("order") == "lsb"
            spi.chipSelectIsHigh = try line.string("cspol") == "high"
            spi.dummyByte = try line.number("dummy") ?? spi.dummyByte
            kind = .spi(spi)
        case "uart":
            var serial = SerialSettings()
            guard let bits: Int = try line.number("databits"), (5...8).contains(bits),
                let stops: Int = try line.number("stopbits"), (1...2).contains(stops),
                let parity = try line.string("parity").flatMap(SerialSettings.Parity.init)
            else { return nil }
            (serial.dataBits, serial.stopBits, serial.parity) = (bits, stops, parity)
            serial.baudRate = speed
            kind = .uart(serial)
        default: return nil
        }
        return TraceHeader(device: device, line: kind, speed: speed, startedAt: startedAt)
    }

    private static func event(_ line: JSONLine, isSPI: Bool) throws(JSONLine.Malformed) -> TraceEvent? {
        guard let time: UInt64 = try line.number("at") else { return nil }
        let duration: UInt64 = try line.number("for") ?? 0
        func made(_ what: TraceEvent.What) -> TraceEvent { TraceEvent(time: time, duration: duration, what) }
        if let speed: UInt32 = try line.number("speed") { return speed > 0 ? made(.speed(speed)) : nil }
        if let hold = try line.truth("hold") { return made(.hold(hold)) }
        guard let sent = bytes(try line.text("sent") ?? []), let received = bytes(try line.text("received") ?? [])
        else {
            return nil
        }
        let reading: Int = try line.number("reading") ?? 0
        guard isSPI else {
            guard sent.isEmpty != received.isEmpty, reading == 0 else { return nil }
            return made(sent.isEmpty ? .received(received) : .sent(sent))
        }
        guard (0...longestReading).contains(reading), sent.count + reading > 0,
            received.isEmpty || received.count == (reading > 0 ? reading : sent.count)
        else { return nil }
        return made(.transfer(sent: sent, reading: reading, received: received))
    }

    private static func bytes(_ hex: [UInt8]) -> [UInt8]? {
        let digits = hex.map { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count % 2 == 0, digits.allSatisfy({ $0 != nil }) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0]! << 4 | digits[$0 + 1]! }
    }
}

extension Trace {
    /// Reads a trace that `TraceRecorder` has written.
    ///
    /// - Throws: `badAddress` if there is no such file, or if it is no trace.
    public init(file path: String) throws(PeripheralError) {
        let text: [UInt8]
        do {
            text = try Self.contents(of: path)
        } catch {
            let number = (error as? Errno)?.rawValue ?? Errno.ioError.rawValue
            throw .badAddress(path, reason: "no trace can be read there: \(systemMessage(number))")
        }
        self = try TraceLines.parse(text, name: path)
    }

    private static func contents(of path: String) throws -> [UInt8] {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var text: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
                if count == 0 { return text }
                text += chunk[..<count]
            }
        }
    }
}
