import ArgumentParser
import Foundation
import VirtualHardware

/// What is sent, and how often.
struct SPISourceOptions: ParsableArguments {
    @Option(
        name: [.customShort("p"), .customLong("data")],
        help: ArgumentHelp("Send this, \\x9f for a byte.", valueName: "text"))
    var data: String?

    @Option(
        name: [.customShort("i"), .customLong("input")],
        help: ArgumentHelp("Send this file; - for standard input.", valueName: "path"))
    var input: String?

    @Option(
        help: ArgumentHelp("Split the input into transactions of so many bytes.", valueName: "n"),
        transform: Amount.parse)
    var block: Amount?

    @Option(
        help: ArgumentHelp("Do the transactions in this file; - for standard input.", valueName: "path"))
    var script: String?

    @Option(
        name: [.customShort("S"), .customLong("size")],
        help: ArgumentHelp("Send so many random bytes, and tell the rate.", valueName: "n"), transform: Amount.parse)
    var size: Amount?

    @Option(
        name: [.customShort("I"), .customLong("repeat")],
        help: ArgumentHelp("Do all of it so many times.", valueName: "n"), transform: Amount.parse)
    var count: Amount?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Wait between transactions: microseconds, or 5ms, 1s.", valueName: "time"))
    var delay: String?

    func validate() throws {
        if let delay, SPINotation.nanoseconds(delay, unit: 1000) == nil {
            throw ValidationError("--delay must be a time, such as 10 (microseconds), 5ms or 1s.")
        }
        for amount in [block, size, count] {
            if let amount, amount.value < 1 { throw ValidationError("--block, --size and --repeat must be 1 or more.") }
        }
        if let size, size.value > SPINotation.longest { throw ValidationError("--size must be 1 to 256Mi.") }
        if block != nil, size != nil || data != nil || script != nil || count != nil {
            throw ValidationError("--block goes with --input or standard input, once.")
        }
        if [data, input, script, size.map { "\($0)" }].count(where: { $0 != nil }) > 1 {
            throw ValidationError("Give one of --data, --input, --script and --size.")
        }
    }

    /// Nanoseconds between two transactions.
    var pause: UInt64 { delay.flatMap { SPINotation.nanoseconds($0, unit: 1000) } ?? 0 }

    /// True if the bytes come from a file or standard input as they are.
    func isPiped(_ words: [String], reading: Int?) -> Bool {
        input != nil || words.contains("-") || isBare(words) && reading == nil
    }

    /// Nothing says what to send: what comes through the pipe is sent.
    private func isBare(_ words: some Collection<String>) -> Bool {
        words.isEmpty && data == nil && script == nil && size == nil && input == nil
    }

    /// What is to be done.
    ///
    /// - Parameter reading: bytes to read at the end.
    func transactions(_ words: [String], reading: Int?) throws -> SPISource {
        guard words.isEmpty || isBare([]) else {
            throw UsageError(message: "“\(words[0])”: bytes go without --data, --input, --script and --size")
        }
        let rounds = count?.value ?? 1
        if input != nil || isBare(words) && reading == nil {
            if input == nil, isatty(STDIN_FILENO) == 1 {
                throw UsageError(message: "nothing to send; write bytes, as in 9f --read 3, or pipe them in")
            }
            let descriptor = try StandardStreams.open(reading: input ?? "-")
            if let block { return SPISource(descriptor, block: block.value, reading: reading) }
            let bytes = try StandardStreams.read(descriptor, limit: SPINotation.longest + 1)
            guard !bytes.isEmpty else { throw UsageError(message: "nothing to send: the input is empty") }
            guard bytes.count <= SPINotation.longest else {
                throw UsageError(message: "the input is longer than 256 MiB; --block splits it into transactions")
            }
            return SPISource([SPITransaction(parts: [.send(bytes)])], reading: reading, rounds: rounds)
        }
        if block != nil { throw UsageError(message: "--block goes with --input or standard input") }
        return SPISource(try written(words), reading: reading, rounds: rounds)
    }

    private func written(_ words: [String]) throws -> [SPITransaction] {
        let notation = SPINotation { path in
            let descriptor = try StandardStreams.open(reading: path)
            defer { if path != "-" { close(descriptor) } }
            return try StandardStreams.read(descriptor, limit: SPINotation.longest)
        }
        if let data { return [SPITransaction(parts: [.send(try SPINotation.escaped(data))])] }
        if let size {
            var random = SeededGenerator(seed: 1)
            return [
                SPITransaction(parts: [
                    .send((0..<size.value).map { _ in UInt8.random(in: .min ... .max, using: &random) })
                ])
            ]
        }
        guard let script else { return try notation.transactions(words) }
        let text = try notation.readFile(script)
        return try notation.transactions(script: String(decoding: text, as: UTF8.self))
    }
}

/// Transactions in a row: a list, done several times over, or what comes out of a file block by block.
struct SPISource {
    private var list: [SPITransaction] = []
    private var place = 0
    private var rounds = 1
    private var stream: (descriptor: Int32, block: Int, reading: Int?)?

    /// True if nothing is asked for, so that all that comes in is of interest.
    let isDuplex: Bool

    init(_ list: [SPITransaction], reading: Int?, rounds: Int) {
        self.list = list
        self.rounds = rounds
        if let reading {
            if list.isEmpty { self.list = [SPITransaction()] }
            self.list[self.list.count - 1].parts.append(.receive(reading))
        }
        isDuplex = !self.list.contains { $0.receives }
    }

    init(_ descriptor: Int32, block: Int, reading: Int?) {
        stream = (descriptor, min(block, SPINotation.longest), reading)
        isDuplex = reading == nil
    }

    mutating func next() throws -> SPITransaction? {
        if let stream {
            let bytes = try StandardStreams.read(stream.descriptor, limit: stream.block)
            guard !bytes.isEmpty else { return nil }
            var transaction = SPITransaction(parts: [.send(bytes)])
            if let count = stream.reading { transaction.parts.append(.receive(count)) }
            return transaction
        }
        if place == list.count { (place, rounds) = (0, rounds - 1) }
        guard rounds > 0, place < list.count else { return nil }
        defer { place += 1 }
        return list[place]
    }
}
