import Testing

@testable import VirtualHardware

/// What a client sends.
enum USBIPClientMessage {
    static let deviceList: [UInt8] = [0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0]

    static func importDevice(_ busID: String = "1-1") -> [UInt8] {
        var bytes = BigEndianBytes(bytes: [0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0])
        bytes.append(busID, size: 32)
        return bytes.bytes
    }

    static func submit(
        _ sequence: UInt32, isIn: Bool, endpoint: UInt32, length: Int32,
        setup: [UInt8] = [UInt8](repeating: 0, count: 8),
        data: [UInt8] = [], flags: UInt32 = 0, packets: UInt32 = 0
    ) -> [UInt8] {
        var bytes = BigEndianBytes()
        for word in [1, sequence, 0x0001_0002, isIn ? 1 : 0, endpoint, flags] as [UInt32] { bytes.append(word) }
        bytes.append(length)
        for word in [0, packets, 0] as [UInt32] { bytes.append(word) }
        return bytes.bytes + setup + data
    }

    static func unlink(_ sequence: UInt32, target: UInt32) -> [UInt8] {
        var bytes = BigEndianBytes()
        for word in [2, sequence, 0x0001_0002, 0, 0, target] as [UInt32] { bytes.append(word) }
        return bytes.bytes + [UInt8](repeating: 0, count: 24)
    }
}

@Suite("USB/IP parser")
struct USBIPParserTests {
    private func requests(_ bytes: [UInt8], attached: Bool, chunk: Int = .max) throws -> [USBIPRequest] {
        var parser = USBIPParser()
        parser.isAttached = attached
        var (found, rest) = ([USBIPRequest](), bytes[...])
        while !rest.isEmpty {
            parser.append(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
            while let request = try parser.next() { found.append(request) }
        }
        #expect(parser.waiting == 0)
        return found
    }

    @Test("reads operations before the device is imported, and commands behind")
    func kinds() throws {
        let operations = USBIPClientMessage.deviceList + USBIPClientMessage.importDevice("1-1")
        #expect(try requests(operations, attached: false) == [.deviceList, .importDevice(busID: "1-1")])
        let commands =
            USBIPClientMessage.submit(7, isIn: false, endpoint: 2, length: 3, data: [1, 2, 3])
            + USBIPClientMessage.submit(8, isIn: true, endpoint: 1, length: 512, packets: .max)
            + USBIPClientMessage.unlink(9, target: 8)
        let expected: [USBIPRequest] = [
            .submit(
                USBIPSubmission(
                    sequence: 7, endpoint: 0x02, isIn: false, flags: 0, length: 3, setup: .init(repeating: 0, count: 8),
                    data: [1, 2, 3])),
            .submit(
                USBIPSubmission(
                    sequence: 8, endpoint: 0x81, isIn: true, flags: 0, length: 512,
                    setup: .init(repeating: 0, count: 8), data: [])),
            .unlink(sequence: 9, target: 8),
        ]
        for chunk in [1, 2, 3, 47, 48, 49, 1000] {
            #expect(try requests(commands, attached: true, chunk: chunk) == expected)
        }
    }

    @Test("refuses what breaks the protocol, from then on")
    func malformed() {
        func failure(_ bytes: [UInt8], attached: Bool) -> USBIPParser.Failure? {
            var parser = USBIPParser()
            parser.isAttached = attached
            parser.append(bytes)
            do {
                while try parser.next() != nil {}
                return nil
            } catch {
                parser.append(USBIPClientMessage.deviceList)
                #expect(throws: error) { try parser.next() }
                #expect(parser.waiting == 0)
                return error
            }
        }
        #expect(failure([0x02, 0x00, 0x80, 0x05, 0, 0, 0, 0], attached: false) == .version(0x0200))
        #expect(failure([0x01, 0x11, 0x12, 0x34, 0, 0, 0, 0], attached: false) == .unknownOperation(0x1234))
        #expect(failure([UInt8](repeating: 9, count: 48), attached: true) == .unknownCommand(0x0909_0909))
        typealias Message = USBIPClientMessage
        #expect(failure(Message.submit(1, isIn: true, endpoint: 16, length: 0), attached: true) == .badEndpoint(16))
        #expect(failure(Message.submit(1, isIn: true, endpoint: 1, length: -1), attached: true) == .badLength(-1))
        let long = Int32(USBIPParser.longestTransfer + 1)
        #expect(failure(Message.submit(1, isIn: false, endpoint: 2, length: long), attached: true) == .badLength(long))
        #expect(
            failure(Message.submit(1, isIn: true, endpoint: 1, length: 8, packets: 3), attached: true) == .isochronous)
    }

    @Test("bears any bytes", arguments: 0..<50 as Range<UInt64>)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var parser = USBIPParser()
        parser.isAttached = seed % 2 == 0
        for _ in 0..<100 {
            // Words that are often small get further.
            parser.append(
                (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator) & (Bool.random(using: &generator) ? 1 : 0)
                })
            while let request = try? parser.next() { _ = request }
        }
    }
}
