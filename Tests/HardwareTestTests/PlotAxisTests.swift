import Testing

@testable import HardwareTest

@Suite("Axes of plots")
struct PlotAxisTests {
    private static let values: [[Double]] = [
        [0], [1], [5, 5, 5], [0.001, 0.002], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], [115_200, 3_000_000],
        [1e-9, 1e9], [999, 1000, 1001], [],
    ]

    @Test("hold all values and all ticks, in order, and tell few enough of them to read", arguments: values)
    func places(values: [Double]) {
        let axes = [
            PlotAxis.fitting(values, title: "t") { "\($0)" }, .linear(to: values.max() ?? 0, title: "t") { "\($0)" },
            .logarithmic(values, title: "t") { "\($0)" },
        ]
        for axis in axes + (values.contains { $0 <= 0 } ? [] : [.chosen(values, title: "t") { "\($0)" }]) {
            let places = axis.ticks.map { axis.place($0.value) }
            #expect(places == places.sorted() && places.allSatisfy { (-1e-9...1 + 1e-9).contains($0) })
            #expect(axis.ticks.count <= 8)
            for value in values where axis.scale == .linear || value > 0 {
                #expect((-1e-9...1 + 1e-9).contains(axis.place(value)), "\(value) on \(axis)")
            }
        }
    }

    @Test("of percentiles give each nine the same room")
    func percentiles() {
        let axis = PlotAxis.percentiles(count: 10_000)
        #expect(axis.ticks.map(\.label) == ["0", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"])
        #expect(abs(axis.place(100) - axis.place(10) - (axis.place(1000) - axis.place(100))) < 1e-9)
    }

    @Test("say figures as people write them")
    func figures() {
        #expect(Markup.prefixed(1_250_000) == "1.25 M" && Markup.prefixed(30e6) == "30 M" && Markup.prefixed(0) == "0 ")
        #expect(Markup.duration(nanoseconds: 1500) == "1.5 µs" && Markup.duration(nanoseconds: 2e9) == "2 s")
        #expect(Markup.size(4096) == "4 KiB" && Markup.size(1000) == "1 kB" && Markup.size(64) == "64 B")
        #expect(Markup.elapsed(28_800) == "8 h 00 min" && Markup.elapsed(90) == "1 min 30 s")
        #expect(Markup.grouped(1_234_567) == "1,234,567" && Markup.grouped(12) == "12")
    }
}
