/// Which plots a report has: those whose axes have more than one value.
struct HTMLReportPlots {
    private let report: LoopbackReport
    private let results: [(point: LoopbackReport.PointReport, result: LoopbackResult)]

    init(report: LoopbackReport) {
        self.report = report
        results = report.points.compactMap { point in point.result.map { (point, $0) } }
    }

    var figures: String {
        [
            throughputBySize, throughputByRate, latency("Round trip", \.roundTrip),
            latency(hasWire ? "Completion latency" : "Hand-over latency", \.completion),
            latency("Call that starts a write", \.writeCall), errorsByBit, timeline, errorMap,
        ].compactMap(\.self).joined()
    }

    private var hasWire: Bool { results.first?.result.hasWire ?? true }
    private var isSPI: Bool { results.first?.result.isSPI ?? true }

    /// Sizes that were asked for: others follow from the rate.
    private var hasManySizes: Bool { Set(report.points.map(\.transferSize)).count > 1 }

    private var rateTitle: String { isSPI ? "clock" : "baud rate" }

    private func rate(_ result: LoopbackResult) -> String {
        Markup.prefixed(Double(result.bitRate ?? 0)) + (isSPI ? "Hz" : "Bd")
    }

    /// What tells a point from the others, apart from what is on the axis.
    private func name(
        _ point: LoopbackReport.PointReport, _ result: LoopbackResult, withSize: Bool, withRate: Bool
    ) -> String {
        var words: [String] = []
        if withRate, result.bitRate != nil { words.append(rate(result)) }
        if let mode = point.mode, Set(report.points.map(\.mode)).count > 1 { words.append("mode \(mode)") }
        if withSize { words.append(Markup.size(Double(result.transferSize))) }
        if Set(report.points.map(\.pattern)).count > 1 { words.append(point.pattern) }
        return words.isEmpty ? point.pattern : words.joined(separator: ", ")
    }

    /// Points of one name become one line, in the order in which they were measured.
    private func grouped(
        _ name: (LoopbackReport.PointReport, LoopbackResult) -> String, x: (LoopbackResult) -> Double
    ) -> [LinePlot.Series] {
        var series: [LinePlot.Series] = []
        for (point, result) in results {
            let (name, place) = (name(point, result), (x(result), result.bytesPerSecond))
            if let known = series.firstIndex(where: { $0.name == name }) {
                series[known].points.append(place)
            } else {
                series.append(LinePlot.Series(name: name, points: [place]))
            }
        }
        for index in series.indices { series[index].points.sort { $0.x < $1.x } }
        return Self.spread(series)
    }

    /// The first, the last and some between them, if there are too many.
    private static func spread(_ series: [LinePlot.Series]) -> [LinePlot.Series] {
        let most = LinePlot.mostSeries
        guard series.count > most else { return series }
        return (0..<most).map { series[$0 * (series.count - 1) / (most - 1)] }
    }

    private var throughputAxis: PlotAxis {
        .fitting(results.map(\.result.bytesPerSecond), title: "") { Markup.prefixed($0) + "B/s" }
    }

    private var throughputBySize: String? {
        guard hasManySizes else { return nil }
        let sizes = results.map { Double($0.result.transferSize) }
        return LinePlot(
            title: "Throughput against transfer size",
            x: .chosen(sizes, title: "bytes in a transfer", label: Markup.size), y: throughputAxis,
            series: grouped {
                name($0, $1, withSize: false, withRate: true)
            } x: {
                Double($0.transferSize)
            }
        ).figure
    }

    private var throughputByRate: String? {
        let rates = results.compactMap { $0.result.bitRate.map(Double.init) }
        guard Set(rates).count > 1 else { return nil }
        let unit = isSPI ? "Hz" : "Bd"
        return LinePlot(
            title: "Throughput against \(rateTitle)",
            x: .chosen(rates, title: "\(rateTitle) in force") { Markup.prefixed($0) + unit }, y: throughputAxis,
            series: grouped {
                name($0, $1, withSize: hasManySizes, withRate: false)
            } x: {
                Double($0.bitRate ?? 1)
            }
        ).figure
    }

    private func latency(_ title: String, _ summary: (LoopbackResult) -> LatencyRecord.Summary?) -> String? {
        let manyRates = Set(results.map(\.result.bitRate)).count > 1
        let series = results.compactMap { point, result in
            summary(result).map {
                LinePlot.Series(
                    name: name(point, result, withSize: hasManySizes, withRate: manyRates),
                    points: Self.percentiles($0),
                    hasMarkers: false)
            }
        }
        guard !series.isEmpty else { return nil }
        let chosen = Self.spread(series)
        let most = results.compactMap { summary($0.result)?.count }.max() ?? 0
        return LinePlot(
            title: "\(title), by percentile", x: .percentiles(count: most),
            y: .logarithmic(chosen.flatMap { $0.points.map(\.y) }, title: "") { Markup.duration(nanoseconds: $0) },
            series: chosen
        ).figure
    }

    /// Where the percentile p is, 1 / (1 − p), and the duration there, up to the last that was recorded.
    private static func percentiles(_ summary: LatencyRecord.Summary) -> [(x: Double, y: Double)] {
        var below: UInt64 = 0
        var points: [(x: Double, y: Double)] = [(1, Double(summary.min))]
        let most = min(Double(max(summary.count, 10)), 1e5)
        for bucket in summary.buckets {
            below += bucket.count
            let above = Double(summary.count - below) / Double(summary.count)
            let place = above > 0 ? 1 / above : most
            points.append((min(place, most), min(Double(bucket.upTo), Double(summary.max))))
            if place >= most { break }
        }
        return points
    }

    private static let mostRows = 12

    private var errorMap: String? {
        let bad = results.filter { $0.result.damage.eventCount > 0 }
        guard !bad.isEmpty else { return nil }
        let (stretch, count) = bad.reduce(into: (1, 1)) { most, entry in
            most = (max(most.0, entry.result.damage.map.stretch), most.1)
            most.1 = max(most.1, entry.result.bytesSent)
        }
        // Those with the most, in the order in which they were measured.
        let least = bad.map(\.result.damage.eventCount).sorted(by: >).prefix(Self.mostRows).last ?? 0
        let rows = bad.filter { $0.result.damage.eventCount >= least }.prefix(Self.mostRows).map { point, result in
            var map = result.damage.map
            map.widen(to: stretch)
            let places = max(map.counts.count, (count + stretch - 1) / stretch)
            let counts = map.counts + [Int](repeating: 0, count: places - map.counts.count)
            return StripPlot.Row(name: point.label, counts: counts)
        }
        let end = report.rounds > 1 ? (rows.map(\.counts.count).max() ?? 1) * stretch : count
        return StripPlot(
            title: "Where in the stream the errors are", rows: Array(rows), from: "byte 0",
            to: "byte \(Markup.grouped(end))"
        ).figure
    }

    private var errorsByBit: String? {
        let bad = results.filter { $0.result.damage.bitErrors > 0 }
        guard !bad.isEmpty else { return nil }
        var counts = [Int](repeating: 0, count: 8)
        for entry in bad { for bit in 0..<8 { counts[7 - bit] += entry.result.damage.errorsByBit[bit] } }
        let ones = bad.reduce(0) { $0 + $1.result.damage.onesReadAsZero }
        let zeros = bad.reduce(0) { $0 + $1.result.damage.zerosReadAsOne }
        return StripPlot(
            title: "Which bits are wrong",
            rows: [
                .init(name: "\(Markup.grouped(ones)) × 1 read as 0, \(Markup.grouped(zeros)) × 0 as 1", counts: counts)
            ], from: "bit 7", to: "bit 0"
        ).figure
    }

    private var timeline: String? {
        let line = report.timeline
        guard report.rounds > 1, line.bytes.count > 1 else { return nil }
        return StripPlot(
            title: "Errors over time", rows: [.init(name: "bytes wrong, and failures", counts: line.errors)],
            from: "start", to: Markup.elapsed(Double(line.errors.count) * line.stretch)
        ).figure
    }
}
