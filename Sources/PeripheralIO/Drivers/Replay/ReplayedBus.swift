/// A recorded session on an SPI bus as a device that answers the same: a plain value that is told each transfer.
struct ReplayedBus: Sendable {
    private struct Transfer: Sendable {
        var out: [UInt8]
        /// What came in, nil where nobody looked.
        var into: [UInt8?]
    }

    private let transfers: [Transfer]
    private let dummyByte: UInt8
    private var number = 0

    init(_ events: [TraceEvent], dummyByte: UInt8) {
        self.dummyByte = dummyByte
        transfers = events.compactMap { event in
            guard case .transfer(let sent, let reading, let received) = event.what else { return nil }
            let count = sent.count + reading
            let unseen = [UInt8?](repeating: nil, count: count - received.count)
            return Transfer(
                out: sent + [UInt8](repeating: dummyByte, count: reading), into: unseen + received.map { $0 })
        }
    }

    /// The first difference from the session, in a line; nil if the transfer is the one that was recorded next.
    mutating func transfer(_ segment: Segment) -> String? {
        guard number < transfers.count else {
            return "transfer \(number + 1) was not recorded: the session has \(transfers.count)"
        }
        let recorded = transfers[number]
        for place in 0..<min(segment.count, recorded.out.count) {
            let sent = segment.sent(at: place) ?? dummyByte
            if sent != recorded.out[place] {
                return
                    "transfer \(number + 1), byte \(place): \(hex(sent)) was sent, \(hex(recorded.out[place])) recorded"
            }
        }
        guard segment.count == recorded.out.count else {
            return "transfer \(number + 1) has \(segment.count) bytes, \(recorded.out.count) were recorded"
        }
        for place in 0..<segment.count { segment.received(recorded.into[place] ?? 0xFF, at: place) }
        number += 1
        return nil
    }
}

/// A recorded session on a serial line as a device that answers the same: what came in comes in once all that had been
/// sent before it has been sent again. A plain value.
struct ReplayedLine: Sendable {
    private let out: [UInt8]
    /// What came in, and how many bytes had been sent before it.
    private let answers: [(behind: Int, bytes: [UInt8])]
    private var sent = 0
    /// The answer that is next, and how much of it has been taken.
    private var (answer, taken) = (0, 0)

    init(_ events: [TraceEvent]) {
        var (out, answers) = ([UInt8](), [(behind: Int, bytes: [UInt8])]())
        for event in events {
            switch event.what {
            case .sent(let bytes): out += bytes
            case .received(let bytes): answers.append((out.count, bytes))
            case .transfer, .speed, .hold: break
            }
        }
        (self.out, self.answers) = (out, answers)
    }

    /// The first difference from the session, in a line; nil if these bytes are those that were recorded next.
    mutating func send(_ bytes: UnsafeRawBufferPointer) -> String? {
        for byte in bytes {
            guard sent < out.count else { return "byte \(sent) was not recorded: the session sends \(out.count)" }
            guard byte == out[sent] else {
                return "byte \(sent): \(hex(byte)) was sent, \(hex(out[sent])) recorded"
            }
            sent += 1
        }
        return nil
    }

    /// True if something has come in that has not been taken.
    var hasData: Bool { answer < answers.count && answers[answer].behind <= sent }

    mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < buffer.count, hasData {
            let rest = answers[answer].bytes.dropFirst(taken).prefix(buffer.count - done)
            UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyBytes(from: rest)
            done += rest.count
            taken += rest.count
            if taken == answers[answer].bytes.count { (answer, taken) = (answer + 1, 0) }
        }
        return done
    }

    mutating func discardReceived() {
        while hasData { (answer, taken) = (answer + 1, 0) }
    }
}

private func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count < 2 ? "0" + digits : digits
}
