import Glibc
import RTOS
import Testing

@testable import VirtualHardware

extension NORFlash {
    /// One command under one chip select, and what comes back behind it.
    mutating func command(_ bytes: [UInt8], reading count: Int = 0, at time: MonotonicTime? = nil) -> [UInt8] {
        if let time { advance(to: time) }
        select()
        for byte in bytes { _ = shift(byte) }
        let answer = (0..<count).map { _ in shift(0) }
        deselect()
        return answer
    }

    mutating func program(_ address: Int, _ data: [UInt8]) {
        _ = command([0x06])
        _ = command([0x02, UInt8(address >> 16), UInt8(address >> 8 & 0xFF), UInt8(address & 0xFF)] + data)
    }

    mutating func read(_ address: Int, _ count: Int) -> [UInt8] {
        command([0x03, UInt8(address >> 16), UInt8(address >> 8 & 0xFF), UInt8(address & 0xFF)], reading: count)
    }
}

@Suite("NOR flash")
struct NORFlashTests {
    private var flash = NORFlash(timing: .instant)

    @Test("says who it is")
    mutating func identity() {
        #expect(flash.command([0x9F], reading: 4) == [0xEF, 0x40, 0x15, 0xEF])
        #expect(flash.command([0x90, 0, 0, 0], reading: 3) == [0xEF, 0x14, 0xEF])
        #expect(flash.command([0x90, 0, 0, 1], reading: 2) == [0x14, 0xEF])
        #expect(flash.command([0xAB, 0, 0, 0], reading: 2) == [0x14, 0x14])
        #expect(
            flash.command([0x4B, 0, 0, 0, 0], reading: 9).prefix(8) == [0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7])
        #expect(flash.contents.count == 2 << 20)
        var other = NORFlash(FlashIdentity(manufacturer: 0xC2, memoryType: 0x20, capacityCode: 0x14)!)
        #expect(other.command([0x9F], reading: 3) == [0xC2, 0x20, 0x14])
        #expect(other.contents.count == 1 << 20)
        #expect(FlashIdentity(manufacturer: 1, memoryType: 2, capacityCode: 0x19) == nil)
        #expect(FlashIdentity(manufacturer: 1, memoryType: 2, capacityCode: 0) == nil)
    }

    @Test("reads on from any address, and from the last to the first")
    mutating func reading() {
        flash = NORFlash(contents: (0..<2 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7) }, timing: .instant)
        #expect(flash.read(0, 3) == [0, 7, 14])
        #expect(
            flash.read(0x012345, 2) == [UInt8(truncatingIfNeeded: 0x12345 * 7), UInt8(truncatingIfNeeded: 0x12346 * 7)])
        #expect(flash.command([0x0B, 0, 0, 1, 0x55], reading: 2) == [7, 14])
        #expect(flash.read(0x1FFFFF, 2) == [flash.contents[0x1FFFFF], 0])
        // Address bits beyond the chip are not wired.
        #expect(flash.read(0xE00001, 1) == [7])
    }

    @Test("programs zeros only, and wraps inside the page")
    mutating func programming() {
        flash.program(0x100, [0xF0, 0x55])
        #expect(flash.read(0xFF, 4) == [0xFF, 0xF0, 0x55, 0xFF])
        flash.program(0x100, [0x3F])
        #expect(flash.read(0x100, 1) == [0x30])
        flash.program(0x2FE, [1, 2, 3])
        #expect(flash.read(0x2FE, 3) == [1, 2, 0xFF])
        #expect(flash.read(0x200, 1) == [3])
        // Of more than a page the last bytes stay.
        flash.program(0x400, (0..<258).map { UInt8(truncatingIfNeeded: $0) })
        #expect(flash.read(0x400, 4) == [0, 1, 2, 3])
        flash.program(0x500, [9, 9] + [UInt8](repeating: 0xAA, count: 254) + [7, 8])
        #expect(flash.read(0x500, 3) == [7, 8, 0xAA])
    }

    @Test("neither programs nor erases without write enable, which lasts for one command")
    mutating func writeEnable() {
        _ = flash.command([0x02, 0, 0, 0, 0x12])
        #expect(flash.read(0, 1) == [0xFF])
        _ = flash.command([0x06])
        #expect(flash.command([0x05], reading: 1) == [0x02])
        _ = flash.command([0x04])
        #expect(flash.command([0x05], reading: 1) == [0x00])
        flash.program(0, [0x12])
        #expect(flash.command([0x05], reading: 1) == [0x00])
        _ = flash.command([0x20, 0, 0, 0])
        #expect(flash.read(0, 1) == [0x12])
    }

    @Test(
        "erases 4, 32 and 64 KiB and everything",
        arguments: [(0x20, 4096), (0x52, 32768), (0xD8, 65536)] as [(UInt8, Int)])
    mutating func erasing(opcode: UInt8, size: Int) {
        flash = NORFlash(contents: [UInt8](repeating: 0, count: 2 << 20), timing: .instant)
        _ = flash.command([0x06])
        _ = flash.command([opcode, 0x01, 0x23, 0x45])
        let base = 0x012345 & ~(size - 1)
        #expect(flash.contents[base..<base + size].allSatisfy { $0 == 0xFF })
        #expect(flash.contents[base - 1] == 0 && flash.contents[base + size] == 0)
        for all in [0x60, 0xC7] as [UInt8] {
            flash.program(0, [0])
            _ = flash.command([0x06])
            _ = flash.command([all])
            #expect(flash.contents.allSatisfy { $0 == 0xFF })
        }
    }

    @Test("ignores a command that is not whole")
    mutating func broken() {
        flash.program(0, [0])
        _ = flash.command([0x06])
        _ = flash.command([0x20, 0, 0])
        _ = flash.command([0x20, 0, 0, 0, 0])
        #expect(flash.read(0, 1) == [0])
        flash.select()
        for byte in [0x20, 0, 0, 0] as [UInt8] { _ = flash.shift(byte) }
        flash.deselect(inMidByte: true)
        #expect(flash.read(0, 1) == [0])
        _ = flash.command([0x02, 0, 0, 1])
        #expect(flash.read(0, 2) == [0, 0xFF])
    }

    @Test("is busy for as long as the data sheet says, and answers only its status then")
    mutating func busy() {
        flash = NORFlash()
        flash.advance(to: start)
        flash.program(0, [0x12])
        #expect(flash.command([0x05], reading: 1) == [0x01])
        #expect(flash.read(0, 1) == [0xFF])
        #expect(flash.command([0x9F], reading: 1) == [0xFF])
        #expect(flash.command([0x05], reading: 1, at: later(399_999)) == [0x01])
        #expect(flash.command([0x05], reading: 1, at: later(400_000)) == [0x00])
        #expect(flash.read(0, 1) == [0x12])
        _ = flash.command([0x06])
        _ = flash.command([0x20, 0, 0, 0])
        #expect(flash.command([0x05], reading: 1, at: later(45_399_999)) == [0x01])
        #expect(flash.command([0x05], reading: 1, at: later(45_400_000)) == [0x00])
    }

    @Test("sleeps in deep power-down until it is released")
    mutating func powerDown() {
        flash = NORFlash()
        flash.advance(to: start)
        _ = flash.command([0xB9])
        #expect(flash.isPoweredDown)
        #expect(flash.command([0x9F], reading: 3) == [0xFF, 0xFF, 0xFF])
        #expect(flash.command([0x05], reading: 1) == [0xFF])
        #expect(flash.command([0xAB, 0, 0, 0], reading: 1) == [0x14])
        #expect(flash.command([0x9F], reading: 1) == [0xFF])
        #expect(flash.command([0x9F], reading: 1, at: later(3000)) == [0xEF])
    }

    @Test("keeps its status registers, and what their protection bits protect")
    mutating func protection() {
        // BP0: the upper 64 KiB.
        _ = flash.command([0x06])
        _ = flash.command([0x01, 0x04])
        #expect(flash.command([0x05], reading: 1) == [0x04])
        flash.program(0x1F0000, [0])
        flash.program(0x1EFFFF, [0])
        #expect(flash.read(0x1EFFFF, 2) == [0, 0xFF])
        _ = flash.command([0x06])
        _ = flash.command([0xC7])
        #expect(flash.read(0x1EFFFF, 1) == [0])
        // TB: the lower 64 KiB; CMP: all but these.
        _ = flash.command([0x06])
        _ = flash.command([0x01, 0x24, 0x40])
        #expect(flash.command([0x35], reading: 1) == [0x40])
        flash.program(0xFFFF, [0, 0])
        flash.program(0x10000, [0])
        #expect(flash.read(0xFFFF, 2) == [0, 0xFF])
        _ = flash.command([0x06])
        _ = flash.command([0x31, 0x00])
        _ = flash.command([0x06])
        _ = flash.command([0x01, 0x1C])
        flash.program(0x10000, [0])
        #expect(flash.read(0x10000, 1) == [0xFF])
    }

    @Test("describes itself by SFDP")
    mutating func discoverable() throws {
        let header = flash.command([0x5A, 0, 0, 0, 0], reading: 16)
        #expect(header.prefix(4) == [0x53, 0x46, 0x44, 0x50])
        #expect(header[5] == 1 && header[6] == 0)
        let words = Int(header[11])
        let table = flash.command([0x5A, 0, header[13], header[12], 0], reading: 4 * words)
        func word(_ place: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(table[4 * (place - 1) + $1]) << UInt32(8 * $1) }
        }
        #expect(words == 9)
        // Density in bits, less one; 4 KiB erase by 0x20; erase types as powers of two with their opcodes.
        #expect(word(2) == 16 * 1024 * 1024 - 1)
        #expect(word(1) & 3 == 1 && word(1) >> 8 & 0xFF == 0x20)
        #expect(word(8) == 0x520F_200C && word(9) == 0x0000_D810)
        // No reads on two or four wires.
        #expect(word(1) & 0x0070_0000 == 0 && word(1) & 0x0001_0000 == 0)
    }

    @Test("keeps its contents in a file")
    func image() throws {
        let path = "/tmp/hilbridge-flash-\(getpid()).bin"
        defer { unlink(path) }
        let image = FlashImage(path: path)
        #expect(throws: FlashImage.Failure(path: path, code: ENOENT)) { try image.read(limit: 10) }
        var flash = NORFlash(contents: [1, 2, 3], timing: .instant)
        flash.program(0x1000, [4])
        try image.write(flash.contents)
        let again = NORFlash(contents: try image.read(limit: flash.identity.capacity))
        #expect(again.contents == flash.contents)
        #expect(try image.read(limit: 2) == [1, 2])
    }

    @Test("is made of its file, as large as that needs, and what changes goes back there")
    func imageOfItsOwn() throws {
        let path = "/tmp/hilbridge-flash-\(getpid())-own.bin"
        defer { unlink(path) }
        var image = FlashImage(path: path)
        var flash = try image.makeFlash()
        #expect(flash.identity == .w25q16)
        // What was missing is there, erased; what has not changed is not written again.
        #expect(try image.read(limit: FlashImage.largest) == flash.contents)
        unlink(path)
        try image.keep(flash)
        #expect(access(path, F_OK) != 0)
        flash.program(0x1000, [4])
        try image.keep(flash)
        #expect(try image.makeFlash().contents == flash.contents)

        try image.write([UInt8](repeating: 0, count: 2 << 20 | 1))
        #expect(try image.makeFlash().identity.capacity == 4 << 20)
        try image.write([UInt8](repeating: 0, count: FlashImage.largest + 1))
        #expect(throws: FlashImage.Failure(path: path, code: EFBIG)) { try image.makeFlash() }
    }

    @Test("takes its time from a virtual SPI controller")
    func onController() {
        var bus = VirtualSPIController(clock: 10_000_000, model: NORFlash())
        var now = start
        func exchange(_ bytes: [UInt8]) -> [UInt8] {
            var exchange = Exchange(bytes)
            _ = bus.begin(count: bytes.count, at: now)
            now = now.advanced(byNanoseconds: bus.timeOnWire(bytes.count))
            _ = exchange.advance(&bus, to: now)
            return exchange.miso.map { $0 ?? 0 }
        }
        #expect(exchange([0x9F, 0, 0, 0]) == [0xFF, 0xEF, 0x40, 0x15])
        _ = exchange([0x06])
        _ = exchange([0x02, 0, 0, 0, 0x77])
        // 400 µs are 500 bytes; the status is read over and over under one chip select.
        let status = exchange([0x05] + [UInt8](repeating: 0, count: 600)).dropFirst()
        #expect(status.first == 1 && status.last == 0)
        #expect((497...500).contains(status.count { $0 == 1 }))
        #expect(exchange([0x03, 0, 0, 0, 0]).last == 0x77)
    }
}

@Suite("NOR flash on MPSSE pins")
struct NORFlashOnPinsTests {
    /// One chip select: bytes out by 0x11, then bytes in by `readOpcode`.
    private func transaction(_ bytes: [UInt8], reading count: Int, by readOpcode: UInt8 = 0x20) -> [UInt8] {
        let length = { (count: Int) in [UInt8((count - 1) & 0xFF), UInt8((count - 1) >> 8)] }
        let reading = count > 0 ? [readOpcode] + length(count) : []
        return chipSelectLow + [0x11] + length(bytes.count) + bytes + reading + chipSelectHigh
    }

    private func engine(_ flash: NORFlash = NORFlash(timing: .instant), recorded: Bool) -> MPSSEEngine {
        let devices: [any PinDevice] = recorded ? [SPIPins(flash), PinRecorder()] : [SPIPins(flash)]
        var engine = MPSSEEngine(wiring: PinWiring(devices))
        _ = engine.run(setUp(), at: MonotonicTime(nanoseconds: 0))
        return engine
    }

    @Test(
        "reads, programs and erases in mode 0, by edges and by bytes", arguments: [true, false],
        [0x20, 0x24] as [UInt8])
    func modeZero(recorded: Bool, readOpcode: UInt8) {
        var engine = engine(recorded: recorded)
        #expect(engine.run(transaction([0x9F], reading: 3, by: readOpcode)) == [0xEF, 0x40, 0x15])
        let data = (0..<256).map { UInt8($0) }
        var now = later(1_000_000)
        for command in [[0x06], [0x02, 0x00, 0x10, 0x00] + data] as [[UInt8]] {
            #expect(engine.run(transaction(command, reading: 0), at: now) == [])
            now = now.advanced(byNanoseconds: 1_000_000)
        }
        #expect(
            engine.run(transaction([0x03, 0x00, 0x10, 0x00], reading: 300, by: readOpcode), at: now)
                == data + [UInt8](repeating: 0xFF, count: 44))
    }

    @Test("answers in mode 3: SCK rests high, bits out with 0x10, in at rising edges", arguments: [true, false])
    func modeThree(recorded: Bool) {
        var engine = engine(recorded: recorded)
        let stream: [UInt8] = [0x80, 0x09, 0x0B, 0x80, 0x01, 0x0B, 0x10, 0, 0, 0x9F, 0x20, 2, 0, 0x80, 0x09, 0x0B]
        #expect(engine.run(stream) == [0xEF, 0x40, 0x15])
    }

    @Test("A status is read by full duplex as well")
    func fullDuplex() {
        var engine = engine(recorded: false)
        let stream = chipSelectLow + [0x31, 1, 0, 0x05, 0x00] + chipSelectHigh
        #expect(engine.run(stream) == [0xFF, 0x00])
    }

    @Test("does not listen, nor drive, while another is selected")
    func deselected() {
        var engine = engine(recorded: false)
        #expect(engine.run([0x11, 0, 0, 0x9F, 0x20, 2, 0]) == [0xFF, 0xFF, 0xFF])
    }

    @Test("A command cut off in the middle of a byte is not carried out")
    func midByte() {
        var engine = engine(recorded: false)
        let cut =
            chipSelectLow + [0x11, 0, 0, 0x06] + chipSelectHigh + chipSelectLow + [0x13, 3, 0x06] + chipSelectHigh
        #expect(engine.run(cut + transaction([0x05], reading: 1)) == [0x02])
    }
}
