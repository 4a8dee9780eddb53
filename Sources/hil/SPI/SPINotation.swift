import PeripheralIO

/// How transactions are written, on the command line and in a script:
///
///     9f r3 / 05 r1           two transactions: send 9f, read three bytes; send 05, read one
///     0x03 000000 r16         bytes one by one or together, with or without 0x
///     05 r1 x10               ten times
///     06 / wait:10ms / 05 r1  a delay; between bytes, chip select stays asserted
///     02 000000 @page.bin     the bytes of a file; - is standard input
struct SPINotation {
    /// The most that one word can ask for.
    static let longest = 1 << 28

    /// Reads a whole file; "-" is standard input.
    var readFile: (String) throws -> [UInt8]

    func transactions(_ words: some Sequence<some StringProtocol>) throws -> [SPITransaction] {
        var (done, current) = ([SPITransaction](), SPITransaction())
        func finish() throws {
            guard !current.parts.isEmpty else {
                if current.count > 1 { throw UsageError(message: "x\(current.count): there is nothing to repeat") }
                return
            }
            done.append(current)
            current = SPITransaction()
        }
        for word in words {
            if word == "/" { try finish() } else { try add(String(word), to: &current) }
        }
        try finish()
        return done
    }

    /// A script: a line holds one or several transactions, # begins a comment.
    func transactions(script: String) throws -> [SPITransaction] {
        try script.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().flatMap {
            number, line in
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            do {
                return try transactions(words)
            } catch let error as UsageError {
                throw UsageError(message: "line \(number + 1): \(error.message)")
            }
        }
    }

    private func add(_ word: String, to transaction: inout SPITransaction) throws {
        guard transaction.count == 1 else {
            throw UsageError(message: "“\(word)” behind x\(transaction.count): put / between two transactions")
        }
        if word == "-" { return transaction.send(try readFile(word)) }
        switch word.first {
        case "@": transaction.send(try readFile(String(word.dropFirst())))
        case "r": transaction.parts.append(.receive(try Self.count(behind: "r", word)))
        case "x": transaction.count = try Self.count(behind: "x", word)
        case "w":
            guard word.hasPrefix("wait:"), let wait = Self.nanoseconds(String(word.dropFirst(5)), unit: nil) else {
                throw UsageError(message: "“\(word)” is no delay; write wait:10us, wait:5ms or wait:1s")
            }
            transaction.parts.append(.wait(wait))
        default: transaction.send(try Self.bytes(word))
        }
    }

    /// `r3`, `r:3`, `r4k`.
    private static func count(behind letter: String, _ word: String) throws -> Int {
        let rest = word.dropFirst(word.dropFirst().first == ":" ? 2 : 1)
        guard let count = Quantity.parse(String(rest)).flatMap({ Int(exactly: $0) }), (1...longest).contains(count)
        else { throw UsageError(message: "“\(word)” is no number; write \(letter)3, up to 256Mi") }
        return count
    }

    /// Bytes in hex, with or without 0x: one digit is a byte, more come in pairs.
    static func bytes(_ word: String) throws -> [UInt8] {
        let hasPrefix = word.hasPrefix("0x") || word.hasPrefix("0X")
        let digits = Array(hasPrefix ? word.dropFirst(2) : word[...])
        let values = digits.compactMap { $0.isASCII ? $0.hexDigitValue : nil }
        guard !values.isEmpty, values.count == digits.count else {
            throw UsageError(
                message: "“\(word)” is no byte in hex; write 9f or 0x9f, r3 to read, / for the next transaction")
        }
        if values.count == 1 { return [UInt8(values[0])] }
        guard values.count % 2 == 0 else {
            throw UsageError(message: "“\(word)” has an odd number of digits; write two for each byte")
        }
        return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }

    /// A time as people write it, `10us`, `5ms`, `1s`, in nanoseconds.
    ///
    /// - Parameter unit: nanoseconds in a number that stands alone; nil refuses it.
    static func nanoseconds(_ text: String, unit: Double?) -> UInt64? {
        let units = [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)]
        let suffix = units.first { text.hasSuffix($0.0) }
        guard let factor = suffix?.1 ?? unit else { return nil }
        guard let number = Double(text.dropLast(suffix?.0.count ?? 0)), number >= 0, number * factor < 1e15 else {
            return nil
        }
        return UInt64(number * factor)
    }

    /// spidev_test's way: text in which `\x9f` is a byte.
    static func escaped(_ text: String) throws -> [UInt8] {
        var (bytes, rest) = ([UInt8](), text.utf8[...])
        while let first = rest.popFirst() {
            guard first == UInt8(ascii: "\\") else {
                bytes.append(first)
                continue
            }
            let digits = rest.dropFirst().prefix(2)
            guard rest.first == UInt8(ascii: "x"), digits.count == 2,
                let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw UsageError(message: "“\(text)”: behind a \\ comes x and two digits, as in \\x9f") }
            bytes.append(byte)
            rest = rest.dropFirst(3)
        }
        return bytes
    }
}
