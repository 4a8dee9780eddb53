import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Marks of line errors, taken out of what the kernel gives")
struct LineErrorMarksTests {
    private struct Found: Equatable {
        var bytes: [UInt8] = []
        var damaged: [Int] = []
    }

    private func remove(from pieces: [[UInt8]]) -> Found {
        var marks = LineErrorMarks()
        var found = Found()
        for piece in pieces {
            var piece = piece
            let start = found.bytes.count
            let count = piece.withUnsafeMutableBytes { memory in
                marks.remove(from: memory) { found.damaged.append(start + $0) }
            }
            found.bytes += piece[..<count]
        }
        return found
    }

    @Test(
        "each mark means what termios(3) says",
        arguments: [
            ([], [], []),
            ([1, 2, 0, 3], [1, 2, 0, 3], []),
            ([0xFF, 0xFF], [0xFF], []),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0], [0xFF, 0xFF, 0], []),
            ([1, 0xFF, 0, 0x41, 2], [1, 0x41, 2], [1]),
            // A break.
            ([0xFF, 0, 0, 7], [0, 7], [0]),
            ([0xFF, 0, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF], [0]),
        ] as [([UInt8], [UInt8], [Int])])
    func meanings(marked: [UInt8], bytes: [UInt8], damaged: [Int]) {
        #expect(remove(from: [marked]) == Found(bytes: bytes, damaged: damaged))
    }

    @Test("whatever the line does to it, what was sent comes out, for every split", arguments: 0..<100 as Range<UInt64>)
    func splits(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var marked: [UInt8] = []
        var expected = Found()
        for _ in 0..<40 {
            let byte = ([0, 1, 0xFE, 0xFF] as [UInt8]).randomElement(using: &random)!
            if UInt8.random(in: 0..<4, using: &random) == 0 {
                expected.damaged.append(expected.bytes.count)
                marked += [0xFF, 0, byte]
            } else {
                marked += byte == 0xFF ? [0xFF, 0xFF] : [byte]
            }
            expected.bytes.append(byte)
        }
        #expect(remove(from: [marked]) == expected)
        #expect(remove(from: marked.map { [$0] }) == expected)
        for cut in 0...marked.count {
            #expect(remove(from: [Array(marked[..<cut]), Array(marked[cut...])]) == expected)
        }
    }

    @Test("the kernel doubles each FF while errors are marked, and a change of the rate leaves that as it is")
    func kernel() throws {
        let line = try #require(PtyPair())
        let driver = try SerialDriver(
            path: line.path, name: "pty", settings: SerialSettings(), calls: KernelCalls())
        defer { driver.close() }
        try driver.markLineErrors(true)
        _ = try driver.apply(.speed(9600))
        line.write([1, 0xFF, 2])
        #expect(try read(4, raw: true) == [1, 0xFF, 0xFF, 2])
        line.write([0xFF, 0xFF, 3])
        #expect(try read(3, raw: false) == [0xFF, 0xFF, 3])
        try driver.markLineErrors(false)
        line.write([0xFF, 4])
        #expect(try read(2, raw: false) == [0xFF, 4])

        func read(_ count: Int, raw: Bool) throws -> [UInt8] {
            var bytes: [UInt8] = []
            try eventually("\(count) bytes are there") {
                var piece = [UInt8](repeating: 0, count: count - bytes.count)
                let got = try piece.withUnsafeMutableBytes { memory in
                    raw ? try driver.receive(into: memory) : try driver.receive(into: memory) { _ in }
                }
                bytes += piece[..<got]
                return bytes.count == count
            }
            return bytes
        }
    }
}
