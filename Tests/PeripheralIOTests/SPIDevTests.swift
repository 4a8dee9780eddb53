import CLinux
import Glibc
import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("spidev", .watched)
struct SPIDevTests {
    let script = SPIScript()

    func controller(_ traits: FakeSPIController.Traits = FakeSPIController.Traits()) -> FakeSPIController {
        FakeSPIController([ScriptedSPI(script: script)], traits)
    }

    @Test("A write passes the caller's own pointer to the kernel, in every mode", arguments: [0, 1, 2])
    func zeroCopy(mode: Int) throws {
        let controller = controller()
        let port = try controller.peripheral()
        let bytes = pattern(100)
        switch mode {
        case 0:
            try bytes.withUnsafeBytes { bytes in
                _ = try port.write(RawSpan(_unsafeBytes: bytes))
                #expect(controller.messages[0].transfers[0].tx_buf == UInt64(UInt(bitPattern: bytes.baseAddress!)))
            }
        case 1:
            try port.control(.useZeroCopyTX)
            let buffer = TransferBuffer(bytes)
            let address = UInt64(UInt(bitPattern: buffer.transferMemory.baseAddress!))
            let finished = port.write(buffer).wait()
            #expect(finished.error == nil)
            #expect(controller.messages[0].transfers[0].tx_buf == address)
        default:
            try port.control(.useCharacterQueueTX(length: 64))
            _ = try port.write(bytes)
            try port.control(.waitPreviousWriteComplete(.forever))
        }
        #expect(script.received == bytes)
        #expect(!script.isSelected)
    }

    @Test("A command and its answer are one request")
    func transaction() throws {
        let controller = controller()
        let port = try controller.peripheral()
        script.answer([0, 0xEF, 0x40, 0x18])
        var answer = [UInt8](repeating: 0, count: 3)
        var span = answer.mutableSpan
        var raw = span.mutableBytes
        try port.transaction(sending: ([0x9F] as [UInt8]).span.bytes, receiving: &raw)
        #expect(answer == [0xEF, 0x40, 0x18])
        #expect(script.received == [0x9F, 0xFF, 0xFF, 0xFF])
        #expect(controller.messages.map(\.transfers.count) == [2])
        #expect(script.selections == 1)
    }

    @Test(
        "A transfer of any length is one frame, whatever bufsiz is",
        arguments: [(1, 4096), (4096, 4096), (4097, 4096), (100_000, 4096), (100_000, 4095), (1 << 20, 65536)])
    func anyLength(count: Int, bufferSize: Int) throws {
        let controller = controller(FakeSPIController.Traits(bufferSize: bufferSize))
        let port = try controller.peripheral()
        script.answer(pattern(count))
        #expect(try port.exchange(pattern(count, seed: 2)) == pattern(count))
        #expect(script.received == pattern(count, seed: 2))
        #expect(script.selections == 1)
        #expect(!script.isSelected)
        #expect(controller.messages.count == (count + bufferSize / 8 * 8 - 1) / (bufferSize / 8 * 8))
    }

    @Test("A flash is read over many messages in one frame")
    func flash() throws {
        let image = pattern(1 << 21)
        let controller = FakeSPIController([NORFlash(.w25q16, contents: image)])
        let port = try controller.peripheral()
        var answer = [UInt8](repeating: 0, count: 16384)
        var span = answer.mutableSpan
        var raw = span.mutableBytes
        try port.transaction(sending: ([0x03, 0, 0x10, 0] as [UInt8]).span.bytes, receiving: &raw)
        #expect(answer == Array(image[0x1000..<0x5000]))
    }

    @Test("1000 segments are two requests under one chip select")
    func manySegments() throws {
        let controller = controller()
        let port = try controller.peripheral()
        let bytes = pattern(1000)
        try bytes.withUnsafeBytes { bytes in
            try port.transaction(
                unretained: (0..<1000).map {
                    SPISegment(sent: bytes.baseAddress! + $0, received: nil, count: 1)
                })
        }
        #expect(script.received == bytes)
        #expect(script.selections == 1)
        #expect(!script.isSelected)
        #expect(controller.messages.map(\.transfers.count) == [511, 489])
        #expect(port.statistics.bytesSent == 1000)
    }

    @Test("Segments have rates, word lengths, delays and pulses of their own")
    func segments() throws {
        let controller = controller()
        let port = try controller.peripheral(SPIDevBus(), "?speed=1M&cssetup=3000&cshold=1500")
        let bytes: [UInt8] = [1, 2, 3, 4]
        try bytes.withUnsafeBytes { bytes in
            var first = SPISegment(sent: bytes.baseAddress, received: nil, count: 2)
            first.speed = 5_000_000
            first.delay = 7
            first.pulsesChipSelect = true
            var second = SPISegment(sent: bytes.baseAddress! + 2, received: nil, count: 2)
            second.bitsPerWord = 16
            second.speed = 50_000_000
            second.wordDelay = 9
            try port.transaction(unretained: [first, second])
        }
        let transfers = try #require(controller.messages.first?.transfers)
        #expect(transfers.map(\.len) == [0, 2, 2])
        #expect(transfers.map(\.delay_usecs) == [3, 7, 2])
        #expect(transfers.map(\.speed_hz) == [5_000_000, 5_000_000, 20_000_000])
        #expect(transfers.map(\.bits_per_word) == [8, 8, 16])
        #expect(transfers.map(\.word_delay_usecs) == [0, 0, 9])
        #expect(transfers.map(\.cs_change) == [0, 1, 0])
        #expect(script.selections == 2)
    }

    @Test("What a setting asks for reaches the node")
    func settings() throws {
        let controller = controller()
        let port = try controller.peripheral(
            SPIDevBus(), "?mode=3&order=lsb&bits=16&cs=none&cspol=high&ready&internal&tx=4&rx=2&speed=3M")
        #expect(
            SPIMode(rawValue: controller.setup().mode) == [
                .clockPhase, .clockPolarity, .leastSignificantFirst, .noChipSelect, .chipSelectHigh, .ready, .loop,
                .sendQuad, .receiveDual,
            ])
        #expect(controller.setup().bits_per_word == 16)
        #expect(port.speed == 3_000_000)
        _ = try port.write([1, 2])
        #expect(controller.messages[0].transfers[0].tx_nbits == 4)
        // Nothing is sent while bytes come in on several lines.
        _ = try port.read(2)
        #expect(controller.messages[1].transfers[0].rx_nbits == 2)
        #expect(controller.messages[1].transfers[0].tx_buf == 0)
        port.close()
        #expect(controller.setup().mode == 0)
        #expect(controller.setup().bits_per_word == 8)
    }

    @Test("How the machine's description wires the device is kept")
    func wiring() throws {
        let controller = controller(FakeSPIController.Traits(mode: [.chipSelectHigh, .leastSignificantFirst]))
        let port = try controller.peripheral()
        #expect(SPIMode(rawValue: controller.setup().mode) == .chipSelectHigh)
        port.close()
        #expect(SPIMode(rawValue: controller.setup().mode) == [.chipSelectHigh, .leastSignificantFirst])
    }

    @Test("What the controller lacks is named", arguments: ["?tx=4", "?rx=2", "?wires=3", "?mode=1", "?bits=9"])
    func lacking(query: String) throws {
        let controller = controller(
            FakeSPIController.Traits(
                refused: [.threeWire, .clockPhase], dropped: [.sendQuad, .receiveDual], bits: 8...8))
        let error = #expect(throws: PeripheralError.self) { try controller.peripheral(SPIDevBus(), query) }
        let names = [
            "?tx=4": "sending on 4 lanes", "?rx=2": "receiving on 2 lanes", "?wires=3": "3-wire",
            "?mode=1": "clock phase 1", "?bits=9": "words of 9 bits",
        ]
        #expect(error?.description.contains(names[query]!) == true)
        // Nothing is left behind.
        #expect(controller.setup().mode == 0)
        #expect(controller.setup().bits_per_word == 8)
    }

    @Test("A rate above the node's is that of the node, and told")
    func fastest() throws {
        let controller = controller()
        let port = try controller.peripheral(SPIDevBus(), "?speed=4G")
        #expect(port.speed == 20_000_000)
        #expect(try port.control(.setSpeed(30_000_000)) == 20_000_000)
        #expect(try port.control(.setSpeed(1000)) == 1000)
        _ = try port.write([1])
        #expect(controller.messages[0].transfers[0].speed_hz == 1000)
    }

    @Test("Words that are not whole, and both ways on one wire, are refused before the kernel is asked")
    func refused() throws {
        let words = try controller().peripheral(SPIDevBus(), "?bits=12")
        #expect(throws: PeripheralError.self) { try words.write([1, 2, 3]) }
        #expect(try words.write([1, 2]) == 2)
        let wire = try controller().peripheral(SPIDevBus(), "?wires=3")
        #expect(throws: PeripheralError.self) { try wire.exchange([1, 2]) }
        #expect(try wire.write([1, 2]) == 2)
        #expect(try wire.read(2).count == 2)
    }

    @Test("Chip select that is held stays from a write to the read of its answer, and the bus with it")
    func held() throws {
        let other = SPIScript()
        let controller = FakeSPIController([ScriptedSPI(script: script), ScriptedSPI(script: other)])
        let bus = SPIDevBus()
        let first = try controller.peripheral(bus)
        let second = try controller.peripheral(bus, chipSelect: 1)
        try first.control(.holdChipSelect)
        _ = try first.write([0x9F])
        #expect(script.isSelected)
        let waiting = Call("other") { try second.write([1, 2]) }
        script.answer([1, 2, 3])
        #expect(try first.read(3) == [1, 2, 3])
        #expect(script.selections == 1)
        #expect(other.received.isEmpty)
        try first.control(.releaseChipSelect)
        #expect(!script.isSelected)
        #expect(try waiting.value() == 2)
        #expect(controller.intrusions == 0)
    }

    @Test("Frames of two chip selects never break into each other")
    func sharing() throws {
        let other = SPIScript()
        let controller = FakeSPIController([ScriptedSPI(script: script), ScriptedSPI(script: other)])
        let bus = SPIDevBus()
        let first = try controller.peripheral(bus)
        let second = try controller.peripheral(bus, chipSelect: 1)
        try second.control(.useZeroCopyTX)
        let calls = [
            Call("first") { for _ in 0..<20 { _ = try first.write(pattern(10_000)) } },
            Call("second") {
                for _ in 0..<20 {
                    if let error = second.write(TransferBuffer(pattern(10_000))).wait().error { throw error }
                }
            },
        ]
        for call in calls { try call.value() }
        #expect(controller.intrusions == 0)
        #expect(script.received.count == 200_000)
        #expect(other.received.count == 200_000)
        #expect(script.selections == 20)
        #expect(throws: PeripheralError.self) { try controller.peripheral(bus) }
    }

    @Test(
        "A failure of the kernel is one clear error, and the next transfer goes on",
        arguments: [EMSGSIZE, EINVAL, EIO, ETIMEDOUT])
    func failures(number: Int32) throws {
        let controller = controller()
        let port = try controller.peripheral()
        controller.refuse(number)
        let error = #expect(throws: PeripheralError.self) { try port.write([1]) }
        switch number {
        case EMSGSIZE: #expect(error?.description.contains("chunk=") == true)
        case EINVAL: #expect(error?.description.contains("refuses") == true)
        default: #expect(error == .system(call: "SPI_IOC_MESSAGE /dev/spidev0.0", errno: number))
        }
        #expect(try port.write([2]) == 1)
        #expect(script.received == [2])
    }

    @Test("A failure in the middle of a long frame releases chip select and the bus")
    func failureInTheMiddle() throws {
        let controller = controller()
        let port = try controller.peripheral(SPIDevBus(), "?chunk=64")
        try port.control(.holdChipSelect)
        _ = try port.write([1])
        controller.refuse(EIO)
        #expect(throws: PeripheralError.self) { try port.write(pattern(1000)) }
        #expect(!script.isSelected)
        #expect(try port.write([1]) == 1)
    }

    @Test("When the device is gone every call ends with that", arguments: [ESHUTDOWN, ENODEV])
    func lost(number: Int32) throws {
        let controller = controller()
        let port = try controller.peripheral()
        controller.refuse(number)
        #expect(throws: PeripheralError.deviceLost("/dev/spidev0.0")) { try port.write([1]) }
        #expect(throws: PeripheralError.self) { try port.read(1) }
        #expect(throws: PeripheralError.self) {
            try port.transaction(unretained: [SPISegment(sent: nil, received: nil, count: 1)])
        }
    }

    @Test("Closing ends a transfer of minutes between two messages, and releases chip select")
    func closing() throws {
        let controller = controller()
        let port = try controller.peripheral(SPIDevBus(), "?chunk=64&speed=1000")
        let writing = Call("writer") { try port.write([UInt8](repeating: 0, count: 50_000_000)) }
        try eventually("the transfer has begun") { !controller.messages.isEmpty }
        port.close()
        #expect(throws: PeripheralError.self) { try writing.value() }
        #expect(!script.isSelected)
        #expect(controller.kept == nil)
    }

    @Test("A node's name decides that it is one", arguments: ["/dev/spidev0.0", "/dev/spidev32766.12"])
    func names(path: String) throws {
        #expect(try DeviceAddress(path).device == .spidev(path: path))
        #expect(throws: PeripheralError.self) { try DeviceAddress(path + "?baud=9600") }
        #expect(throws: PeripheralError.self) { try DeviceAddress(path + "?cs=1") }
        for other in ["/dev/spidev", "/dev/spidev0", "/dev/spidev0.x", "/dev/spi0.0"] {
            #expect(try DeviceAddress(other).device == .serial(path: other))
        }
    }

    @Test("A node that is not there is missing, and a file is none")
    func opening() throws {
        #expect(throws: PeripheralError.missing("/dev/spidev77.0")) { try Peripheral("/dev/spidev77.0") }
    }

    @Test("The taking away of a node is told, and nothing else")
    func watching() throws {
        let path = "/tmp/hil-node-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        close(open(path, O_CREAT | O_RDWR, 0o600))
        let held = open(path, O_RDWR)
        defer { close(held) }
        let watch = NodeWatch(path)
        #expect(!watch.nodeIsGone())
        unlink(path)
        var descriptor = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&descriptor, 1, -1) == 1)
        #expect(watch.nodeIsGone())
    }
}
