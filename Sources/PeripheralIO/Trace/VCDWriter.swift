/// A value change dump (IEEE 1364, section 18): the levels of a few wires over time, as GTKWave and PulseView open it.
/// A plain value: it is told each level, in the order of time, and hands out text.
struct VCDWriter {
    private static let chunk = 1 << 20

    private let put: ([UInt8]) throws -> Void
    private var text: [UInt8] = []
    private var levels: [Bool]
    private var time: UInt64?

    /// - Parameters:
    ///   - wires: their names, and their levels at the beginning.
    ///   - put: takes the text, piece by piece.
    init(_ wires: [(name: String, level: Bool)], comment: String, put: @escaping ([UInt8]) throws -> Void) {
        self.put = put
        levels = wires.map(\.level)
        var header = "$comment \(comment.replacing("$", with: "")) $end\n$timescale 1 ns $end\n$scope module hil $end\n"
        for (number, wire) in wires.enumerated() {
            header += "$var wire 1 \(Self.letter(number)) \(wire.name) $end\n"
        }
        header += "$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n"
        for (number, wire) in wires.enumerated() { header += "\(wire.level ? 1 : 0)\(Self.letter(number))\n" }
        text = Array((header + "$end\n").utf8)
        time = 0
    }

    private static func letter(_ wire: Int) -> Character { Character(UnicodeScalar(UInt8(ascii: "!") + UInt8(wire))) }

    /// - Parameter instant: nanoseconds, no earlier than before.
    mutating func set(_ wire: Int, to level: Bool, at instant: UInt64) throws {
        guard levels[wire] != level else { return }
        levels[wire] = level
        tell(instant)
        text.append(level ? UInt8(ascii: "1") : UInt8(ascii: "0"))
        text.append(UInt8(ascii: "!") + UInt8(wire))
        text.append(UInt8(ascii: "\n"))
        if text.count > Self.chunk {
            try put(text)
            text.removeAll(keepingCapacity: true)
        }
    }

    private mutating func tell(_ instant: UInt64) {
        guard time != instant else { return }
        time = instant
        text.append(UInt8(ascii: "#"))
        text += "\(instant)".utf8
        text.append(UInt8(ascii: "\n"))
    }

    /// The last levels hold until then.
    mutating func finish(at instant: UInt64) throws {
        tell(instant)
        try put(text)
        text.removeAll()
    }
}
