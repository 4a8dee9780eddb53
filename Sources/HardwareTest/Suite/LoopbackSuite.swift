import Foundation
import PeripheralIO
import RTOS

/// Runs a loopback test at each point of a sweep, once or for a given time, and goes on after errors.
///
/// Each point opens the device anew with its own settings, so that a device that was lost and has come back is used again,
/// whatever name it has then.
public struct LoopbackSuite: Sendable {
    public var address: DeviceAddress
    public var points: [LoopbackPoint]
    /// Bytes to send at each point; nil for as many as take `secondsPerPoint` at the line's rate. One that is slower than
    /// its line is cut short after that time.
    public var count: Int?
    public var secondsPerPoint = 1.0
    public var timeout = Timeout.milliseconds(5000)
    /// Goes through the points again and again for so many seconds; nil for once.
    public var soak: Double?
    /// When the device is lost, waits until it is back, and does the point again at which it was lost. The loss counts as a
    /// failure all the same.
    public var reconnects = false
    /// Asked now and then, from threads of the test; once true, it ends with what it has.
    public var shouldStop: (@Sendable () -> Bool)?
    /// Called now and then, from threads of the test.
    public var onProgress: (@Sendable (Progress) -> Void)?

    public struct Progress: Sendable {
        public var point: Int
        public var points: Int
        /// Of the present point.
        public var bytes: Int
        public var total: Int
        /// Of all points.
        public var errors: Int
        public var failures: Int
        public var seconds: Double
    }

    public init(address: DeviceAddress, points: [LoopbackPoint]) {
        self.address = address
        self.points = points
    }

    /// Blocks until all is done. Errors of the device are noted at their points.
    public func run() -> LoopbackReport {
        var run = Run(suite: self)
        run.go()
        return run.report
    }

    private struct Run {
        let suite: LoopbackSuite
        let start = MonotonicTime.now
        var report: LoopbackReport
        private var measurements: [LoopbackMeasurement?]
        private var device: FollowedDevice

        init(suite: LoopbackSuite) {
            self.suite = suite
            device = FollowedDevice(suite.address)
            report = LoopbackReport(
                device: suite.address.name, startedAt: Date().formatted(.iso8601), seconds: 0, rounds: 0,
                interrupted: false,
                points: suite.points.map {
                    .init(
                        rate: $0.rate, mode: $0.mode, transferSize: $0.transferSize, pattern: $0.pattern.name)
                })
            measurements = Array(repeating: nil, count: suite.points.count)
        }

        private var elapsed: Double { Double(MonotonicTime.now.nanoseconds(since: start)) / 1e9 }
        private var isStopped: Bool { suite.shouldStop?() ?? false }
        private var isOver: Bool { suite.soak.map { elapsed >= $0 } ?? (report.rounds > 0) }

        mutating func go() {
            repeat {
                var hasBegun = report.rounds == 0
                for index in suite.points.indices where !isStopped && !(report.rounds > 0 && isOver) {
                    measure(index)
                    hasBegun = true
                }
                // The time may have been over just before its first point.
                if hasBegun { report.rounds += 1 }
            } while !isStopped && !isOver
            report.interrupted = isStopped
            for index in suite.points.indices { report.points[index].result = measurements[index]?.result }
            report.seconds = elapsed
        }

        private mutating func measure(_ index: Int) {
            while let failure = attempt(index) {
                guard case .deviceLost = failure, suite.reconnects else { return note(failure, at: index) }
                count(failure, at: index)
                guard device.awaitReturn(unless: { isStopped || isOver }), !isOver else { return }
            }
        }

        /// Opens the device and runs the test at a point, and answers what ended it early.
        private mutating func attempt(_ index: Int) -> PeripheralError? {
            do throws(PeripheralError) {
                let port = try device.open(as: suite.points[index])
                defer { port.close() }
                let measurement = try run(suite.points[index], index, on: port)
                report.timeline.note(
                    at: elapsed, bytes: measurement.result.bytesReceived, errors: measurement.damage.badBytes)
                measurements[index]?.add(measurement)
                if measurements[index] == nil { measurements[index] = measurement }
                return measurement.failure
            } catch {
                return error
            }
        }

        private mutating func count(_ failure: PeripheralError, at index: Int) {
            report.points[index].failureCount += 1
            report.points[index].failure = failure.description
            report.points[index].error = failure
            report.timeline.note(at: elapsed, bytes: 0, errors: 1)
            device.noteFailure()
        }

        private mutating func note(_ failure: PeripheralError, at index: Int) {
            count(failure, at: index)
            // A device that has gone may come back.
            if suite.soak != nil { pause() }
        }

        private func pause() {
            for _ in 0..<10 where !isStopped && !isOver { Thread.sleep(forTimeInterval: 0.1) }
        }

        private func run(
            _ point: LoopbackPoint, _ index: Int, on port: Peripheral
        ) throws(PeripheralError) -> LoopbackMeasurement {
            let total = suite.amount(for: port)
            var test = LoopbackTest(pattern: point.pattern, count: total, timeout: suite.timeout)
            test.transferSize = point.transferSize
            test.shouldStop = suite.shouldStop
            test.longest = longest
            let errors = measurements.reduce(0) { $0 + ($1?.damage.badBytes ?? 0) }
            let failures = report.points.reduce(0) { $0 + $1.failureCount }
            let (count, start, onProgress) = (suite.points.count, start, suite.onProgress)
            test.onProgress = { bytes, newErrors in
                onProgress?(
                    Progress(
                        point: index, points: count, bytes: bytes, total: total, errors: errors + newErrors,
                        failures: failures, seconds: Double(MonotonicTime.now.nanoseconds(since: start)) / 1e9))
            }
            return try test.measure(on: port)
        }

        /// Nanoseconds that a point may take.
        private var longest: UInt64? {
            var seconds = suite.count == nil ? suite.secondsPerPoint : .infinity
            if let soak = suite.soak { seconds = min(seconds, max(0.001, soak - elapsed)) }
            return seconds < 1e9 ? UInt64(seconds * 1e9) : nil
        }
    }

    /// Without a wire there is no rate to go by: what a kernel moves in about this time.
    func amount(for port: Peripheral) -> Int {
        if let count { return count }
        let perSecond = port.hasWire ? Double(port.speed) / Double(port.bitsPerByte) : 20e6
        return max(1, Int(perSecond * secondsPerPoint))
    }
}
