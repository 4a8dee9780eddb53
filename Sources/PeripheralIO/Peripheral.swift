import Logging
import RTOS
import Synchronization
import VirtualHardware

/// A serial or SPI device under FreeRTOS+IO's `open`, `read`, `write` and `ioctl`.
///
/// Every peripheral opens polled in both directions. `control` chooses other transfer modes, at any time when nothing is
/// under way. All methods may be called from any thread; those that can block say for how long. When the device is
/// lost, every call that waits ends with `deviceLost`, and so does every later call.
public final class Peripheral: Sendable {
    let engine: TransferEngine
    private let completionThread: Mutex<CompletionThread.Handle?>
    private let hasWarnedOfPriority = Mutex(false)
    private static let logger = Logger(label: "hilbridge.peripheral")

    /// Which device it is, and how it was asked to be set up.
    public let address: DeviceAddress
    /// Which device it is whatever its name; nil for one that has nothing behind it, or whose address says it.
    public let identity: DeviceIdentity?
    /// Is told all that passes, also once the device has been lost and opened again.
    let recorder: TraceRecorder?

    // MARK: Opening and closing

    /// Opens a device by its address (`/dev/ttyUSB0?baud=3000000`, `virtual://spi`) or by its name on the board
    /// (`/SPI2/`).
    ///
    /// - Parameters:
    ///   - name: the address or board path.
    ///   - board: what board paths stand for; nil for the process's own, `Board.current()`.
    ///   - clock: the time that a virtual device lives in.
    public convenience init(
        _ name: String, board: Board? = nil, clock: HardwareClock = .wall
    ) throws(PeripheralError) {
        let board = if let board { board } else { try Board.current() }
        try self.init(address: board.address(of: name), clock: clock)
    }

    /// Opens the device at an address that has been parsed already.
    ///
    /// - Parameter recorder: is told all that passes; it is finished once the peripheral has been closed.
    public convenience init(
        address: DeviceAddress, clock: HardwareClock = .wall, recorder: TraceRecorder? = nil
    ) throws(PeripheralError) {
        var driver = try DriverTable.open(address, clock: clock)
        if let recorder { driver = TracingDriver(driver, for: address, recorder) }
        try self.init(address: address, driver: driver, recorder: recorder)
    }

    /// A peripheral over a driver that is open already.
    init(
        address: DeviceAddress, driver: any Driver, recorder: TraceRecorder? = nil
    ) throws(PeripheralError) {
        self.address = address
        self.recorder = recorder
        identity = driver.facts.identity
        do {
            engine = try TransferEngine(driver: driver)
        } catch {
            driver.close()
            throw error
        }
        completionThread = Mutex(CompletionThread.start(for: engine))
        let engine = engine
        TaskEnd.observe(for: engine) { engine.taskEnded($0) }
        TaskEnd.observeOrders(for: engine) { engine.taskIsToEnd($0) }
    }

    deinit {
        close()
    }

    /// Ends everything that waits, with `closed`; gives up what is not off the wire; gives the device back.
    ///
    /// Blocks until the device has let go of every buffer. Once is enough, and more does no harm.
    public func close() {
        guard let thread = completionThread.withLock({ $0.take() }) else { return }
        TaskEnd.ignore(for: engine)
        engine.end(with: .closed)
        thread.join()
        engine.awaitCallers()
        engine.driver.close()
    }

    // MARK: Reading and writing

    /// Writes bytes in the transmit mode in force, polled or character queue.
    ///
    /// Polled, it returns when all is off the wire; writes of several tasks go out whole, one after another. With a
    /// character queue it returns when all is in the queue, or when the transmit timeout is over; a write that finds
    /// room for all of it stays together, one that has to wait may have other tasks' bytes between its own. In zero-copy mode bytes cannot be lent for longer than the call: use
    /// `write(_:obtainingWithin:)` or `startWrite`.
    ///
    /// - Returns: how many bytes were taken.
    public func write(_ bytes: RawSpan) throws(PeripheralError) -> Int {
        // The span outlives the call; inside the closure, the write would return through one more function.
        let memory = bytes.withUnsafeBytes { $0 }
        return try engine.write(memory)
    }

    /// Reads in the receive mode in force, until `buffer` is full.
    ///
    /// Polled, it waits for as long as that takes. With a queue or circular buffer it waits no longer than the receive
    /// timeout. An SPI device clocks dummy bytes out for it.
    ///
    /// A read that waits when the device is lost throws `deviceLost` and leaves what it had received to later reads,
    /// which answer what there is, and throw once there is nothing.
    ///
    /// - Returns: how many bytes were read; fewer than asked for only at the timeout, or when the device is lost.
    public func read(into buffer: inout MutableRawSpan) throws(PeripheralError) -> Int {
        try buffer.withUnsafeMutableBytes { (buffer) throws(PeripheralError) in try read(into: buffer) }
    }

    /// `read` for callers that have a pointer.
    ///
    /// - Parameter minimum: with a queue or circular buffer, how many bytes are enough to return; nil waits for all.
    public func read(
        into buffer: UnsafeMutableRawBufferPointer, atLeast minimum: Int? = nil
    ) throws(PeripheralError) -> Int {
        switch receiveMode {
        case .packets:
            throw .refused(.wrongMode("a packet receiver gets what comes in: read from its queue, or stop it first"))
        case .characterQueue, .circularBuffer:
            try engine.readBuffered(into: buffer, atLeast: minimum ?? buffer.count)
        case .polled where engine.facts.kind == .uart:
            try engine.receivePolled(into: buffer)
        case .polled:
            try engine.clockInPolled(into: buffer)
        }
    }

    /// Sends and receives at the same time, polled, whatever the modes: `received` takes what comes in while `sent`
    /// goes out. SPI only; both have the same length.
    public func exchange(_ sent: RawSpan, into received: inout MutableRawSpan) throws(PeripheralError) {
        try requireSPI()
        guard sent.byteCount == received.byteCount else {
            throw .refused(.badValue("as many bytes come in as go out: \(sent.byteCount) is not \(received.byteCount)"))
        }
        try sent.withUnsafeBytes { (sent) throws(PeripheralError) in
            try received.withUnsafeMutableBytes { (received) throws(PeripheralError) in
                _ = try engine.transferPolled(
                    Segment(transmit: sent.baseAddress, receive: received.baseAddress, count: sent.count))
            }
        }
    }

    /// Sends `sent`, then fills `received`, polled and under one chip select: a command to a device on an SPI bus, and its
    /// answer. What comes in meanwhile is dropped, and dummy bytes go out while it reads. SPI only; either may be empty.
    public func transaction(sending sent: RawSpan, receiving received: inout MutableRawSpan) throws(PeripheralError) {
        try requireSPI()
        try sent.withUnsafeBytes { (sent) throws(PeripheralError) in
            try received.withUnsafeMutableBytes { (received) throws(PeripheralError) in
                var segment = Segment(
                    transmit: sent.isEmpty ? nil : sent.baseAddress,
                    receive: received.isEmpty ? nil : received.baseAddress,
                    count: sent.count + received.count)
                if !sent.isEmpty, !received.isEmpty { segment.turn = sent.count }
                _ = try engine.transferPolled(segment)
            }
        }
    }

    /// Carries out segments one behind another under one chip select, polled and whatever the modes, however many and
    /// however long they are; returns when all are off the wire. Rates, word lengths and delays are each segment's own.
    ///
    /// On a spidev node the kernel is handed the segments' own memory, all of them in one request if they fit. On an FTDI
    /// adapter segments of a few bytes share USB transfers, also those with a pulse of chip select behind each. Other
    /// devices have nothing of the kind.
    ///
    /// - Throws: `notSupported` for what the controller lacks, and for other devices. How much of it was carried out is
    ///   not known then.
    public func transaction(unretained segments: [SPISegment]) throws(PeripheralError) {
        try requireSPI()
        try engine.transact(segments)
    }

    // MARK: Zero copy

    /// Starts a zero-copy write: obtains the write mutex, and lets the device send straight from `buffer`.
    ///
    /// The buffer belongs to the write from here on and comes back from `wait`, also when the write is refused.
    ///
    /// - Parameter timeout: how long to wait for the write mutex; a task that holds it already does not wait.
    @inlinable
    public func write<Buffer: TransferMemory & ~Copyable>(
        _ buffer: consuming Buffer, obtainingWithin timeout: Timeout = .forever
    ) -> InFlightWrite<Buffer> {
        let ticket = start(buffer.transferMemory, obtainingWithin: timeout)
        return InFlightWrite(ticket: ticket, buffer: buffer)
    }

    /// Starts a zero-copy write that receives at the same time into a buffer of the same length. SPI only.
    @inlinable
    public func exchange<Sent: TransferMemory & ~Copyable, Received: TransferMemory & ~Copyable>(
        _ sent: consuming Sent, into received: consuming Received, obtainingWithin timeout: Timeout = .forever
    ) -> InFlightWrite<ExchangeBuffers<Sent, Received>> {
        let ticket = start(sent.transferMemory, receivingInto: received.transferMemory, obtainingWithin: timeout)
        return InFlightWrite(ticket: ticket, buffer: ExchangeBuffers(sent: sent, received: received))
    }

    @usableFromInline
    func start(
        _ sent: UnsafeMutableRawBufferPointer, receivingInto received: UnsafeMutableRawBufferPointer? = nil,
        obtainingWithin timeout: Timeout
    ) -> WriteTicket {
        if let received, engine.facts.kind != .spi || sent.count != received.count {
            let reason = "an exchange needs an SPI device and buffers of one length"
            return WriteTicket(peripheral: self, refusal: .refused(.badValue(reason)))
        }
        let segment = Segment(
            transmit: sent.baseAddress, receive: received?.baseAddress, count: sent.count, isInPlace: true)
        do {
            return WriteTicket(peripheral: self, end: try engine.startOwnedWrite(segment, timeout))
        } catch {
            return WriteTicket(peripheral: self, refusal: error)
        }
    }

    /// Starts a zero-copy write in the manner of FreeRTOS+IO: the calling task holds the write mutex, and keeps the
    /// memory unchanged until the mutex can be obtained again or `waitPreviousWriteComplete` succeeds.
    ///
    /// - Returns: how many bytes were taken, which is all of them.
    public func startWrite(unretained bytes: UnsafeRawBufferPointer) throws(PeripheralError) -> Int {
        _ = try engine.startWrite(
            Segment(transmit: bytes.baseAddress, receive: nil, count: bytes.count, isInPlace: true), owned: false)
        return bytes.count
    }

    // MARK: Control

    /// Carries out a request, and answers the value in force where the request sets one (0 otherwise).
    @discardableResult
    public func control(_ request: ControlRequest) throws(PeripheralError) -> UInt32 {
        switch request {
        case .usePolledTX: try engine.setTransmitMode(.polled)
        case .useZeroCopyTX: try engine.setTransmitMode(.zeroCopy)
        case .useCharacterQueueTX(let length): try engine.setTransmitMode(.characterQueue(length: length))
        case .usePolledRX: try engine.setReceiveMode(.polled)
        case .useCharacterQueueRX(let length): try engine.setReceiveMode(.characterQueue(length: length))
        case .useCircularBufferRX(let length): try engine.setReceiveMode(.circularBuffer(length: length))
        case .obtainWriteMutex(let timeout): try engine.obtainWriteMutex(timeout)
        case .waitPreviousWriteComplete(let timeout): try engine.waitPreviousWriteComplete(timeout)
        case .releaseWriteMutex: try engine.releaseWriteMutex()
        case .setTXTimeout(let timeout): engine.state.withLock { $0.transmitTimeout = timeout }
        case .setRXTimeout(let timeout): engine.state.withLock { $0.receiveTimeout = timeout }
        case .clearRXBuffer: try engine.clearReceiveBuffer()
        case .setSpeed(0): throw .refused(.badValue("a speed is 1 bit a second or more"))
        case .setSpeed(let rate): return try engine.apply(.speed(rate))
        case .useInterrupts:
            throw .notSupported("\(name): the transfer mode decides whether interrupts are used: choose one")
        case .setInterruptPriority(let priority): try setInterruptPriority(priority)
        case .setSPIDataBits(let bits): return try engine.apply(.spiDataBits(bits))
        case .setSPIClockPhase(let phase): return try engine.apply(.spiClockPhase(phase))
        case .setSPIClockPolarity(let polarity): return try engine.apply(.spiClockPolarity(polarity))
        case .setSPIMode(let role):
            try requireSPI()
            if role == .slave { throw .notSupported("\(name): SPI slave mode is not supported; it is the master") }
        case .setSSPFrameFormat(let format):
            try requireSPI()
            if format != .spi { throw .notSupported("\(name): frame formats other than SPI are not supported") }
        case .setI2CSlaveAddress: throw .notSupported("\(name): no I²C here")
        case .holdChipSelect: return try engine.apply(.holdChipSelect(true))
        case .releaseChipSelect: return try engine.apply(.holdChipSelect(false))
        case .setRXCoalescing(let microseconds): try setReceiveCoalescing(microseconds)
        }
        return 0
    }

    private func setInterruptPriority(_ priority: Int) throws(PeripheralError) {
        guard (0...99).contains(priority) else {
            throw .refused(.badValue("an interrupt priority is 0 (ordinary) to 99, not \(priority)"))
        }
        let number = completionThread.withLock { $0?.setPriority(Int32(priority)) ?? 0 }
        guard number != 0, !hasWarnedOfPriority.withLock({ Swift.exchange(&$0, with: true) }) else { return }
        Self.logger.warning(
            """
            \(name): no real-time priority for the completion thread (\(systemMessage(number))); \
            it goes on at the ordinary one. Allow it with `ulimit -r 99` or CAP_SYS_NICE.
            """)
    }

    private func setReceiveCoalescing(_ microseconds: UInt32) throws(PeripheralError) {
        if isSPI { throw .notSupported("\(name): what comes in on an SPI bus is fetched as it goes out") }
        guard microseconds <= 10_000 else {
            throw .refused(.badValue("received bytes are fetched within 0 to 10000 µs, not \(microseconds)"))
        }
        engine.state.withLock { $0.receiveInterval = engine.facts.keepsReceived ? UInt64(microseconds) * 1000 : 0 }
    }

    private func requireSPI() throws(PeripheralError) {
        if engine.facts.kind != .spi { throw .notSupported("\(name): a serial port has no SPI settings") }
    }

    // MARK: Memory

    /// Where the blocks of a memory pool or a mailbox are best put whose packets this device is to send: in memory that
    /// not even the kernel copies, where the kernel has such memory for the device (`libusb_dev_mem_alloc` on USB), else
    /// on the heap, as when the peripheral has ended. Any pool serves; this one saves a copy. Give it to one pool, which
    /// may outlive the peripheral.
    ///
    /// - Parameter byteCount: all blocks together, each rounded up to a multiple of the pool's alignment.
    public func poolStorage(byteCount: Int) -> MemoryPool.Storage {
        let memory = try? engine.visit { engine.driver.mapMemory(byteCount: byteCount) }
        return memory.map { .mapped($0) } ?? .heap
    }

    // MARK: Facts

    /// What people call it.
    public var name: String { address.name }
    public var transmitMode: TransmitMode { engine.state.withLock { $0.transmitMode } }
    public var receiveMode: ReceiveMode { engine.state.withLock { $0.receiveMode } }
    public var statistics: PeripheralStatistics { engine.state.withLock { $0.statistics } }
    /// False where off the wire means no more than handed over: a pty has no wire.
    public var hasWire: Bool { engine.facts.hasWire }
    /// Bits per second in force.
    public var speed: UInt32 { engine.driver.speed }
    /// Bits on the wire for each byte: 8 on a bus; with start, parity and stop bits on a serial line.
    public var bitsPerByte: Int { engine.facts.bitsPerByte }
    /// True for an SPI controller, where bytes come in only while bytes go out.
    public var isSPI: Bool { engine.facts.kind == .spi }
}
