import RTOS

/// What is on its way to an MPSSE and back, as a plain value: transfers in order, which USB slots carry them, and whose
/// turn on the bus it is. It is told what happened on USB and says what to submit next.
struct MPSSEStream {
    /// Transfers that are taken, the one on the wire included.
    static let depth = 32
    /// Replies of no more bytes than this are asked for when what they answer has gone out: they have room in the chip's
    /// FIFO until then, and IN transfers that are there before them bring nothing but status, once a millisecond each.
    private static let shortReply = 256
    /// Bytes that may still be on their way out then: the time that a chip takes over them, the IN transfer takes to
    /// begin.
    private static let lastBytes = 1024
    /// IN transfers under way at once: while one is on its way to whoever waits for it, the next fills. Four read no
    /// faster.
    static let inDepth = 2
    /// Bytes of the longest of them. Longer ones bring nothing, and libusb would divide them.
    static let inLength = 16384

    /// A transfer on the bus.
    private struct Transaction {
        var program: SPIProgram
        /// Its number among all there ever were.
        let number: UInt64
        let clock: MPSSEClock
        /// OUT transfers of it under way.
        var underWay = 0
        /// Bytes that came in, the fence's one included.
        var received = 0

        var replies: Int { program.replyLength + 1 }
        var isComplete: Bool { program.isDone && underWay == 0 && received == replies }
    }

    /// Something that is said to the chip while the bus is quiet.
    private struct Dialogue {
        var command: UnsafeRawBufferPointer?
        var underWay = false
        var answer: [UInt8] = []
    }

    private let memory: USBSlotMemory
    private let packetSize: Int
    private var transactions: [Transaction] = []
    private var dialogue: Dialogue?
    private var nextNumber: UInt64 = 0
    private var freeOut: [Int] = Array(USBSlots.out)
    /// The first and the last of the transfers that an OUT slot carries something of, and how many bytes.
    private var carried = [(first: UInt64, last: UInt64, count: Int)](repeating: (0, 0, 0), count: USBSlots.count)
    private var bytesUnderWay = 0
    private var freeIn: [Int]
    /// How the last request ended; nil while it has not.
    private(set) var controlEnd: USBEnd?
    private var controlIsUnderWay = false
    /// Some thread submits what there is.
    private(set) var isSubmitting = false

    /// What the chip was last told.
    var pins = MPSSEPins()
    private var clock: MPSSEClock?

    private(set) var turns = BusTurns()
    /// Why nothing goes on, until the stream has been cleared.
    private(set) var failure: PeripheralError?
    private(set) var isLost = false
    private(set) var hasStalled = false
    /// When something last went on.
    private(set) var lastProgress = MonotonicTime(nanoseconds: 0)
    /// When the last transfer was complete, as far as is known, and how many have been.
    private(set) var finishedAt: MonotonicTime?
    private(set) var completions: UInt64 = 0
    private let name: String

    init(name: String, memory: USBSlotMemory, packetSize: Int) {
        self.name = name
        self.memory = memory
        freeIn = Array(memory.inputSlots)
        self.packetSize = packetSize
        transactions.reserveCapacity(Self.depth)
    }

    // MARK: Taking transfers

    var isEmpty: Bool { transactions.isEmpty }
    var hasRoom: Bool { transactions.count < Self.depth }
    /// Slots in the device's hands.
    var slotsUnderWay: Int {
        USBSlots.out.count - freeOut.count + memory.inputSlots.count - freeIn.count + (controlIsUnderWay ? 1 : 0)
    }

    /// Bytes of transfers that are not complete. All of them are one user's.
    var bytesLeft: Int { transactions.reduce(0) { $0 + $1.program.segment.count } }

    /// Puts a transfer behind the others; false if it is not this user's turn, or there is no room.
    mutating func take(
        _ segment: Segment, for user: Int, clock: MPSSEClock, at now: MonotonicTime,
        _ program: (inout MPSSEPins, MPSSEClock?) -> SPIProgram
    ) -> Bool {
        guard hasRoom, turns.take(user, isEmpty: isEmpty) else { return false }
        if isEmpty { lastProgress = now }
        let program = program(&pins, clock == self.clock ? nil : clock)
        self.clock = clock
        transactions.append(Transaction(program: program, number: nextNumber, clock: clock))
        nextNumber += 1
        return true
    }

    mutating func withTurns<Result>(
        _ body: (inout BusTurns, _ isEmpty: Bool, _ hasFailed: Bool) -> Result
    ) -> Result {
        body(&turns, isEmpty, failure != nil)
    }

    func isTurn(of user: Int) -> Bool { turns.mayTake(user, isEmpty: isEmpty) }

    /// What this user has to be told of: a failure while another has the bus is the other's.
    func failure(of user: Int) -> PeripheralError? {
        isLost || turns.owner == nil || turns.owner == user ? failure : nil
    }

    /// Starts a dialogue: commands, and what they are answered with. The bus is quiet.
    mutating func begin(_ command: UnsafeRawBufferPointer) {
        dialogue = Dialogue(command: command)
    }

    /// What has been answered so far; nil until the command has left.
    var answer: [UInt8] { dialogue?.answer ?? [] }
    var dialogueIsSent: Bool { dialogue.map { $0.command == nil && !$0.underWay } ?? true }

    mutating func endDialogue() {
        dialogue = nil
    }

    /// A request is about to be submitted.
    mutating func beginControl() {
        (controlEnd, controlIsUnderWay) = (nil, true)
    }

    // MARK: Submitting

    /// True if the caller is the one to submit from now on, until `nextSubmission` says that there is nothing left.
    mutating func beginSubmitting() -> Bool {
        guard !isSubmitting else { return false }
        isSubmitting = true
        return true
    }

    /// The next transfer to submit, in order; nil if there is none, or no slot for one.
    mutating func nextSubmission() -> (slot: Int, transfer: USBTransfer)? {
        guard failure == nil, let next = nextTransfer() else {
            isSubmitting = false
            return nil
        }
        return next
    }

    private mutating func nextTransfer() -> (slot: Int, transfer: USBTransfer)? {
        let expected = transactions.reduce(0) { $0 + $1.replies - $1.received }
        // Before anything goes out there is a place for what comes in, where the chip has none.
        guard expected <= Self.shortReply else { return nextIn(depth: Self.inDepth, isShort: false) ?? nextOut() }
        if let next = nextOut() { return next }
        guard dialogue != nil || expected > 0, bytesUnderWay <= Self.lastBytes else { return nil }
        return nextIn(depth: transactions.count > 1 ? Self.inDepth : 1, isShort: true)
    }

    private mutating func nextIn(depth: Int, isShort: Bool) -> (slot: Int, transfer: USBTransfer)? {
        guard memory.inputSlots.count - freeIn.count < depth, let slot = freeIn.popLast() else { return nil }
        return (slot, .in(memory.input(slot, isShort: isShort)))
    }

    private mutating func nextOut() -> (slot: Int, transfer: USBTransfer)? {
        guard !freeOut.isEmpty else { return nil }
        if let command = dialogue?.command, let slot = freeOut.popLast() {
            dialogue?.command = nil
            dialogue?.underWay = true
            carried[slot].count = 0
            return (slot, .out(command))
        }
        guard let place = transactions.firstIndex(where: { !$0.program.isDone }), let slot = freeOut.popLast() else {
            return nil
        }
        var commands = CommandBuffer(memory.commands(slot))
        guard let part = transactions[place].program.next(into: &commands) else { return nil }
        transactions[place].underWay += 1
        var last = place
        let bytes: UnsafeRawBufferPointer
        switch part {
        case .commands:
            // Short transfers that wait go out together: each on its own would take a microframe.
            while appendNext(behind: &last, to: &commands) {}
            bytes = commands.bytes
        case .payload(let offset, let count):
            bytes = UnsafeRawBufferPointer(start: transactions[place].program.segment.transmit! + offset, count: count)
        case .dummies(let count):
            bytes = UnsafeRawBufferPointer(start: transactions[place].program.setup.dummies, count: count)
        }
        carried[slot] = (transactions[place].number, transactions[last].number, bytes.count)
        bytesUnderWay += bytes.count
        return (slot, .out(bytes))
    }

    /// Puts as much as there is room for of the transfer behind `place`, if that one is all said; false if it is not, or
    /// if there is no transfer or no room. `place` goes on to it.
    private mutating func appendNext(behind place: inout Int, to commands: inout CommandBuffer) -> Bool {
        let count = commands.count
        guard transactions[place].program.isDone, place + 1 < transactions.count,
            case .commands? = transactions[place + 1].program.next(into: &commands), commands.count > count
        else { return false }
        place += 1
        transactions[place].underWay += 1
        return true
    }

    /// A transfer could not be submitted.
    mutating func refused(_ slot: Int, _ error: PeripheralError) {
        fail(error)
        release(slot)
    }

    // MARK: What happened

    mutating func ended(_ end: USBEnd, at now: MonotonicTime) {
        guard end.slot != USBSlots.control else {
            (controlEnd, controlIsUnderWay) = (end, false)
            return
        }
        if USBSlots.in.contains(end.slot) {
            receive(memory.input(end.slot, count: end.count), at: now)
        } else if end.count > 0 {
            lastProgress = now
        }
        release(end.slot)
        switch end.status {
        case .completed, .cancelled: break
        case .stalled:
            hasStalled = true
            fail(USBError.stall(of: "\(name): bulk transfer"))
        case .failed: fail(.system(call: "\(name): bulk transfer", errno: USBError.failed))
        case .lost: fail(.deviceLost(name))
        }
        retire(at: now)
    }

    private mutating func release(_ slot: Int) {
        if slot == USBSlots.control {
            controlIsUnderWay = false
            return
        }
        if USBSlots.in.contains(slot) { return freeIn.append(slot) }
        freeOut.append(slot)
        bytesUnderWay -= carried[slot].count
        if dialogue?.underWay == true {
            dialogue?.underWay = false
        } else if let first = transactions.firstIndex(where: { $0.number == carried[slot].first }) {
            for place in first...first + Int(carried[slot].last - carried[slot].first) {
                transactions[place].underWay -= 1
            }
        }
    }

    private mutating func receive(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) {
        for packet in FTDIPackets(bytes, packetSize: packetSize) where !packet.data.isEmpty {
            lastProgress = now
            if dialogue != nil {
                dialogue?.answer += packet.data
            } else {
                deliver(packet.data)
            }
        }
    }

    private mutating func deliver(_ data: UnsafeRawBufferPointer) {
        var rest = data[...]
        while !rest.isEmpty {
            guard let place = transactions.firstIndex(where: { $0.received < $0.replies }) else {
                return fail(.system(call: "\(name): a reply that nothing asked for", errno: USBError.protocolError))
            }
            let (received, length) = (transactions[place].received, transactions[place].program.replyLength)
            if received < length {
                let count = min(rest.count, length - received)
                let target = UnsafeMutableRawPointer(transactions[place].program.replyPlace! + received)
                target.copyMemory(from: rest.base.baseAddress! + rest.startIndex, byteCount: count)
                transactions[place].received += count
                rest = rest.dropFirst(count)
            } else {
                // The fence: the level of pins, of which there is nothing to be learnt.
                transactions[place].received += 1
                rest = rest.dropFirst()
            }
        }
    }

    private mutating func retire(at now: MonotonicTime) {
        while let first = transactions.first, first.isComplete {
            transactions.removeFirst()
            completions += 1
            finishedAt = now
        }
        if isEmpty { turns.drained() }
    }

    // MARK: Failing

    mutating func fail(_ error: PeripheralError) {
        if case .deviceLost = error { isLost = true }
        guard failure == nil || isLost else { return }
        failure = error
    }

    /// How long nothing has to happen before it is a failure: a second, besides twice the time that what is on its way
    /// to the wire takes at the clock in force.
    var patienceEnd: MonotonicTime {
        guard let clock = transactions.first?.clock else { return .never }
        let bytes = min(bytesLeft, SPIProgram.pieceLength + Self.largestFIFO)
        let wire = clock.time(of: bytes)
        return lastProgress.advanced(byNanoseconds: wire > .max / 4 ? .max : Self.patience + 2 * wire)
    }

    private static let patience: UInt64 = 1_000_000_000
    /// Of all chips (FT2232H).
    private static let largestFIFO = 4096

    /// Forgets everything but that the device is lost. No slot is under way.
    mutating func clear() {
        transactions.removeAll(keepingCapacity: true)
        dialogue = nil
        clock = nil
        hasStalled = false
        if !isLost { failure = nil }
    }
}
