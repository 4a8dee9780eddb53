import Foundation
import Testing

@Suite("hil gpio")
struct GPIOCommandTests {
    @Test("drives pins and shows the levels of all")
    func drives() throws {
        let outcome = try Hil.run("gpio", "virtual://ft232h", "8=0", "acbus1=1", "--seconds", "0")
        #expect(outcome.status == 0)
        #expect(outcome.text.contains("ACBUS0  pin 8   0"))
        #expect(outcome.text.contains("ACBUS1  pin 9   1"))
    }

    @Test("prints JSON")
    func json() throws {
        let outcome = try Hil.run("gpio", "virtual://ft232h", "8=0", "--seconds", "0", "--json")
        let levels = try JSONDecoder().decode([String: Int].self, from: outcome.output)
        #expect(levels.count == 16 && levels["8"] == 0)
    }

    @Test(
        "refuses what is no pin",
        arguments: [["8"], ["8=2"], ["16=1"], ["x=1"], ["0=1"], ["ACBUS8=1"]])
    func refuses(pins: [String]) throws {
        #expect(try Hil.run(["gpio", "virtual://ft232h"] + pins).status == 2)
    }

    @Test("drives them until it is interrupted")
    func interrupted() throws {
        let output = Pipe()
        let process = try Hil.start(["gpio", "virtual://ft232h", "8=1"], output: output)
        #expect(!output.fileHandleForReading.availableData.isEmpty)
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test("says that a device has none")
    func none() throws {
        #expect(try Hil.run("gpio", "virtual://spi").status == 8)
    }
}
