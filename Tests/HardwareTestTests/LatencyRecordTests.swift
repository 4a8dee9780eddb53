import HardwareTest
import Testing

@Suite("Latency record")
struct LatencyRecordTests {
    @Test("gives percentiles to three digits")
    func percentiles() throws {
        var record = LatencyRecord()
        #expect(record.summary == nil)
        for microseconds in 1...1000 { record.record(nanoseconds: UInt64(microseconds) * 1000) }
        let summary = try #require(record.summary)
        #expect(summary.count == 1000)
        #expect(abs(Double(summary.p50) - 500_000) < 1000)
        #expect(abs(Double(summary.p99) - 990_000) < 1500)
        #expect(abs(Double(summary.max) - 1_000_000) < 1500)
    }
}
