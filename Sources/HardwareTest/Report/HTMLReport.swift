import Foundation

/// A loopback report as one page that needs nothing else: no script, no font, no address is loaded. It is XML as well as
/// HTML, fits a phone, follows the reader's colour scheme and prints in black on white.
public enum HTMLReport {
    public static func page(_ report: LoopbackReport) -> String {
        let title = "Loopback test of \(Markup.escaped(report.device))"
        var page = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>\(title)</title>
            <style>\(HTMLReportStyle.css)</style>
            </head>
            <body>
            <header>
            <h1>\(Markup.escaped(report.device)) <span class="verdict \(verdict(report).style)">\
            \(verdict(report).text)</span></h1>
            <p>Loopback test of \(Markup.escaped(report.startedAt)), \(Markup.elapsed(report.seconds))\
            \(report.rounds > 1 ? ", \(Markup.grouped(report.rounds)) rounds" : "")\
            \(report.interrupted ? ", ended before its time" : "")</p>
            </header>
            <main>

            """
        page += keyFigures(report)
        let plots = HTMLReportPlots(report: report).figures
        if !plots.isEmpty { page += "<section class=\"plots\">\n\(plots)</section>\n" }
        page += HTMLReportTables.points(report) + HTMLReportTables.events(report)
        return page + "</main>\n</body>\n</html>\n"
    }

    private static func verdict(_ report: LoopbackReport) -> (text: String, style: String) {
        if report.errors > 0 { return ("errors in the data", "bad") }
        if report.points.contains(where: { $0.failureCount > 0 }) { return ("failed", "bad") }
        if report.points.contains(where: { $0.result?.timedOut ?? false }) { return ("timed out", "bad") }
        return report.isGood ? ("no errors", "good") : ("incomplete", "bad")
    }

    private static func keyFigures(_ report: LoopbackReport) -> String {
        let results = report.points.compactMap(\.result)
        var figures = [(Markup.prefixed(Double(report.bytesSent)) + "B", "sent")]
        figures.append((Markup.grouped(report.errors), report.errors == 1 ? "byte wrong" : "bytes wrong"))
        let received = results.reduce(0) { $0 + $1.bytesReceived }
        let bits = results.reduce(0) { $0 + $1.damage.bitErrors }
        if received > 0, bits > 0 {
            figures.append((String(format: "%.2g", Double(bits) / Double(8 * received)), "bit error rate"))
        }
        if let best = results.map(\.bytesPerSecond).max() {
            figures.append((Markup.prefixed(best) + "B/s", "highest throughput"))
        }
        let failures = report.points.reduce(0) { $0 + $1.failureCount }
        if failures > 0 { figures.append((Markup.grouped(failures), "failures of the device")) }
        return "<dl class=\"figures\">\n"
            + figures.map { "<div><dt>\(Markup.escaped($0.1))</dt><dd>\(Markup.escaped($0.0))</dd></div>\n" }.joined()
            + "</dl>\n"
    }
}

enum HTMLReportStyle {
    /// The colours of the lines are Okabe and Ito's, which people with any colour vision can tell apart; dashes do it on
    /// paper.
    static let css = """

        :root{--ink:#1b1f24;--soft:#57606a;--rule:#d0d7de;--page:#fff;--bad:#b3261e;--good:#1a7f37;--s0:#0072b2;\
        --s1:#d55e00;--s2:#009e73;--s3:#b5568b;--s4:#b97f00;--s5:#3a8fc4}
        @media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--rule:#3a434d;--page:#0f1419;\
        --bad:#ff8a80;--good:#5ccf7a;--s0:#5db4e6;--s1:#ff8f4d;--s2:#3fcaa0;--s3:#e59ac6;--s4:#f0bd4a;--s5:#9fd3f2}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:72rem;padding:1rem;color:var(--ink);background:var(--page);\
        font:16px/1.45 system-ui,sans-serif}
        h1{font-size:1.4rem;margin:0;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}
        header p{margin:.2rem 0 1rem;color:var(--soft)}
        .verdict{font-size:.85rem;padding:.15em .6em;border:1px solid;border-radius:1em;white-space:nowrap;\
        vertical-align:middle}
        .good{color:var(--good)}.bad{color:var(--bad)}
        .figures{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:0 0 1rem}
        .figures div{display:flex;flex-direction:column-reverse}
        .figures dt{color:var(--soft);font-size:.85rem}.figures dd{margin:0;font-size:1.4rem;font-weight:600}
        .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem}
        figure{margin:0;break-inside:avoid;min-width:0}figcaption{font-weight:600;margin-bottom:.3rem}
        svg{display:block;width:100%;height:auto;font:13px system-ui,sans-serif;fill:var(--soft)}
        svg path{fill:none}.grid{stroke:var(--rule);stroke-width:.6}.axis{stroke:var(--soft)}
        .s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}
        .s0 path,.s1 path,.s2 path,.s3 path,.s4 path,.s5 path{stroke:var(--c);stroke-width:2}
        .s1 path{stroke-dasharray:7 3}.s2 path{stroke-dasharray:2 3}.s3 path{stroke-dasharray:9 3 2 3}
        .s4 path{stroke-dasharray:4 4}.s5 path{stroke-dasharray:12 4}
        g circle{fill:var(--c)}
        .strip{fill:var(--rule);opacity:.45}.error{fill:var(--bad)}
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.3rem 0 0;padding:0;font-size:.85rem}
        .key{display:inline-block;width:28px;height:10px;margin-right:.4em}
        .scroll{overflow-x:auto}section ul{columns:17rem;margin:.2rem 0;padding-left:1.2rem}h3{font-size:.95rem;margin:.8rem 0 0}
        table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;width:100%}
        th,td{padding:.3em .6em;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
        th:first-child,td:first-child,.left{text-align:left}
        td.text{white-space:normal;min-width:12em;text-align:left}
        @media print{:root{--ink:#000;--soft:#333;--rule:#aaa;--page:#fff;--bad:#a00;--good:#060;--s0:#0072b2;\
        --s1:#d55e00;--s2:#009e73;--s3:#b5568b;--s4:#b97f00;--s5:#3a8fc4}
        body{max-width:none;padding:0;font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
        .plots{grid-template-columns:1fr 1fr}.scroll{overflow:visible}table{font-size:7.5pt}tr{break-inside:avoid}}

        """
}
