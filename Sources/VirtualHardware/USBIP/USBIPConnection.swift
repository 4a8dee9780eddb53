import Glibc
import RTOS

/// One client of a USB/IP server: a socket, a thread that reads requests, and one that writes the answers that the socket
/// does not take at once, so that a client that does not read holds nobody up but itself.
///
/// What the socket takes is written by whoever has the answer: another thread would only be one more to wake.
final class USBIPConnection: Sendable {
    /// Bytes of answers that may wait for a client before it is taken for dead.
    private static let longestBacklog = 64 << 20
    /// Bytes of buffers that a client's URBs may hold.
    private static let mostInFlight = 64 << 20
    /// Seconds that a client has for its request before it has a device.
    private static let patience = 10

    /// A URB of this client, under way.
    private struct Transfer {
        let sequence: UInt32
        let isIn: Bool
        let flags: UInt32
        let buffer: UnsafeMutableRawBufferPointer
        /// The request that wants it back.
        var unlink: UInt32?
    }

    private struct State: @unchecked Sendable {
        var transfers: [UInt64: Transfer] = [:]
        var bytesInFlight = 0
        var answers: [[UInt8]] = []
        var backlog = 0
        /// Some thread writes what there is.
        var isWriting = false
        var isClosing = false
        var lastID: UInt64 = 0
    }

    /// In front of a connection's own URB numbers, so that those of two clients differ.
    let number: UInt64
    private let socket: Int32
    private let state = Guarded(State())
    /// Rouses the thread that writes: it is its turn, or the end.
    private let turn = Semaphore(limit: 1)

    init(socket: Int32, number: UInt64) {
        self.socket = socket
        self.number = number
        var timeout = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    // MARK: Reading

    /// Reads and obeys until the client has gone or the server ends the connection.
    func serve(_ server: USBIPServer) {
        let writer = RTOSThread.startJoinable(name: "hil usbip out") { [self] in writeRest() }
        var parser = USBIPParser()
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { chunk.deallocate() }
        reading: while true {
            let count = recv(socket, chunk.baseAddress, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            parser.append(chunk[..<count])
            do throws(USBIPParser.Failure) {
                while let request = try parser.next() {
                    guard obey(request, &parser, server) else { break reading }
                }
            } catch {
                break
            }
        }
        server.hasLeft(self, wasAttached: parser.isAttached)
        hangUp()
        writer.join()
        close(socket)
    }

    /// False if the client is not worth another request.
    private func obey(_ request: USBIPRequest, _ parser: inout USBIPParser, _ server: USBIPServer) -> Bool {
        switch request {
        case .deviceList: answer(USBIPReply.deviceList([server.device]))
        case .importDevice(let busID):
            let isGranted = busID == server.device.busID && server.attach(self)
            answer(USBIPReply.importDevice(isGranted ? server.device : nil))
            parser.isAttached = isGranted
            // What has a device may be silent for as long as it likes.
            var forever = timeval()
            if isGranted {
                setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &forever, socklen_t(MemoryLayout<timeval>.size))
            }
        case .submit(let submission): return submit(submission, server)
        case .unlink(let sequence, let target): unlink(sequence, target, server)
        }
        return true
    }

    private func submit(_ submission: USBIPSubmission, _ server: USBIPServer) -> Bool {
        let isControl = submission.endpoint == 0
        let length = submission.length
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(length, 1), alignment: 16)
        buffer.copyBytes(from: submission.data)
        let id = state.withLock { state -> UInt64? in
            guard !state.isClosing, state.bytesInFlight + buffer.count <= Self.mostInFlight else { return nil }
            state.lastID += 1
            let id = number << 32 | state.lastID & 0xFFFF_FFFF
            state.transfers[id] = Transfer(
                sequence: submission.sequence, isIn: submission.isIn, flags: submission.flags, buffer: buffer)
            state.bytesInFlight += buffer.count
            return id
        }
        guard let id else {
            buffer.deallocate()
            return false
        }
        let whole = UnsafeMutableRawBufferPointer(rebasing: buffer[..<length])
        let transfer: URB.Transfer =
            if isControl {
                .control(USBSetup(submission.setup) ?? USBSetup(requestType: 0, request: 0), whole)
            } else if submission.isIn {
                .bulkIn(endpoint: submission.endpoint, whole)
            } else {
                .bulkOut(endpoint: submission.endpoint, UnsafeRawBufferPointer(whole))
            }
        if !server.submit(URB(id: id, transfer)) { ended(id, status: USBIP.Status.pipe, count: 0) }
        return true
    }

    private func unlink(_ sequence: UInt32, _ target: UInt32, _ server: USBIPServer) {
        let id = state.withLock { state -> UInt64? in
            guard let found = state.transfers.first(where: { $0.value.sequence == target }) else { return nil }
            state.transfers[found.key]?.unlink = sequence
            return found.key
        }
        if let id {
            // Its completion answers, whether it comes by this or had come already.
            server.cancel(id)
        } else {
            answer(USBIPReply.unlink(sequence, status: 0))
        }
    }

    // MARK: Ends of URBs

    func ended(_ completion: URBCompletion) {
        let status: Int32 =
            switch completion.status {
            case .completed: 0
            case .stalled: USBIP.Status.pipe
            case .cancelled: USBIP.Status.connectionReset
            case .unplugged: USBIP.Status.shutdown
            case .overflowed: USBIP.Status.overflow
            }
        ended(completion.id, status: status, count: completion.count)
    }

    private func ended(_ id: UInt64, status: Int32, count: Int) {
        let transfer = state.withLock { state -> Transfer? in
            let transfer = state.transfers.removeValue(forKey: id)
            state.bytesInFlight -= transfer?.buffer.count ?? 0
            return transfer
        }
        guard let transfer else { return }
        defer { transfer.buffer.deallocate() }
        if let unlink = transfer.unlink, status == USBIP.Status.connectionReset {
            return answer(USBIPReply.unlink(unlink, status: status))
        }
        let isShort =
            status == 0 && transfer.isIn && transfer.flags & USBIP.shortNotOK != 0
            && count < transfer.buffer.count
        let data = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(transfer.buffer)[..<count])
        answer(
            USBIPReply.submission(
                transfer.sequence, status: isShort ? USBIP.Status.remoteIO : status, count: count,
                data: transfer.isIn ? data : UnsafeRawBufferPointer(start: nil, count: 0)))
        // It had ended when the request to take it back came.
        if let unlink = transfer.unlink { answer(USBIPReply.unlink(unlink, status: 0)) }
    }

    /// The URBs that are still under way.
    var underWay: [UInt64] { state.withLock { Array($0.transfers.keys) } }

    // MARK: Writing

    private func answer(_ bytes: [UInt8]) {
        let (isMine, isTooMuch) = state.withLock { state in
            guard !state.isClosing else { return (false, false) }
            state.answers.append(bytes)
            state.backlog += bytes.count
            defer { state.isWriting = true }
            return (!state.isWriting, state.backlog > Self.longestBacklog)
        }
        if isMine, !write(waiting: false) { try? turn.give() }
        if isTooMuch { hangUp() }
    }

    /// The thread that writes: whatever takes longer.
    private func writeRest() {
        while true {
            try? turn.take()
            if state.withLock({ $0.isClosing }) || !write(waiting: true) { return hangUp() }
        }
    }

    /// Writes all answers; the caller is the one to do so. False if the socket does not take them all: then it still is
    /// somebody's turn.
    private func write(waiting: Bool) -> Bool {
        while true {
            let first = state.withLock { state -> [UInt8]? in
                state.isWriting = !state.answers.isEmpty
                return state.isWriting ? state.answers.removeFirst() : nil
            }
            guard let first else { return true }
            let sent = send(first, waiting: waiting)
            state.withLock { state in
                state.backlog -= sent
                if sent < first.count { state.answers.insert(Array(first[sent...]), at: 0) }
            }
            if sent < first.count { return false }
        }
    }

    /// How many bytes the socket took: fewer than all if it would make one wait, or is closed.
    private func send(_ bytes: [UInt8], waiting: Bool) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT))
        var done = 0
        while done < bytes.count {
            let step = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress! + done, $0.count - done, flags) }
            if step > 0 {
                done += step
            } else if step == 0 || errno != EINTR {
                break
            }
        }
        return done
    }

    /// Ends both threads' work with the socket.
    func hangUp() {
        state.withLock { $0.isClosing = true }
        shutdown(socket, Int32(SHUT_RDWR))
        try? turn.give()
    }
}
