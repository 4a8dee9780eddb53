import Glibc
import RTOS
import Synchronization
import Testing
import VirtualHardware

/// The port's side of a pair, opened as a program would.
private final class RawPort {
    let descriptor: Int32

    init?(_ path: String) {
        descriptor = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var settings = termios()
        tcgetattr(descriptor, &settings)
        cfmakeraw(&settings)
        tcsetattr(descriptor, TCSANOW, &settings)
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) -> Int {
        Glibc.write(descriptor, bytes, bytes.count)
    }

    /// Fewer at the end of the line.
    func read(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let step = Glibc.read(descriptor, buffer.baseAddress! + done, count - done)
                guard step > 0 else { break }
                done += step
            }
        }
    }
}

@Suite("Pseudoterminal pair", .timeLimit(.minutes(30)))
struct PtyPairTests {
    @Test("What goes into the port comes out of the far end, and the other way round")
    func bothWays() throws {
        let pair = try #require(PtyPair())
        let port = try #require(RawPort(pair.path))
        #expect(port.write([1, 2, 0, 255, 10, 13, 3, 17, 19]) == 9)
        #expect(pair.read(9) == [1, 2, 0, 255, 10, 13, 3, 17, 19])
        #expect(pair.write([4, 3, 26, 127] as [UInt8]))
        #expect(port.read(4) == [4, 3, 26, 127])
    }

    @Test("More than the line holds goes through once the other side reads")
    func long() throws {
        let pair = try #require(PtyPair())
        let port = try #require(RawPort(pair.path))
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let sender = RTOSThread.startJoinable(name: "far end") { _ = pair.write(bytes) }
        #expect(port.read(bytes.count) == bytes)
        sender.join()
    }

    @Test("Reading ends when the port is closed, with what had come")
    func portClosed() throws {
        let pair = try #require(PtyPair())
        var port = RawPort(pair.path)
        #expect(port?.write([1, 2, 3]) == 3)
        port = nil
        #expect(pair.read(10) == [1, 2, 3])
        #expect(pair.read(0) == [])
    }

    @Test("Hanging up ends the port's reads, and twice is no harm")
    func hangUp() throws {
        let pair = try #require(PtyPair())
        let port = try #require(RawPort(pair.path))
        pair.hangUp()
        pair.hangUp()
        #expect(pair.farEnd == -1)
        #expect(port.read(1) == [])
        #expect(port.write([1]) == -1)
        #expect(!pair.write([1] as [UInt8]))
    }

    @Test("Pairs are separate, and give their terminals back")
    func separate() throws {
        let first = try #require(PtyPair())
        let second = try #require(PtyPair())
        #expect(first.path != second.path)
        // More than a machine has at once by default (4096): each is given back before the next.
        for _ in 0..<5000 { _ = try #require(PtyPair()) }
    }
}
