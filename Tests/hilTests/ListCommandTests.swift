import Foundation
import PeripheralIO
import Testing

@Suite("hil list")
struct ListCommandTests {
    @Test("shows what can be opened without hardware, in the words to type")
    func virtual() throws {
        let outcome = try Hil.run("list")
        #expect(outcome.status == 0)
        for url in ["virtual://spi", "virtual://uart", "virtual://tty"] { #expect(outcome.text.contains(url)) }
    }

    @Test("prints JSON")
    func json() throws {
        let outcome = try Hil.run("list", "--json")
        let devices = try JSONDecoder().decode([FoundDevice].self, from: outcome.output)
        #expect(devices.contains { $0.url == "virtual://spi" && $0.isPermitted })
    }
}

@Suite("hil")
struct HilTests {
    @Test("says its version and its subcommands")
    func help() throws {
        #expect(try Hil.run("--version").text.hasPrefix("0."))
        let help = try Hil.run("--help")
        #expect(help.status == 0)
        for name in ["list", "loopback", "uart"] { #expect(help.text.contains(name)) }
        #expect(try Hil.run("frobnicate").status == 2)
    }
}
