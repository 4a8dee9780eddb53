import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("FTDI names, rates and EEPROM")
struct FTDIValueTests {
    @Test("URLs are pyftdi's")
    func urls() throws {
        func parsed(_ text: String) throws -> FTDIAddress { try FTDIAddress(text) }
        let plain = try parsed("ftdi://ftdi:232h/1")
        #expect(plain.vendor == 0x0403 && plain.product == 0x6014 && plain.interface == 1)
        #expect(plain.selector == .any)
        #expect(try parsed("ftdi://0x0403:0x6010:FT0ABC/2").selector == .serial("FT0ABC"))
        #expect(try parsed("ftdi://ftdi:232h:1:a/1").selector == .location(bus: 1, address: 10))
        #expect(try parsed("ftdi://ftdi:4232h:2/4").selector == .index(2))
        #expect(try parsed("ftdi://ftdi:232h:1000/1").selector == .serial("1000"))
        let any = try parsed("ftdi:///1")
        #expect(any.vendor == nil && any.product == nil && any.interface == 1)
        #expect(try parsed("ftdi://::FTHIL001/1").selector == .serial("FTHIL001"))
        #expect(try parsed("ftdi:///").interface == nil)
    }

    @Test(
        "What is no URL is refused, with the reason",
        arguments: [
            "ftdi://ftdi:232h", "ftdi://nobody/1", "ftdi://ftdi:999h/1", "ftdi:///0", "ftdi:///5", "ftdi:///x",
            "ftdi://ftdi:232h:g:1/1", "ftdi://ftdi:232h:1:2:3/1", "ftdi://ftdi:232h:0/1", "usb://1",
        ])
    func badURLs(text: String) {
        #expect(throws: PeripheralError.self) { try FTDIAddress(text) }
    }

    @Test("An FTDI address is an SPI controller, unless a baud rate or uart says otherwise")
    func kinds() throws {
        #expect(try !DeviceAddress("ftdi://ftdi:232h/1?mode=2&speed=10M&cs=3").wantsUART)
        #expect(try DeviceAddress("ftdi://ftdi:232h/1?baud=3M&parity=even").serial.parity == .even)
        #expect(try DeviceAddress("ftdi:///1?uart").wantsUART)
        #expect(throws: PeripheralError.self) { try DeviceAddress("ftdi:///1?uart&speed=1M") }
        #expect(throws: PeripheralError.self) { try DeviceAddress("ftdi:///1?cs=5") }
        #expect(try DeviceAddress("ftdi:///1?cs=none").spi.chipSelect == nil)
        #expect(throws: PeripheralError.self) { try DeviceAddress("ftdi:///1?flip=1") }
        let settings = try DeviceAddress("ftdi:///1?cpha=edge-swap&mode=3&order=lsb&dummy=0x5A&cssetup=200&internal")
            .spi
        #expect(settings.trailingEdge == .edgeSwap && settings.leastSignificantFirst && settings.isInternal)
        #expect(settings.dummyByte == 0x5A && settings.setupTime == 200)
    }

    @Test(
        "The chip understands the divisor as the rate that is told",
        arguments: [FTDIChip.ft232h, .ft232r],
        [
            300, 1200, 9600, 19200, 38400, 57600, 115_200, 230_400, 460_800, 921_600, 1_000_000, 1_500_000, 2_000_000,
            3_000_000,
        ]
            as [UInt32])
    func rates(chip: FTDIChip, asked: UInt32) throws {
        let baud = try #require(FTDIBaudRate(nearest: asked, chip: chip))
        let request = baud.request(chip: chip, index: chip.isHighSpeed ? 1 : 0)
        // The chips with one full-speed interface have the rest of the code in the low byte.
        let index = chip.isHighSpeed ? request.index : request.index << 8
        #expect(BaudDivisor(value: request.value, index: index).rate == baud.rate)
        #expect(abs(Double(baud.rate) / Double(asked) - 1) <= 0.03)
    }

    @Test("H chips reach 12 Mbaud, the others 3; what is more than 3 % off is refused")
    func rateLimits() {
        #expect(FTDIBaudRate(nearest: 12_000_000, chip: .ft232h)?.rate == 12_000_000)
        #expect(FTDIBaudRate(nearest: 8_000_000, chip: .ft232h)?.rate == 8_000_000)
        #expect(FTDIBaudRate(nearest: 12_000_000, chip: .ft232r) == nil)
        #expect(FTDIBaudRate(nearest: 10_000_000, chip: .ft232h) == nil)
        #expect(FTDIBaudRate(nearest: 7_000_000, chip: .ft232h) == nil)
        #expect(FTDIBaudRate(nearest: 150, chip: .ft232h) == nil)
        #expect(FTDIBaudRate(nearest: 0, chip: .ft232h) == nil)
        #expect(FTDIBaudRate(nearest: 184, chip: .ft232h) != nil)
        #expect(FTDIBaudRate(nearest: .max, chip: .ft232h) == nil)
    }

    @Test("Every rate that is told is within 3 % of what was asked")
    func allRates() {
        for chip in FTDIChip.allCases {
            for asked in stride(from: UInt32(100), to: 13_000_000, by: 9973) {
                guard let baud = FTDIBaudRate(nearest: asked, chip: chip) else { continue }
                #expect(abs(Double(baud.rate) / Double(asked) - 1) <= 0.0301)
            }
        }
    }

    @Test("The EEPROM says who the device is")
    func eeprom() throws {
        let bytes = FT232HEEPROM(manufacturer: "Maker", productName: "Adapter", serial: "S1", maxPower: 90).bytes
        let decoded = try #require(FTDIEEPROM(bytes))
        #expect(decoded.isValid)
        #expect(decoded.vendor == 0x0403 && decoded.product == 0x6014 && decoded.release == 0x0900)
        #expect(decoded.manufacturer == "Maker" && decoded.productName == "Adapter" && decoded.serial == "S1")
        #expect(decoded.maxPower == 90 && !decoded.isSelfPowered)
        var spoilt = bytes
        spoilt[0x0E] ^= 1
        #expect(FTDIEEPROM(spoilt)?.isValid == false)
        #expect(FTDIEEPROM(FT232HEEPROM.blank.bytes) == nil)
        #expect(FTDIEEPROM([]) == nil)
        for count in 0..<256 { _ = FTDIEEPROM(Array(bytes.prefix(count))) }
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<1000 { _ = FTDIEEPROM((0..<128).map { _ in UInt8.random(in: 0...255, using: &generator) }) }
    }
}
