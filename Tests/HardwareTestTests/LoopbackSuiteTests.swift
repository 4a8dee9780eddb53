import Foundation
import HardwareTest
import PeripheralIO
import RTOS
import Synchronization
import Testing
import VirtualHardware

@Suite("Loopback suite", .timeLimit(.minutes(30)))
struct LoopbackSuiteTests {
    private func suite(_ url: String, _ points: [LoopbackPoint], count: Int? = 5000) throws -> LoopbackSuite {
        var suite = LoopbackSuite(address: try DeviceAddress(url), points: points)
        suite.count = count
        suite.timeout = .milliseconds(2000)
        return suite
    }

    @Test("tests every combination, with the settings in force")
    func sweep() throws {
        let points = LoopbackPoint.sweep(
            rates: [1_000_000, 10_000_000], modes: [0, 3], transferSizes: [16, 256],
            patterns: [.counter, .prbs(.prbs15)])
        #expect(points.count == 16)
        let report = try suite("virtual://spi", points).run()
        #expect(report.isGood && report.rounds == 1 && report.points.count == 16)
        for point in report.points {
            let result = try #require(point.result)
            #expect(result.bitRate == point.rate)
            #expect(result.transferSize == point.transferSize)
            #expect(result.pattern == point.pattern)
            #expect(
                result.bytesSent == 5000
                    && result.roundTrip!.count == UInt64((5000 + result.transferSize - 1) / result.transferSize))
        }
        #expect(Set(report.points.map(\.label)).count == 16)
    }

    @Test("goes on after errors, and notes which point had them")
    func goesOn() throws {
        let points = LoopbackPoint.sweep(
            rates: [20_000_000, 1_000_000], modes: [], transferSizes: [], patterns: [.random(seed: 1)])
        let report = try suite("virtual://uart", points).run()
        #expect(report.points[0].failureCount == 1 && report.points[0].result == nil)
        #expect(report.points[0].failure!.contains("not supported"))
        #expect(report.points[1].isGood)
        #expect(!report.isGood)

        let lossy = try suite("virtual://uart?lose=1e-3&seed=4", points, count: 20_000).run()
        let damage = try #require(lossy.points[1].result).damage
        #expect(damage.lostBytes == 20_000 - lossy.points[1].result!.bytesReceived)
        #expect(damage.bitErrors == 0 && damage.garbledBytes == 0)
    }

    @Test(
        "counts what the virtual line did, kind by kind",
        arguments: ["virtual://spi", "virtual://uart?baud=12M"], [("flip", 1), ("lose", 2), ("repeat", 3)])
    func kinds(url: String, fault: (name: String, kind: Int)) throws {
        let separator = url.contains("?") ? "&" : "?"
        let report = try suite(
            "\(url)\(separator)\(fault.name)=1e-3&seed=6", [LoopbackPoint(pattern: .random(seed: 2))], count: 60_000
        ).run()
        let damage = try #require(report.points[0].result).damage
        let counts = [damage.bitErrors, damage.lostBytes, damage.repeatedBytes]
        // 60 are expected; faults that lie side by side can be taken for another.
        #expect((30...100).contains(counts[fault.kind - 1]), "\(counts)")
        #expect(damage.badBytes - counts[fault.kind - 1] <= 6, "\(damage)")
    }

    /// Runs it for so long, or longer where a slow machine gets no second round done in that time.
    private func run(_ soak: inout LoopbackSuite, seconds: Double) -> LoopbackReport {
        soak.soak = seconds
        let report = soak.run()
        return report.rounds > 1 || seconds > 60 ? report : run(&soak, seconds: 5 * seconds)
    }

    @Test("goes through its points again until the time is over, and adds up what it finds")
    func soak() throws {
        var soak = try suite("virtual://spi?flip=1e-3&seed=1", [LoopbackPoint(pattern: .counter)], count: 2000)
        let report = run(&soak, seconds: 0.3)
        #expect(report.rounds > 1 && !report.interrupted)
        let result = try #require(report.points[0].result)
        #expect(result.bytesSent > 2000)
        #expect(result.damage.eventCount >= report.rounds - 1)
        #expect(report.timeline.bytes.reduce(0, +) == result.bytesReceived)
        #expect(report.timeline.errors.reduce(0, +) == result.errors)
    }

    @Test(
        "goes on when the device is lost, and opens it again",
        arguments: ["virtual://spi?unplug=3000", "virtual://uart?unplug=3000&baud=1M"])
    func reopens(url: String) throws {
        var soak = try suite(url, [LoopbackPoint(transferSize: 500, pattern: .counter)])
        let report = run(&soak, seconds: 2.5)
        // The time may be over in the middle of the last round, before the device is lost in it.
        #expect(report.rounds > 1 && report.points[0].failureCount >= report.rounds - 1)
        #expect(report.points[0].error == .deviceLost(String(url.prefix { $0 != "?" })))
        // What came back before is kept, and what did not come any more is no error in the data.
        let result = try #require(report.points[0].result)
        #expect(result.bytesReceived > 0 && result.errors == 0)
        #expect(!report.isGood)
    }

    @Test("waits for a device that goes between two points", arguments: [true, false])
    func goneBetween(reconnects: Bool) throws {
        let line = try #require(EchoingLine())
        defer { line.end() }
        var suite = try suite(line.link, Array(repeating: LoopbackPoint(pattern: .counter), count: 3))
        suite.reconnects = reconnects
        suite.onProgress = { if $0.point == 0, $0.bytes > 0 { line.unplug() } }
        // It is asked before each point, and then by who waits.
        let questions = Mutex(0)
        suite.shouldStop = {
            guard line.isUnplugged, !line.isOpen else { return false }
            let isWaiting = questions.withLock { questions in
                questions += 1
                return questions > 1
            }
            if isWaiting, reconnects { line.plugIn() }
            return false
        }
        let report = suite.run()
        #expect(report.points.map(\.failureCount) == (reconnects ? [0, 1, 0] : [0, 1, 1]))
        #expect(report.points[1].error == .deviceLost(line.link))
        #expect(report.points.map { $0.result?.isGood } == (reconnects ? [true, true, true] : [true, nil, nil]))
    }

    @Test(
        "ends with what it has when it is told to", arguments: ["virtual://spi?speed=1M", "virtual://uart?baud=1M"],
        [nil, 1000, 200_000])
    func stops(url: String, transferSize: Int?) throws {
        let isOver = Mutex(false)
        var stopped = try suite(
            url,
            [LoopbackPoint(transferSize: transferSize, pattern: .counter), LoopbackPoint(pattern: .walkingOnes)],
            count: 100_000_000)
        stopped.onProgress = { if $0.bytes > 1000 { isOver.withLock { $0 = true } } }
        stopped.shouldStop = { isOver.withLock { $0 } }
        let report = stopped.run()
        #expect(report.interrupted)
        let result = try #require(report.points[0].result)
        #expect(result.interrupted && result.bytesReceived > 1000 && result.errors == 0)
        #expect(report.points[1].result == nil)
    }

    @Test("cuts a point short that is slower than its line")
    func limit() throws {
        var limited = try suite(
            "virtual://spi?speed=30M", [LoopbackPoint(transferSize: 1, pattern: .counter)], count: nil)
        limited.secondsPerPoint = 0.1
        let result = try #require(limited.run().points[0].result)
        #expect(result.bytesSent < 375_000 && result.isGood)
    }
}
