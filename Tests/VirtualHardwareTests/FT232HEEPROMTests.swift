import Testing

@testable import VirtualHardware

@Suite("FT232H EEPROM")
struct FT232HEEPROMTests {
    @Test("has the checksum that libftdi works out")
    func checksum() {
        let eeprom = FT232HEEPROM(serial: "FT0HIL42")
        // Over all words but the last: exclusive or, then rotate left by one.
        var sum: UInt16 = 0xAAAA
        for word in 0..<127 {
            sum ^= UInt16(eeprom.bytes[2 * word]) | UInt16(eeprom.bytes[2 * word + 1]) << 8
            sum = sum << 1 | sum >> 15
        }
        #expect(eeprom.bytes[254] == UInt8(sum & 0xFF) && eeprom.bytes[255] == UInt8(sum >> 8))
        #expect(eeprom.isValid)
    }

    @Test("keeps vendor, product, release, power and strings where programs look for them")
    func layout() {
        let eeprom = FT232HEEPROM(productName: "Adapter", serial: "AB12", maxPower: 90)
        let bytes = eeprom.bytes
        #expect(Array(bytes[2..<8]) == [0x03, 0x04, 0x14, 0x60, 0x00, 0x09])
        #expect(bytes[8] == 0x80 && bytes[9] == 45 && bytes[0x1E] == 0x56)
        func string(_ pointer: Int) -> String {
            let (place, count) = (Int(bytes[pointer]), Int(bytes[pointer + 1]))
            #expect(bytes[place] == UInt8(count) && bytes[place + 1] == 3)
            return String(decoding: stride(from: place + 2, to: place + count, by: 2).map { bytes[$0] }, as: UTF8.self)
        }
        #expect([string(0x0E), string(0x10), string(0x12)] == ["FTDI", "Adapter", "AB12"])
        #expect(eeprom.manufacturer == "FTDI" && eeprom.productName == "Adapter" && eeprom.serial == "AB12")
    }

    @Test("bears strings of any length, and none", arguments: [0, 1, 40, 60, 1000])
    func strings(length: Int) {
        let text = String(repeating: "ä", count: length)
        let eeprom = FT232HEEPROM(manufacturer: text, productName: text, serial: text)
        #expect(eeprom.isValid)
        #expect(
            eeprom.manufacturer.count + eeprom.productName.count + eeprom.serial.count
                <= FT232HEEPROM.stringCapacity)
        #expect(eeprom.manufacturer == text.prefix(FT232HEEPROM.stringCapacity))
        #expect(VirtualFT232H(eeprom: eeprom).descriptors.descriptor(0x0301) != nil)
    }

    @Test("can be read, written and erased by request")
    func requests() {
        let bench = USBBench(VirtualFT232H())
        let words = (0..<128).flatMap { bench.vendorRead(0x90, index: UInt16($0), length: 2) }
        #expect(words == FT232HEEPROM().bytes)
        #expect(bench.vendorRead(0x90, index: 500, length: 2) == [0xFF, 0xFF])
        #expect(bench.vendor(0x91, value: 0x1234, index: 5) == .completed)
        #expect(bench.vendorRead(0x90, index: 5, length: 2) == [0x34, 0x12])
        #expect(!bench.bus.device.eeprom.isValid)
        #expect(bench.vendor(0x92) == .completed)
        #expect(bench.bus.device.eeprom == .blank)
        // Plugged in anew, it has no serial number.
        let again = VirtualFT232H(eeprom: bench.bus.device.eeprom)
        #expect(again.descriptors.descriptor(0x0100)?[16] == 0)
        #expect(again.descriptors.descriptor(0x0303) == nil)
    }
}
