import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

/// A peripheral whose wire ends where it begins, and packets through it: mailbox → wire → framer → queue.
final class PacketRig: Sendable {
    static let devices = ["virtual://uart?baud=3000000", "virtual://tty", "virtual://spi?speed=10M"]

    let port: Peripheral
    let mailbox: ZeroCopyMailbox
    let pool: MemoryPool
    let queue: PostQueue
    let receiver: PacketReceiver<COBSDecoder>
    let transmitter: PacketTransmitter

    init(_ device: String, blocks: Int = 8, received: Int = 256, blockSize: Int = 300, queueSize: Int = 256) throws {
        port = try Peripheral(device)
        mailbox = try ZeroCopyMailbox(blockSize: 300, capacity: blocks)
        pool = try MemoryPool(blockSize: blockSize, capacity: received)
        queue = PostQueue(size: queueSize, pool: MessagePool(count: queueSize))
        try port.control(.useZeroCopyTX)
        receiver = try PacketReceiver(port, framing: COBSDecoder(), into: pool, queue: queue)
        transmitter =
            port.isSPI
            ? try PacketTransmitter(port, from: mailbox, exchangingInto: receiver)
            : try PacketTransmitter(port, from: mailbox)
    }

    deinit {
        transmitter.stop()
        while let packet = try? receiver.receive(.now) { packet.takeBlock().giveBack() }
        port.close()
    }

    func send(_ packet: [UInt8]) throws {
        var block = try mailbox.take()
        var encoder = COBSEncoder()
        let count = packet.withUnsafeBytes { encoder.encode($0, into: block.memory) }
        block.count = try #require(count)
        try transmitter.send(block)
    }

    func receive() throws -> [UInt8] {
        guard let packet = try receiver.receive(.milliseconds(20_000)) else { throw PeripheralError.timedOut }
        return packet.block.memory[..<packet.block.count].map { $0 }
    }

    static func packet(_ number: Int, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number) }
    }
}

@Suite("Packets through a peripheral", .watched)
struct PacketTests {
    @Test("What is sent comes back whole and in order, whatever its length", arguments: PacketRig.devices)
    func roundTrip(device: String) throws {
        let rig = try PacketRig(device)
        let sizes = (0..<200).map { 1 + ($0 * 37) % 256 }
        let sending = Call("sender") {
            for (number, size) in sizes.enumerated() { try rig.send(PacketRig.packet(number, count: size)) }
        }
        for (number, size) in sizes.enumerated() {
            #expect(try rig.receive() == PacketRig.packet(number, count: size))
        }
        _ = try sending.value()
        #expect(try rig.transmitter.waitUntilSent(.milliseconds(20_000)))
        #expect(rig.transmitter.statistics == .init(sent: 200, failed: 0, failure: nil))
        #expect(rig.receiver.statistics.packets == 200)
        #expect(rig.receiver.statistics.dropped == 0)
    }

    @Test("Every block comes back to its pool", arguments: PacketRig.devices)
    func blocksComeBack(device: String) throws {
        let rig = try PacketRig(device)
        for number in 0..<20 { try rig.send(PacketRig.packet(number, count: 40)) }
        for _ in 0..<20 { _ = try rig.receive() }
        #expect(try rig.transmitter.waitUntilSent(.milliseconds(20_000)))
        rig.transmitter.stop()
        try rig.receiver.stop()
        #expect(rig.mailbox.space == rig.mailbox.capacity)
        // One may stay ready for the next packet.
        #expect(rig.pool.space >= rig.pool.capacity - 1)
    }

    @Test("A device is given the blocks themselves, and a packet of several waits behind the one on the wire")
    func zeroCopy() throws {
        let (port, device) = try Peripheral.gated()
        let mailbox = try ZeroCopyMailbox(blockSize: 16, capacity: 4)
        let transmitter = try PacketTransmitter(port, from: mailbox)
        var addresses: [UnsafeMutableRawPointer] = []
        for _ in 0..<3 {
            var block = try mailbox.take()
            block.count = 16
            addresses.append(block.address)
            try transmitter.send(block)
        }
        for (number, address) in addresses.enumerated() {
            try eventually("packet \(number) is on the wire") { device.memory == UnsafeRawPointer(address) }
            #expect(mailbox.pool.count == 3 - number, "a block goes back when it is off the wire, not before")
            try device.finish()
        }
        try eventually("all are back") { mailbox.pool.count == 0 }
        #expect(transmitter.statistics.sent == 3)
        transmitter.stop()
        port.close()
    }

    @Test("A block that somebody put into the mailbox goes out when the transmitter is told of it")
    func wakes() throws {
        let (port, device) = try Peripheral.gated()
        let mailbox = try ZeroCopyMailbox(blockSize: 16, capacity: 4)
        let transmitter = try PacketTransmitter(port, from: mailbox)
        var block = try mailbox.take()
        block.count = 16
        let address = block.address
        try mailbox.send(block)
        transmitter.wake()
        try eventually("it is on the wire") { device.memory == UnsafeRawPointer(address) }
        try device.finish()
        #expect(try transmitter.waitUntilSent(.milliseconds(20_000)))
        #expect(transmitter.statistics.sent == 1)
        transmitter.stop()
        port.close()
    }

    @Test("A task that waits for the write mutex is let through between packets")
    func mutexIsFair() throws {
        let (port, device) = try Peripheral.gated()
        let mailbox = try ZeroCopyMailbox(blockSize: 16, capacity: 4)
        let transmitter = try PacketTransmitter(port, from: mailbox)
        func sendOne() throws {
            var block = try mailbox.take()
            block.count = 16
            try transmitter.send(block)
        }
        try sendOne()
        try eventually("it is on the wire") { device.transfers == 1 }
        let held = Call("holder") {
            try port.control(.obtainWriteMutex(.forever))
            try port.control(.releaseWriteMutex)
        }
        try eventually("it waits") { port.engine.state.withLock { !$0.writeMutex.waiters.isEmpty } }
        try sendOne()
        try device.finish()
        _ = try held.value()
        try eventually("the second packet follows") { device.transfers == 2 }
        try device.finish()
        #expect(try transmitter.waitUntilSent(.milliseconds(20_000)))
        transmitter.stop()
        port.close()
    }

    @Test("With no block left packets are counted, and reception goes on", arguments: PacketRig.devices)
    func emptyPool(device: String) throws {
        let rig = try PacketRig(device, received: 2)
        for number in 0..<10 { try rig.send(PacketRig.packet(number, count: 20)) }
        #expect(try rig.transmitter.waitUntilSent(.milliseconds(20_000)))
        try eventually("all have come in") {
            rig.receiver.statistics.packets + rig.receiver.statistics.faults[.noBlock] == 10
        }
        #expect(rig.receiver.statistics.packets == 2)
        #expect(try rig.receive() == PacketRig.packet(0, count: 20))
        #expect(try rig.receive() == PacketRig.packet(1, count: 20))
        try rig.send(PacketRig.packet(99, count: 20))
        #expect(try rig.receive() == PacketRig.packet(99, count: 20))
    }

    @Test("So they are with a full queue", arguments: PacketRig.devices)
    func fullQueue(device: String) throws {
        let rig = try PacketRig(device, queueSize: 3)
        for number in 0..<7 { try rig.send(PacketRig.packet(number, count: 20)) }
        try eventually("all have come in") { rig.receiver.statistics.packets + rig.receiver.statistics.refused == 7 }
        #expect(rig.receiver.statistics.refused == 4)
        for number in 0..<3 { #expect(try rig.receive() == PacketRig.packet(number, count: 20)) }
    }

    @Test(
        "A packet longer than its block is counted, and the next one received", arguments: PacketRig.devices.prefix(2))
    func overlong(device: String) throws {
        let rig = try PacketRig(device, blockSize: 100)
        try rig.send(PacketRig.packet(0, count: 150))
        try rig.send(PacketRig.packet(1, count: 90))
        #expect(try rig.receive() == PacketRig.packet(1, count: 90))
        #expect(rig.receiver.statistics.faults[.overlong] == 1)
    }

    @Test("A packet with a parity error is counted and not delivered; those around it are")
    func parityError() throws {
        let rig = try PacketRig("virtual://uart?baud=3000000&parity=even&flip=0.002&seed=7")
        for number in 0..<100 { try rig.send(PacketRig.packet(number, count: 50)) }
        #expect(try rig.transmitter.waitUntilSent(.milliseconds(20_000)))
        var received = 0
        var last = -1
        while let packet = try? rig.receiver.receive(.milliseconds(200)) {
            let bytes = packet.block.memory[..<packet.block.count].map { $0 }
            #expect(bytes == PacketRig.packet(Int(bytes[0]), count: 50), "never half a packet")
            #expect(Int(bytes[0]) > last)
            last = Int(bytes[0])
            received += 1
        }
        let statistics = rig.receiver.statistics
        #expect(statistics.faults[.lineError] > 0)
        #expect(received < 100 && received > 50)
        #expect(UInt64(received) == statistics.packets)
    }

    @Test("Where a read brings a packet from its first byte on, nothing is copied")
    func uncopied() throws {
        let port = try Peripheral("virtual://uart?baud=3000000")
        let pool = try MemoryPool(blockSize: 64, capacity: 4)
        let queue = PostQueue(size: 4, pool: MessagePool(count: 4))
        let receiver = try PacketReceiver(port, framing: IdleGapDecoder(gap: 20_000_000), into: pool, queue: queue)
        for number in 0..<3 {
            _ = try port.write(PacketRig.packet(number, count: 40).span.bytes)
            guard let packet = try receiver.receive(.milliseconds(20_000)) else { throw PeripheralError.timedOut }
            #expect(packet.block.memory[..<packet.block.count].map { $0 } == PacketRig.packet(number, count: 40))
        }
        #expect(receiver.statistics.uncopied == 3)
        try receiver.stop()
        port.close()
    }

    @Test("Device loss ends it: every block comes back, and the failure is told")
    func deviceLoss() throws {
        let (port, device) = try Peripheral.gated()
        let mailbox = try ZeroCopyMailbox(blockSize: 16, capacity: 4)
        let transmitter = try PacketTransmitter(port, from: mailbox)
        for _ in 0..<3 {
            var block = try mailbox.take()
            block.count = 16
            try transmitter.send(block)
        }
        try eventually("the first is on the wire") { device.transfers == 1 }
        device.fail(.deviceLost("gated"))
        #expect(throws: PeripheralError.deviceLost("gated")) { try transmitter.waitUntilSent() }
        try eventually("all that were taken are back") { mailbox.pool.count == mailbox.count }
        #expect(transmitter.statistics.failed >= 1)
        #expect(transmitter.statistics.failure == .deviceLost("gated"))
        transmitter.stop()
        port.close()
    }

    @Test(
        "Whoever waits for a packet ends with the device, by `stop`, or by `close`, after the packets that came before")
    func receiveEnds() throws {
        func rig(_ device: String) throws -> (Peripheral, PacketReceiver<FixedSizeDecoder>) {
            let port = try Peripheral(device)
            let pool = try MemoryPool(blockSize: 4, capacity: 8)
            let queue = PostQueue(size: 8, pool: MessagePool(count: 8))
            return (port, try PacketReceiver(port, framing: FixedSizeDecoder(size: 4), into: pool, queue: queue))
        }
        let endings:
            [(String, PeripheralError, @Sendable (Peripheral, PacketReceiver<FixedSizeDecoder>) throws -> Void)] = [
                ("virtual://uart?baud=3000000&unplug=8", .deviceLost("virtual://uart"), { _, _ in }),
                ("virtual://uart?baud=3000000", .cancelled, { _, receiver in try receiver.stop() }),
                ("virtual://uart?baud=3000000", .closed, { port, _ in port.close() }),
            ]
        for (device, error, end) in endings {
            let (port, receiver) = try rig(device)
            let waiting = Call("receiver") {
                var count = 0
                while let packet = try receiver.receive() { count += packet.block.count }
                return count
            }
            try eventually("it waits") { receiver.queue.waiterCount == 1 }
            _ = try? port.write(([1, 2, 3, 4] as [UInt8]).span.bytes)
            try eventually("a packet came in") { receiver.statistics.packets >= 1 }
            try eventually("and was taken") { receiver.queue.waiterCount == 1 }
            // The last of the eight bytes unplugs the device.
            _ = try? port.write(([5, 6, 7, 8, 9] as [UInt8]).span.bytes)
            try end(port, receiver)
            #expect(throws: error) { try waiting.value() }
            // A packet that came before the end can still be had; then it is told again.
            while let kept = try? receiver.receive(.now) { kept.takeBlock().giveBack() }
            #expect(throws: error) { _ = try receiver.receive(.now) }
            port.close()
        }
    }

    @Test("Closing the peripheral gives every block back")
    func close() throws {
        let (port, device) = try Peripheral.gated()
        let mailbox = try ZeroCopyMailbox(blockSize: 16, capacity: 4)
        let transmitter = try PacketTransmitter(port, from: mailbox)
        var block = try mailbox.take()
        block.count = 16
        try transmitter.send(block)
        try eventually("it is on the wire") { device.transfers == 1 }
        port.close()
        #expect(mailbox.pool.count == 0)
        transmitter.stop()
    }

    @Test("A read is refused while packets are received, and a mode cannot change")
    func modes() throws {
        let rig = try PacketRig(PacketRig.devices[0])
        #expect(throws: PeripheralError.self) {
            var byte: UInt8 = 0
            _ = try withUnsafeMutableBytes(of: &byte) { try rig.port.read(into: $0) }
        }
        #expect(throws: PeripheralError.refused(.transferInProgress)) { try rig.port.control(.usePolledRX) }
        #expect(throws: PeripheralError.refused(.transferInProgress)) { try rig.port.control(.usePolledTX) }
        rig.transmitter.stop()
        try rig.receiver.stop()
        try rig.port.control(.usePolledTX)
        try rig.port.control(.usePolledRX)
        let sent = try rig.port.write(([1, 2, 3] as [UInt8]).span.bytes)
        #expect(sent == 3)
    }
}
