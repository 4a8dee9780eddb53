/// Tells what became of a stream: bit errors, lost, repeated and inserted bytes, and slips of the bit clock, each with its
/// place, from what came back and the pattern that was sent.
///
/// A plain value: the same bytes give the same result however they are cut into calls. It keeps the bytes behind a fault
/// until there are enough of them to explain it (`ShiftPath`), so that `damage` is complete after `finish` or
/// `endTransfer` only. Faults closer together than about ten bytes can be taken for one another, and in a pattern that
/// repeats itself a move shows as the least one that looks the same.
public struct StreamAligner: Sendable {
    private enum Framing {
        /// One stream from end to end, as on a serial line.
        case stream
        /// As many bytes come in as go out, transfer by transfer, as on an SPI bus: what is lost within one leaves a place at
        /// its end, and the next begins anew.
        case transfers
    }

    private let framing: Framing
    private let path: ShiftPath
    private var sent: PatternWindow
    /// The place behind the last byte sent.
    private var limit: Int
    /// The place in the stream, in bits, of the next byte to be explained.
    private var bit = 0
    /// What has come in and is not explained yet.
    private var pending: [UInt8] = []
    /// What came in behind the end.
    private var surplus: [UInt8] = []
    private var surplusCount = 0
    /// Damage of the last places, which a move can show to have been an insertion.
    private var recent: [Difference] = []
    /// The bytes explained so far, and how many there must be before the stream is searched again.
    private var explained = 0
    private var searchAgainAt = 0
    private var searchPause = Self.firstPause

    private var result = StreamDamage()

    private struct Difference {
        var position: Int
        var received: UInt8
        var sent: UInt8
        var isGarbled: Bool
    }

    /// For a serial line, over which `count` bytes of the pattern are sent.
    public init(_ pattern: Pattern, count: Int) {
        framing = .stream
        path = ShiftPath(slips: false)
        sent = PatternWindow(pattern, order: .leastSignificantFirst)
        limit = count
    }

    /// For a clocked bus; `beginTransfer` says what is sent.
    public init(transfersOf pattern: Pattern, order: BitOrder = .mostSignificantFirst) {
        framing = .transfers
        path = ShiftPath(slips: true)
        sent = PatternWindow(pattern, order: order)
        limit = 0
    }

    /// What has been found.
    public var damage: StreamDamage { result }

    /// The place in what was sent that the stream has come to, if nothing has moved since the last byte explained.
    public var position: Int { bit >> 3 + pending.count }

    /// Whether there are bytes that wait for those behind them to be explained.
    public var isUndecided: Bool { !pending.isEmpty }

    /// The next transfer sends these places of the pattern.
    public mutating func beginTransfer(_ places: Range<Int>) {
        bit = 8 * places.lowerBound
        limit = places.upperBound
    }

    /// Takes what came in.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        guard pending.isEmpty else {
            pending += bytes
            return explainPending(isEnd: false)
        }
        let done = explain(bytes, isEnd: false)
        pending += bytes[done...]
    }

    /// The transfer is over: places left over at its end belong to what moved within it.
    public mutating func endTransfer() {
        explainPending(isEnd: true)
        settle()
        dropSurplus()
    }

    /// Nothing more will come.
    ///
    /// - Parameter sent: how many bytes were sent, if fewer than were to be.
    public mutating func finish(sent: Int? = nil) {
        if let sent { limit = min(limit, sent) }
        explainPending(isEnd: true)
        settle()
        if surplusCount > 0 { noteSurplus() }
        dropSurplus()
        let missing = limit - (bit + 7) >> 3
        if missing > 0 {
            result.note(.lost, at: limit - missing, count: missing)
            bit = 8 * limit
        }
    }

    // MARK: Explaining

    private mutating func explainPending(isEnd: Bool) {
        guard !pending.isEmpty else { return }
        let bytes = pending
        let done = bytes.withUnsafeBytes { explain($0, isEnd: isEnd) }
        pending.removeFirst(done)
    }

    /// Explains what can be explained, and answers how many bytes that are.
    private mutating func explain(_ bytes: UnsafeRawBufferPointer, isEnd: Bool) -> Int {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let room = limit - (bit + 7) >> 3
            if room <= 0 {
                keepSurplus(rest)
                return bytes.count
            }
            let step = takeMatching(UnsafeRawBufferPointer(rebasing: rest[..<min(rest.count, room, Self.longestStep)]))
            done += step
            if step > 0 { continue }
            guard isEnd || rest.count >= ShiftPath.window else { break }
            done += explainFault(
                UnsafeRawBufferPointer(rebasing: rest[..<min(rest.count, ShiftPath.window)]),
                isEnd && rest.count <= ShiftPath.window)
        }
        return done
    }

    private static let longestStep = 65536

    /// Takes bytes as they were sent, up to the first that is not.
    private mutating func takeMatching(_ bytes: UnsafeRawBufferPointer) -> Int {
        sent.load(from: bit >> 3, count: bytes.count + 1)
        let count = sent.commonPrefix(with: bytes, atBit: bit)
        advance(count)
        return count
    }

    private mutating func advance(_ count: Int) {
        bit += 8 * count
        explained += count
        while let first = recent.first, first.position + Self.memory <= bit >> 3 { settleFirst() }
    }

    /// Explains the first byte, which is not the one expected, and those behind it up to a move. Answers how many bytes
    /// it has taken; the byte at a move is as it was sent.
    private mutating func explainFault(_ bytes: UnsafeRawBufferPointer, _ isEnd: Bool) -> Int {
        let around = ShiftPath.farthest + 2
        sent.load(from: bit >> 3 - around, count: bytes.count + 2 * around)
        let (start, limit, window) = (bit, 8 * limit, sent)
        let beyond = framing == .stream ? 8 : 1
        let decision = path.decide(count: bytes.count) { place, shift in
            let bit = start + 8 * place + shift
            guard bit > -8, bit + 8 <= limit else { return beyond }
            return (window.byte(atBit: bit) ^ bytes[place]).nonzeroBitCount
        } leftOver: { shift in
            isEnd && framing == .stream ? limit - start - 8 * bytes.count - shift : 0
        }
        if decision.damaged * 2 > bytes.count, bytes.count == ShiftPath.window {
            return explainByFar(bytes)
        }
        searchPause = Self.firstPause
        if decision.shift != 0, decision.inPlace <= ShiftPath.window / 2 {
            takeDamaged(UnsafeRawBufferPointer(rebasing: bytes[..<decision.inPlace]), isGarbled: false)
            move(by: decision.shift)
            return decision.inPlace
        }
        // The second half may look otherwise once more has come.
        let count = isEnd && decision.shift == 0 ? bytes.count : min(ShiftPath.window / 2, decision.inPlace)
        takeDamaged(UnsafeRawBufferPointer(rebasing: bytes[..<count]), isGarbled: false)
        return count
    }

    private mutating func takeDamaged(_ bytes: UnsafeRawBufferPointer, isGarbled: Bool) {
        sent.load(from: bit >> 3, count: bytes.count + 1)
        for byte in bytes {
            let position = bit >> 3
            let expected = sent.byte(atBit: bit)
            if bit + 8 > 8 * limit {
                withUnsafeBytes(of: byte) { keepSurplus($0) }
                continue
            }
            if isGarbled || byte != expected {
                recent.append(Difference(position: position, received: byte, sent: expected, isGarbled: isGarbled))
            }
            advance(1)
        }
    }

    /// The stream goes on `shift` bits farther on in what was sent.
    private mutating func move(by shift: Int) {
        guard shift != 0 else { return }
        let (from, bytes) = (bit >> 3, shift / 8)
        bit += shift
        if shift % 8 != 0 {
            settle()
            result.note(.bitSlip, at: from, count: shift)
        } else if bytes > 0 {
            settle()
            result.note(.lost, at: from, count: bytes)
        } else if let first = recent.firstIndex(where: { $0.position >= from + bytes }) {
            // What came instead of the bytes that come now was not sent.
            recent.removeSubrange(first...)
            settle()
            result.note(.inserted, at: from + bytes, count: -bytes)
        } else {
            settle()
            result.note(.repeated, at: from + bytes, count: -bytes)
        }
    }

    // MARK: Far moves

    /// Bytes on either side that are searched at first; a gap in the stream can be as long as all that was sent since.
    private static let nearReach = 65536
    private static let farReach = 4 << 20
    private static let keyLength = 12
    private static let firstPause = 64
    private static let longestPause = 65536

    /// Explains a stretch that is like nothing near.
    private mutating func explainByFar(_ bytes: UnsafeRawBufferPointer) -> Int {
        if explained >= searchAgainAt {
            let start = bytes.count - Self.keyLength
            if let place = search(for: [UInt8](bytes[start...]), near: bit >> 3 + start) {
                searchPause = Self.firstPause
                return moveFar(bytes, by: place - (bit >> 3 + start))
            }
            searchAgainAt = explained + searchPause
            searchPause = min(2 * searchPause, Self.longestPause)
        }
        let count = ShiftPath.window / 2
        takeDamaged(UnsafeRawBufferPointer(rebasing: bytes[..<count]), isGarbled: true)
        return count
    }

    /// The place in what was sent, nearest to `place`, where `key` is.
    private mutating func search(for key: [UInt8], near place: Int) -> Int? {
        let before = max(0, place - Self.nearReach)
        sent.load(from: before, count: place - before + key.count)
        let behind = sent.find(key, within: place - before + key.count, last: true)
        var from = place
        while from < min(limit, place + Self.farReach) {
            // A nearer one behind has been found already.
            if let behind, place - behind <= from - place { return behind }
            let count = min(Self.nearReach, limit - from) + key.count
            sent.load(from: from, count: count)
            if let ahead = sent.find(key, within: count, last: false), ahead + key.count <= limit {
                guard let behind, place - behind < ahead - place else { return ahead }
                return behind
            }
            from += Self.nearReach
        }
        return behind
    }

    /// What does not match there either came instead of something; from the first byte that does, the stream has moved.
    private mutating func moveFar(_ bytes: UnsafeRawBufferPointer, by distance: Int) -> Int {
        var first = bytes.count
        let start = bit >> 3 + distance
        sent.load(from: start, count: bytes.count + 1)
        while first > 0, start + first > 0, sent.byte(atBit: 8 * (start + first - 1)) == bytes[first - 1] { first -= 1 }
        takeDamaged(UnsafeRawBufferPointer(rebasing: bytes[..<first]), isGarbled: true)
        // After a slip of bits, whole bytes again.
        move(by: 8 * distance - bit % 8)
        return first
    }

    // MARK: Settling

    /// For how many bytes damage can be found to be an insertion.
    private static let memory = 64
    private static let mostSurplus = 64

    private mutating func settle() {
        while !recent.isEmpty { settleFirst() }
    }

    private mutating func settleFirst() {
        let difference = recent.removeFirst()
        if difference.isGarbled {
            result.note(.garbled, at: difference.position, count: 1)
        } else {
            result.noteBitErrors(
                difference.received ^ difference.sent, sent: difference.sent, at: difference.position)
        }
    }

    private mutating func keepSurplus(_ bytes: UnsafeRawBufferPointer) {
        surplusCount += bytes.count
        if surplus.count < Self.mostSurplus { surplus += bytes.prefix(Self.mostSurplus - surplus.count) }
    }

    /// What came behind the end is the last bytes once more, or something else.
    private mutating func noteSurplus() {
        var isRepeated = surplusCount == surplus.count && surplusCount <= limit
        if isRepeated {
            sent.load(from: limit - surplusCount, count: surplusCount + 1)
            isRepeated = surplus.withUnsafeBytes {
                sent.commonPrefix(with: $0, atBit: 8 * (limit - surplusCount)) == surplusCount
            }
        }
        result.note(
            isRepeated ? .repeated : .inserted, at: isRepeated ? limit - surplusCount : limit, count: surplusCount)
    }

    private mutating func dropSurplus() {
        surplus.removeAll(keepingCapacity: true)
        surplusCount = 0
    }
}
