import RTOS

/// A USB bus with one device, and its host controller: a plain value that is told the time, takes URBs and says when
/// they are complete.
///
/// Time on it goes in microframes of 125 µs with room for 13 bulk packets of 512 bytes each (full speed: frames of
/// 1 ms, 19 packets of 64). The endpoints with URBs take turns; one that answers NAK costs nothing and is tried again
/// when the device may have changed its mind. A URB for an idle endpoint begins with the next microframe, one behind
/// another follows without a pause, and the owner learns of its end `turnaround` after the microframe in which its
/// last packet went. Any number may be in flight.
///
/// In virtual time, advance to `nextEventTime` again and again. In wall time, sleep until then, or until there is
/// something to submit, and advance to now: `USBHostController` is a thread that does so. Buffers are borrowed from
/// `submit` to the completion, and the device reads and writes them in place.
public struct VirtualUSBBus<Device: USBDevice>: Sendable {
    /// Nanoseconds from the end of a microframe to its owner's hearing of a URB that ended in it: interrupt, host
    /// controller driver and wake-up of the owner. Of the size that they have on a PC.
    public static var turnaround: UInt64 { 20_000 }

    /// The device. To change it, as by what is wired to its pins, use `withDevice`.
    public private(set) var device: Device
    private var pipes: [USBPipe]
    private var turn = 0
    private let frames: USBFrames
    private var now = MonotonicTime(nanoseconds: 0)
    /// The first packet time that has not been used.
    private var freeSlot: UInt64 = 0
    /// In the order of their times.
    private var endings: [URBCompletion] = []
    private var isPulled = false
    /// Notes each URB's address and length in `submissions`, so that a test can see whose memory it is.
    public var recordsSubmissions = false
    public private(set) var submissions: [URBSubmission] = []

    public init(_ device: Device) {
        self.device = device
        frames = USBFrames(speed: device.speed)
        pipes = [USBPipe(endpoint: 0)] + device.bulkEndpoints.map { USBPipe(endpoint: $0) }
    }

    // MARK: URBs

    /// Takes a URB, whose buffer must stay valid until its completion; false if the device has no such endpoint.
    @discardableResult
    public mutating func submit(_ urb: URB, at time: MonotonicTime) -> Bool {
        guard let place = pipes.firstIndex(where: { $0.endpoint == urb.endpoint }) else { return false }
        catchUp(to: time)
        pipes[place].append(urb, eligible: frames.nextFrame(after: now))
        if recordsSubmissions {
            let buffer = urb.buffer
            submissions.append(
                URBSubmission(
                    id: urb.id, endpoint: urb.endpoint, address: UInt(bitPattern: buffer.baseAddress),
                    count: buffer.count, time: now))
        }
        endIfUnplugged()
        return true
    }

    /// Takes a URB back. It completes as cancelled, at once, with what had crossed the bus; false if it is not there,
    /// or has come to its end.
    @discardableResult
    public mutating func cancel(_ id: UInt64, at time: MonotonicTime) -> Bool {
        catchUp(to: time)
        for place in pipes.indices {
            guard let done = pipes[place].remove(id) else { continue }
            end(id, pipes[place].endpoint, .cancelled, done, at: now)
            return true
        }
        return false
    }

    /// URBs that have been submitted and whose completion has not been handed out.
    public var inFlight: Int { pipes.reduce(endings.count) { $0 + $1.count } }

    /// What has gone through an endpoint (0: control transfers).
    public func counters(endpoint: UInt8) -> USBEndpointCounters {
        pipes.first { $0.endpoint == endpoint }?.counters ?? USBEndpointCounters()
    }

    // MARK: The device

    /// True once the device is gone.
    public var isUnplugged: Bool { isPulled || device.isUnplugged }

    /// Pulls the device out. Every URB ends.
    public mutating func unplug(at time: MonotonicTime) {
        catchUp(to: time)
        isPulled = true
        endIfUnplugged()
    }

    /// Puts a device of the same speed and with the same endpoints in the place of one that is gone.
    public mutating func plugIn(_ device: Device, at time: MonotonicTime) {
        unplug(at: time)
        self.device = device
        isPulled = false
    }

    /// Changes the device from outside: what is wired to it, what a far end sends.
    public mutating func withDevice<Result>(
        at time: MonotonicTime, _ body: (inout Device) throws -> Result
    ) rethrows -> Result {
        catchUp(to: time)
        defer { somethingChanged() }
        return try body(&device)
    }

    // MARK: Time

    /// When a packet may go or a completion is due; nil if nothing happens until somebody does something.
    public var nextEventTime: MonotonicTime? {
        guard let packet = nextSlot.map(frames.time(ofSlot:)) else { return endings.first?.time }
        return endings.first.map { min($0.time, packet) } ?? packet
    }

    /// Lets everything happen that is due by `time`, and hands out the URBs that are complete by then.
    public mutating func advance(to time: MonotonicTime, completed: (URBCompletion) -> Void) {
        catchUp(to: time)
        let due = endings.prefix { $0.time <= now }.count
        guard due > 0 else { return }
        for ending in endings.prefix(due) { completed(ending) }
        endings.removeFirst(due)
    }

    private mutating func catchUp(to time: MonotonicTime) {
        while let slot = nextSlot {
            let slotTime = frames.time(ofSlot: slot)
            guard slotTime <= time else { break }
            now = max(now, slotTime)
            freeSlot = slot + 1
            device.advance(to: slotTime)
            endIfUnplugged()
            movePacket(at: slotTime)
        }
        guard time > now else { return }
        now = time
        if !isPulled { device.advance(to: time) }
        endIfUnplugged()
    }

    private var nextSlot: UInt64? {
        guard !isPulled else { return nil }
        var earliest: MonotonicTime?
        for pipe in pipes {
            guard let time = pipe.earliest, time != .never else { continue }
            earliest = earliest.map { min($0, time) } ?? time
        }
        return earliest.map { max(freeSlot, frames.slot(notBefore: $0)) }
    }

    // MARK: Packets

    private mutating func movePacket(at time: MonotonicTime) {
        for offset in 0..<pipes.count {
            let place = (turn + offset) % pipes.count
            guard let earliest = pipes[place].earliest, earliest <= time else { continue }
            guard tryPacket(place, at: time) else { continue }
            turn = (place + 1) % pipes.count
            somethingChanged()
            endIfUnplugged()
            return
        }
    }

    /// A NAK that was certain may be so no longer.
    private mutating func somethingChanged() {
        for place in pipes.indices { pipes[place].retry = MonotonicTime(nanoseconds: 0) }
    }

    /// False if the device answered NAK.
    private mutating func tryPacket(_ place: Int, at time: MonotonicTime) -> Bool {
        guard let urb = pipes[place].first else { return false }
        switch urb.transfer {
        case .control(let setup, let buffer): control(setup, buffer, place, at: time)
        case .bulkOut(let endpoint, let buffer): return out(endpoint, buffer, place, at: time)
        case .bulkIn(let endpoint, let buffer): return `in`(endpoint, buffer, place, at: time)
        }
        return true
    }

    private mutating func control(
        _ setup: USBSetup, _ buffer: UnsafeMutableRawBufferPointer, _ place: Int, at time: MonotonicTime
    ) {
        let length = min(Int(setup.length), buffer.count)
        let data = UnsafeMutableRawBufferPointer(rebasing: buffer[..<length])
        pipes[place].counters.packets += 1
        switch device.control(setup, data: setup.isIn ? .init(start: nil, count: 0) : .init(data), at: time) {
        case .stall: endFirst(place, .stalled, 0, at: time)
        case .data(let answer):
            let count = setup.isIn ? min(answer.count, length) : length
            if setup.isIn { data.copyBytes(from: answer.prefix(count)) }
            pipes[place].counters.bytes += UInt64(count)
            endFirst(place, .completed, count, at: time)
        }
    }

    private mutating func out(
        _ endpoint: UInt8, _ buffer: UnsafeRawBufferPointer, _ place: Int, at time: MonotonicTime
    ) -> Bool {
        let done = pipes[place].progress
        let size = min(device.speed.bulkPacketSize, buffer.count - done)
        switch device.bulkOut(.init(rebasing: buffer[done..<done + size]), endpoint: endpoint, at: time) {
        case .nak:
            pipes[place].retry = device.nextChange(endpoint: endpoint, size: size) ?? .never
            return false
        case .stall: endFirst(place, .stalled, done, at: time)
        case .ack:
            passed(size, place)
            if done + size == buffer.count { endFirst(place, .completed, done + size, at: time) }
        }
        return true
    }

    private mutating func `in`(
        _ endpoint: UInt8, _ buffer: UnsafeMutableRawBufferPointer, _ place: Int, at time: MonotonicTime
    ) -> Bool {
        let done = pipes[place].progress
        let largest = device.speed.bulkPacketSize
        var overflow = false
        let answer: USBInAnswer
        if buffer.count - done >= largest {
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + largest])
            answer = device.bulkIn(into: room, endpoint: endpoint, at: time)
        } else {
            // What does not fit is lost, as on a real bus.
            answer = withUnsafeTemporaryAllocation(byteCount: largest, alignment: 1) { packet in
                let answer = device.bulkIn(into: packet, endpoint: endpoint, at: time)
                guard case .data(let count) = answer else { return answer }
                let fitting = min(count, buffer.count - done)
                overflow = fitting < count
                UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyMemory(
                    from: .init(rebasing: packet[..<fitting]))
                return .data(fitting)
            }
        }
        switch answer {
        case .nak:
            pipes[place].retry = device.nextChange(endpoint: endpoint, size: 0) ?? .never
            return false
        case .stall: endFirst(place, .stalled, done, at: time)
        case .data(let count):
            passed(count, place)
            if overflow {
                endFirst(place, .overflowed, done + count, at: time)
            } else if count < largest || done + count == buffer.count {
                endFirst(place, .completed, done + count, at: time)
            }
        }
        return true
    }

    private mutating func passed(_ count: Int, _ place: Int) {
        pipes[place].progress += count
        pipes[place].counters.packets += 1
        pipes[place].counters.bytes += UInt64(count)
    }

    // MARK: Ends

    private mutating func endFirst(_ place: Int, _ status: URBCompletion.Status, _ count: Int, at time: MonotonicTime) {
        guard let urb = pipes[place].first else { return }
        pipes[place].removeFirst()
        let learnt = frames.frameEnd(notBefore: time).advanced(byNanoseconds: Self.turnaround)
        end(urb.id, urb.endpoint, status, count, at: learnt)
    }

    private mutating func end(
        _ id: UInt64, _ endpoint: UInt8, _ status: URBCompletion.Status, _ count: Int, at time: MonotonicTime
    ) {
        let ending = URBCompletion(id: id, endpoint: endpoint, status: status, count: count, time: time)
        // Only what ends at once, by cancelling or unplugging, overtakes.
        let place = endings.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
        endings.insert(ending, at: place)
    }

    private mutating func endIfUnplugged() {
        guard isUnplugged else { return }
        isPulled = true
        for place in pipes.indices {
            while let urb = pipes[place].first {
                let done = pipes[place].progress
                pipes[place].removeFirst()
                end(urb.id, urb.endpoint, .unplugged, done, at: now)
            }
        }
    }
}
