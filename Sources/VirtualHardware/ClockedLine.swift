/// What a fault plan makes of the bytes that come in on a clocked bus, where there is a place for each byte that goes
/// out: behind a lost byte the others come early, behind a repeated one late, and the places left over read 0xFF.
struct ClockedLine: Hashable, Sendable {
    private let isTransparent: Bool
    private var line: FaultyLine
    /// Bytes of the transfer that have been on the wire.
    private var clocked = 0
    /// Places of it that have been filled; fewer once a byte was lost.
    private var filled = 0
    /// What has come in and waits for its place, because a byte before it was repeated.
    private var late: [UInt8] = []
    private var latePlaced = 0

    init(_ faults: FaultPlan) {
        isTransparent = faults.isTransparent
        line = FaultyLine(faults)
    }

    /// What an idle MISO reads, with its pull-up.
    static let idleByte: UInt8 = 0xFF

    /// Places of the transfer that its end will fill.
    var leftOver: Int { clocked - filled }

    /// One byte has come in; `put` is given what now fills places, and which.
    mutating func pass(_ byte: UInt8, put: (Int, UInt8) -> Void) {
        clocked += 1
        guard !isTransparent else {
            put(filled, byte)
            filled += 1
            return
        }
        line.pass(byte) { late.append($0) }
        // No place before its time: it may still hold what is to be sent.
        while latePlaced < late.count, filled < clocked {
            put(filled, late[latePlaced])
            filled += 1
            latePlaced += 1
        }
        if latePlaced == late.count { forgetLate() }
    }

    /// The transfer is over; `put` fills the places left over.
    mutating func end(put: (Int, UInt8) -> Void) {
        for place in filled..<clocked { put(place, Self.idleByte) }
        forget()
    }

    /// The transfer is over where it is.
    mutating func forget() {
        (clocked, filled) = (0, 0)
        forgetLate()
    }

    private mutating func forgetLate() {
        late.removeAll(keepingCapacity: true)
        latePlaced = 0
    }
}
