import Foundation
import FoundationXML
import HardwareTest
import PeripheralIO
import Testing

/// The elements of a document in XML, in order.
private final class Elements: NSObject, XMLParserDelegate {
    struct Element {
        var name: String
        var attributes: [String: String]
        var depth: Int
    }

    private(set) var all: [Element] = []
    private(set) var text = ""
    private var depth = 0

    /// - Throws: what is not well-formed.
    init(_ document: String) throws {
        super.init()
        let parser = XMLParser(data: Data(document.utf8))
        parser.delegate = self
        if !parser.parse() { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        all.append(Element(name: name, attributes: attributes, depth: depth))
        depth += 1
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        depth -= 1
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        text += string
    }

    func named(_ name: String) -> [Element] { all.filter { $0.name == name } }
}

@Suite("Reports of loopback tests", .timeLimit(.minutes(30)))
struct ReportTests {
    private func report(_ url: String, rates: [UInt32], sizes: [Int], soak: Double? = nil) throws -> LoopbackReport {
        var suite = LoopbackSuite(
            address: try DeviceAddress(url),
            points: LoopbackPoint.sweep(
                rates: rates, modes: [], transferSizes: sizes, patterns: [.random(seed: 1), .prbs(.prbs7)]))
        suite.count = 4000
        suite.soak = soak
        return suite.run()
    }

    private func sweep() throws -> LoopbackReport {
        try report(
            "virtual://spi?flip=1e-3&lose=1e-3&repeat=1e-3&seed=3", rates: [1_000_000, 8_000_000, 30_000_000],
            sizes: [64, 512, 4000])
    }

    @Test("the page is XML, with drawings that stay within their frames")
    func structure() throws {
        let elements = try Elements(HTMLReport.page(try sweep()))
        #expect(elements.all.first?.name == "html")
        let titles = ["Throughput against transfer size", "Throughput against clock", "Round trip", "errors are"]
        for title in titles { #expect(elements.text.contains(title), "\(title)") }
        #expect(elements.named("figure").count >= 6)
        #expect(elements.named("figcaption").count == elements.named("figure").count)
        // A row for each point, and one for the heads.
        #expect(elements.named("tr").count == 19)
        for drawing in elements.named("svg") {
            let frame = try #require(drawing.attributes["viewBox"]).split(separator: " ").compactMap { Double($0) }
            #expect(frame.count == 4 && frame[2] > 0 && frame[3] > 0)
            #expect(drawing.attributes["aria-label"] != nil || drawing.attributes["aria-hidden"] == "true")
        }
        for circle in elements.named("circle") {
            let x = try #require(Double(circle.attributes["cx"] ?? ""))
            let y = try #require(Double(circle.attributes["cy"] ?? ""))
            #expect((0...440).contains(x) && (0...290).contains(y))
        }
        for rectangle in elements.named("rect") {
            let x = try #require(Double(rectangle.attributes["x"] ?? ""))
            let width = try #require(Double(rectangle.attributes["width"] ?? ""))
            #expect(x >= 0 && x + width <= 440.1)
        }
    }

    @Test("every path is one that SVG knows")
    func paths() throws {
        let elements = try Elements(HTMLReport.page(try sweep()))
        let number = #"-?[0-9]+(\.[0-9]+)?"#
        let path = try Regex("(M\(number) \(number))([LHV] ?\(number)( \(number))?)*")
        for element in elements.named("path") {
            let text = try #require(element.attributes["d"])
            #expect(text.wholeMatch(of: path) != nil, "\(text)")
        }
    }

    @Test("the page needs nothing else")
    func selfContained() throws {
        let page = HTMLReport.page(try sweep())
        for word in ["http:", "https:", "//cdn", "url(", "@import", "<script", "<link", "<img", "src=", "href="] {
            #expect(!page.contains(word), "\(word)")
        }
        #expect(page.contains("@media print") && page.contains("width=device-width"))
    }

    @Test("what a device is called cannot break out of the page")
    func escaping() throws {
        var report = try report("virtual://spi", rates: [], sizes: [])
        report.device = "<script>&\"'\u{1}</title>"
        for document in [HTMLReport.page(report), JUnitReport.xml(report)] {
            let elements = try Elements(document)
            #expect(elements.named("script").isEmpty)
        }
    }

    @Test("says when there were no errors, and draws no map of them")
    func clean() throws {
        let page = HTMLReport.page(try report("virtual://spi", rates: [], sizes: []))
        #expect(page.contains("no errors"))
        #expect(!page.contains("Where in the stream"))
    }

    @Test("shows a soak over time")
    func soak() throws {
        let page = HTMLReport.page(try report("virtual://spi?flip=1e-3", rates: [], sizes: [], soak: 1))
        _ = try Elements(page)
        #expect(page.contains("Errors over time") && page.contains("rounds"))
    }

    @Test("JUnit's XML has a test case for each point, with failures and errors told apart")
    func junit() throws {
        let bad = try Elements(JUnitReport.xml(try sweep()))
        #expect(bad.all.map(\.name).prefix(3) == ["testsuites", "testsuite", "testcase"])
        #expect(bad.named("testcase").count == 18)
        let failures = bad.named("failure")
        #expect(bad.named("testsuite")[0].attributes["failures"] == String(failures.count))
        #expect(!failures.isEmpty && failures.allSatisfy { !($0.attributes["message"] ?? "").isEmpty })

        let missing = try Elements(
            JUnitReport.xml(try report("virtual://uart", rates: [20_000_000, 3_000_000], sizes: [])))
        #expect(missing.named("error").count == 2 && missing.named("failure").isEmpty)
        #expect(missing.named("testsuite")[0].attributes["errors"] == "2")
    }
}
