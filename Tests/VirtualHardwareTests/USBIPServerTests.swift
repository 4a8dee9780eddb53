import Glibc
import RTOS
import Testing

@testable import VirtualHardware

/// A client as Linux has one in its kernel, on a socket.
final class USBIPClient {
    let socket: Int32

    init?(port: UInt16) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafeBytes(of: &place) {
            connect(socket, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        guard result == 0 else {
            close(socket)
            return nil
        }
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(socket) }

    func send(_ bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let step = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL))
            }
            guard step > 0 else { return }
            done += step
        }
    }

    /// Fewer once the server has hung up.
    func receive(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let step = recv(socket, buffer.baseAddress! + done, count - done, 0)
                guard step > 0 else { return }
                done += step
            }
        }
    }

    /// An answer to a command.
    struct Answer: Equatable {
        var command: UInt32
        var sequence: UInt32
        var status: Int32
        var count: Int
        var data: [UInt8] = []
    }

    /// - Parameter inputs: the sequence numbers of IN transfers, whose answers carry data.
    func answer(inputs: Set<UInt32>) -> Answer? {
        let header = receive(48)
        guard header.count == 48 else { return nil }
        func word(_ place: Int) -> UInt32 { header[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        var answer = Answer(
            command: word(0), sequence: word(4), status: Int32(bitPattern: word(20)), count: Int(word(24)))
        if answer.command == 3, inputs.contains(answer.sequence) { answer.data = receive(answer.count) }
        return answer
    }

    /// Imports the device; false if it was refused.
    func attach(_ busID: String = "1-1") -> Bool {
        send(USBIPClientMessage.importDevice(busID))
        let header = receive(8)
        guard header == [0x01, 0x11, 0x00, 0x03, 0, 0, 0, 0] else { return false }
        return receive(312).count == 312
    }

    /// A vendor request without data.
    func vendor(_ sequence: UInt32, _ request: UInt8, value: UInt16 = 0) -> Answer? {
        let setup = [0x40, request, UInt8(value & 0xFF), UInt8(value >> 8), 0, 0, 0, 0]
        send(USBIPClientMessage.submit(sequence, isIn: false, endpoint: 0, length: 0, setup: setup))
        return answer(inputs: [])
    }
}

@Suite("USB/IP server", .timeLimit(.minutes(30)))
struct USBIPServerTests {
    private func server(_ chip: VirtualFT232H = VirtualFT232H()) throws -> USBIPServer {
        try USBIPServer(chip, port: 0)
    }

    @Test("lists its device")
    func list() throws {
        let server = try server()
        defer { server.stop() }
        let client = try #require(USBIPClient(port: server.port))
        client.send(USBIPClientMessage.deviceList)
        let reply = client.receive(12 + 312 + 4)
        #expect(reply.prefix(12) == [0x01, 0x11, 0x00, 0x05, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(Array(reply[12 + 256..<12 + 260]) == Array("1-1\0".utf8))
        // High speed, 0403:6014, release 9.00, one configuration with one interface of FTDI's class.
        #expect(Array(reply[12 + 296..<12 + 306]) == [0, 0, 0, 3, 0x04, 0x03, 0x60, 0x14, 0x09, 0x00])
        #expect(Array(reply[12 + 306..<12 + 312]) == [0, 0, 0, 1, 1, 1])
        #expect(Array(reply.suffix(4)) == [0xFF, 0xFF, 0xFF, 0])
    }

    @Test("carries control, OUT and IN transfers, many at once")
    func transfers() throws {
        let server = try server()
        defer { server.stop() }
        let client = try #require(USBIPClient(port: server.port))
        #expect(client.attach())
        let descriptor: [UInt8] = [0x80, 6, 0, 1, 0, 0, 18, 0]
        client.send(USBIPClientMessage.submit(1, isIn: true, endpoint: 0, length: 18, setup: descriptor))
        let answer = client.answer(inputs: [1])
        #expect(answer?.status == 0 && answer?.count == 18 && answer?.data.prefix(2) == [18, 1])
        #expect(client.vendor(2, 0x0B, value: 0x0200)?.status == 0)
        #expect(client.vendor(3, 0x55)?.status == -32)

        let data = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        let command = setUp() + [0x31, UInt8(999 & 0xFF), UInt8(999 >> 8)] + data + [0x87]
        client.send(USBIPClientMessage.submit(10, isIn: true, endpoint: 1, length: 512))
        client.send(USBIPClientMessage.submit(11, isIn: true, endpoint: 1, length: 512))
        client.send(
            USBIPClientMessage.submit(12, isIn: false, endpoint: 2, length: Int32(command.count), data: command))
        // Status packets may come before the data: as many reads as it takes.
        var (received, next) = ([UInt8](), 13 as UInt32)
        while received.count < data.count, let answer = client.answer(inputs: Set(10..<1000).subtracting([12])) {
            #expect(answer.status == 0)
            guard answer.sequence != 12 else { continue }
            received += answer.data.dropFirst(2)
            client.send(USBIPClientMessage.submit(next, isIn: true, endpoint: 1, length: 512))
            next += 1
        }
        #expect(received == data)
    }

    @Test("takes URBs back: one that waits, and one that has ended")
    func unlink() throws {
        var faults = FaultPlan()
        faults.nakAfter = 0
        let server = try server(VirtualFT232H(faults: faults))
        defer { server.stop() }
        let client = try #require(USBIPClient(port: server.port))
        #expect(client.attach())
        client.send(USBIPClientMessage.submit(1, isIn: true, endpoint: 1, length: 512))
        client.send(USBIPClientMessage.unlink(2, target: 1))
        #expect(client.answer(inputs: [1]) == .init(command: 4, sequence: 2, status: -104, count: 0))
        #expect(client.vendor(3, 0x09, value: 5)?.status == 0)
        client.send(USBIPClientMessage.unlink(4, target: 3))
        #expect(client.answer(inputs: []) == .init(command: 4, sequence: 4, status: 0, count: 0))
        // No such endpoint.
        client.send(USBIPClientMessage.submit(5, isIn: true, endpoint: 9, length: 64))
        #expect(client.answer(inputs: [5])?.status == -32)
    }

    @Test("gives the device to one client at a time, and to the next when that has gone")
    func oneAtATime() throws {
        let server = try server()
        defer { server.stop() }
        var first = USBIPClient(port: server.port)
        #expect(first?.attach() == true)
        let second = try #require(USBIPClient(port: server.port))
        #expect(!second.attach())
        #expect(!second.attach("9-9"))
        // It vanishes with URBs under way.
        for sequence in 1...20 as ClosedRange<UInt32> {
            first?.send(USBIPClientMessage.submit(sequence, isIn: true, endpoint: 1, length: 65536))
        }
        first = nil
        var hasIt = false
        for _ in 0..<1000 where !hasIt {
            hasIt = try #require(USBIPClient(port: server.port)).attach()
            if !hasIt { usleep(5000) }
        }
        #expect(hasIt)
    }

    @Test("survives clients that break the protocol, and those that never finish")
    func malformed() throws {
        let server = try server()
        defer { server.stop() }
        let slow = try #require(USBIPClient(port: server.port))
        slow.send([0x01, 0x11, 0x80])
        for garbage in [[9, 9, 9, 9, 9, 9, 9, 9], [0x01, 0x11, 0x80, 0x77, 0, 0, 0, 0]] as [[UInt8]] {
            let client = try #require(USBIPClient(port: server.port))
            client.send(garbage)
            #expect(client.receive(1) == [])
        }
        let client = try #require(USBIPClient(port: server.port))
        #expect(client.attach())
        client.send(USBIPClientMessage.submit(1, isIn: true, endpoint: 1, length: -5))
        #expect(client.receive(1) == [])
        // One that asks for more memory than a client may have.
        let greedy = try #require(USBIPClient(port: server.port))
        for _ in 0..<1000 {
            if greedy.attach() { break }
            usleep(5000)
        }
        #expect(greedy.vendor(100, 0x09, value: 255)?.status == 0)
        for sequence in 1...10 as ClosedRange<UInt32> {
            greedy.send(USBIPClientMessage.submit(sequence, isIn: true, endpoint: 1, length: 16 << 20))
        }
        while greedy.answer(inputs: Set(1...10)) != nil {}
        slow.send(Array(USBIPClientMessage.deviceList.dropFirst(3)))
        #expect(slow.receive(328).count == 328)
    }

    @Test("An unplugged device takes its client's connection with it")
    func unplug() throws {
        let server = try server()
        defer { server.stop() }
        let client = try #require(USBIPClient(port: server.port))
        #expect(client.attach())
        #expect(client.vendor(1, 0x09, value: 255)?.status == 0)
        // The first goes at once, with the status bytes; the next waits for the latency timer.
        for sequence in 2...3 as ClosedRange<UInt32> {
            client.send(USBIPClientMessage.submit(sequence, isIn: true, endpoint: 1, length: 512))
        }
        #expect(client.answer(inputs: [2, 3])?.sequence == 2)
        _ = server.withBus { bus, now in bus.unplug(at: now) }
        while client.answer(inputs: [2, 3]) != nil {}
        let next = try #require(USBIPClient(port: server.port))
        #expect(!next.attach())
    }

    @Test("says what it could not do")
    func failures() throws {
        let server = try server()
        defer { server.stop() }
        #expect(throws: USBIPServer.Failure(call: "bind", code: EADDRINUSE)) {
            try USBIPServer(VirtualFT232H(), port: server.port)
        }
        #expect(throws: USBIPServer.Failure(call: "inet_pton", code: EINVAL)) {
            try USBIPServer(VirtualFT232H(), address: "nowhere", port: 0)
        }
    }
}
