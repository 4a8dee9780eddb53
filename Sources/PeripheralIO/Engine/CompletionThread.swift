import RTOS

/// The peripheral's interrupt: the thread that finishes what callers start and takes in what arrives.
///
/// It sleeps in the device until there is something to do. With nothing on its way and no interrupt-driven reception
/// it has no deadline and no interest but the loss of the device, and so never wakes.
struct CompletionThread {
    private let engine: TransferEngine
    private var pause: TransferEngine.Pause?
    /// Who received packets when this was last looked at.
    private var reception: (any PacketReception)?
    /// While reception is coalesced and bytes have just been fetched: when the next are.
    private var nextReception: MonotonicTime?

    /// Starts the thread. It ends by itself once the engine has ended and it has nothing in hand.
    static func start(for engine: TransferEngine) -> Handle {
        let name = "hil \(engine.facts.name)"
        let serve: @Sendable () -> Void = {
            InterruptContext.set(true)
            var thread = CompletionThread(engine: engine)
            thread.serve()
        }
        if let kernel = engine.facts.kernel {
            return .task(RTOSTask.startInterrupt(name: name, kernel: kernel, serve))
        }
        return .thread(RTOSThread.startJoinable(name: name, serve))
    }

    /// The thread: one from outside, or an interrupt of the kernel whose virtual time the device lives in.
    enum Handle {
        case thread(RTOSThread)
        case task(RTOSTask)

        /// Waits until it has ended. Once.
        func join() {
            switch self {
            case .thread(let thread): Kernel.hostCall { thread.join() }
            case .task(let task): task.join()
            }
        }

        /// As `RTOSThread.setPriority`; in virtual time an interrupt goes before all tasks as it is.
        func setPriority(_ priority: Int32) -> Int32 {
            if case .thread(let thread) = self { thread.setPriority(priority) } else { 0 }
        }
    }

    private init(engine: TransferEngine) {
        self.engine = engine
    }

    private mutating func serve() {
        var ready: Readiness = []
        while true {
            let isGathered = nextReception.map { engine.driver.now >= $0 } ?? false
            if ready != .data, !(ready.isEmpty && isGathered) { moveTransmissionOn(hasRoom: ready.contains(.room)) }
            let isSilent = reception.map { engine.driver.now >= $0.silenceDeadline } ?? false
            if ready.contains(.data) || isGathered || isSilent { receive() }
            let plan = engine.state.withLock { state -> Plan in
                reception = state.packetReception
                if state.ended != nil, state.transmission.hand != .interrupt { return .end }
                return .wait(interests(in: &state))
            }
            guard case .wait(let interests) = plan else { return engine.endPackets() }
            do {
                ready = try engine.driver.wait(for: interests, until: deadline, event: engine.interruptRequest)
            } catch {
                engine.end(with: error)
                pause = nil
                ready = []
            }
            if ready.contains(.event) { engine.interruptRequest.reset() }
            if ready.contains(.line) { engine.update(inInterrupt: true) { $0.wakeAll(waitingFor: .line) } }
        }
    }

    private enum Plan {
        case wait(Readiness)
        case end
    }

    private mutating func moveTransmissionOn(hasRoom: Bool) {
        pause = nil
        var hasRoom = hasRoom
        while true {
            _ = engine.pullPackets()
            guard let pause = moveOneOn(hasRoom: hasRoom) else { return }
            engine.collectPackets()
            guard pause == .complete else {
                // More was put behind what waits for the wire.
                if case .awaitWire = pause, engine.pullPackets() {
                    hasRoom = true
                    continue
                }
                self.pause = pause
                return
            }
        }
    }

    /// Moves the present transmission, or the next one, on until it has to wait; nil if there is none.
    private func moveOneOn(hasRoom: Bool) -> TransferEngine.Pause? {
        let action = engine.state.withLock({ state in
            state.transmission.hand == .interrupt ? state.transmission.next(hasRoom: hasRoom) : state.startNextJob()
        })
        guard let action else { return nil }
        // A transmission that fails is as much at its end as one that is complete, and who waits for it knows.
        return (try? engine.moveOn(from: action, by: .interrupt)) ?? .complete
    }

    private func interests(in state: inout EngineState) -> Readiness {
        var interests: Readiness = []
        switch pause {
        case .awaitRoom: interests.insert(.room)
        case .awaitWire: interests.insert(.wire)
        default: break
        }
        if state.lineWatchers > 0 { interests.insert(.line) }
        // Once it is over nothing more comes in: a device that is lost would say so, and not let the write be given up.
        if engine.facts.kind == .uart, state.receiveMode != .polled, state.ended == nil {
            if state.receiveBuffer.space > 0 || state.packetReception != nil {
                if nextReception == nil { interests.insert(.data) }
            } else if !state.receptionIsPaused {
                state.receptionIsPaused = true
                state.statistics.receivePauses += 1
            }
        }
        return interests
    }

    private var deadline: MonotonicTime {
        var deadline = nextReception ?? .never
        if case .awaitWire(let time) = pause { deadline = min(deadline, time) }
        // Silence ends a packet.
        if let reception { deadline = min(deadline, reception.silenceDeadline) }
        return deadline
    }

    /// Nanoseconds in which no more comes in than a kernel surely holds.
    private var longestInterval: UInt64 {
        let bits = UInt64(Self.heldBytes * engine.facts.bitsPerByte)
        return bits * 1_000_000_000 / UInt64(max(engine.driver.speed, 1))
    }

    private static let heldBytes = 2048

    /// Reads straight into the free places of the receive buffer. What does not fit stays with the device, where the
    /// line's flow control can hold the sender.
    private mutating func receive() {
        nextReception = nil
        if reception != nil { return engine.receivePackets() }
        let places = engine.state.withLock { state -> UnsafeMutableRawBufferPointer? in
            guard state.packetReception == nil, state.receiveMode != .polled, state.receptionHand == nil else {
                return nil
            }
            guard state.receiveBuffer.space > 0 else { return nil }
            state.receptionHand = .interrupt
            return state.receiveBuffer.writablePlaces
        }
        guard let places else { return }
        var count = 0
        var failure: PeripheralError?
        do throws(PeripheralError) {
            count = try engine.driver.receive(into: places)
        } catch {
            failure = error
        }
        let interval = engine.update(inInterrupt: true) { state in
            state.receptionHand = nil
            state.wakeAll(waitingFor: .reception)
            state.receiveBuffer.wrote(count)
            state.statistics.bytesReceived &+= UInt64(count)
            state.statistics.receptions &+= count > 0 ? 1 : 0
            if state.receiveBuffer.count >= state.readerThreshold { state.wakeAll(waitingFor: .data) }
            return state.receiveInterval
        }
        if interval > 0, count > 0 {
            nextReception = engine.driver.now.advanced(byNanoseconds: min(interval, longestInterval))
        }
        if let failure { engine.end(with: failure) }
    }
}
