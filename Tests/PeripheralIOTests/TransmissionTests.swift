import Testing

@testable import PeripheralIO

@Suite("Transmission")
struct TransmissionTests {
    private var transmission = Transmission()

    @Test("The caller starts it, the interrupt goes on when the device is full, and it ends when the wire is idle")
    mutating func handedOver() {
        #expect(transmission.begin(count: 100, style: .interruptDriven, hand: .caller) == .send(offset: 0))
        #expect(transmission.hand == .caller)
        #expect(transmission.deviceAccepted(60) == .handOver)
        #expect(transmission.hand == .interrupt)

        #expect(transmission.next() == .send(offset: 60))
        #expect(transmission.deviceAccepted(0) == .awaitRoom)
        #expect(transmission.next() == .send(offset: 60))
        // A device that takes a part is full.
        #expect(transmission.deviceAccepted(30) == .awaitRoom)
        #expect(transmission.next() == .send(offset: 90))
        #expect(transmission.deviceAccepted(10) == .checkWire)
        #expect(transmission.wireIsBusy(nanoseconds: 700) == .awaitWire(nanoseconds: 700))
        #expect(transmission.next() == .checkWire)
        #expect(transmission.wireIsIdle() == .finish(.complete))
        #expect(transmission.isIdle)
        #expect(transmission.hand == nil)
    }

    @Test("A device that takes all at once and is done at once leaves nothing to the interrupt")
    mutating func doneByCaller() {
        _ = transmission.begin(count: 5, style: .interruptDriven, hand: .caller)
        #expect(transmission.deviceAccepted(5) == .checkWire)
        #expect(transmission.wireIsIdle() == .finish(.complete))
    }

    @Test("A caller never waits for the wire: the interrupt does")
    mutating func wireHandedOver() {
        _ = transmission.begin(count: 5, style: .interruptDriven, hand: .caller)
        _ = transmission.deviceAccepted(5)
        #expect(transmission.wireIsBusy(nanoseconds: 1) == .handOver)
        #expect(transmission.next() == .checkWire)
    }

    @Test("A polled transfer stays with its caller from the first byte to the last")
    mutating func polled() {
        #expect(transmission.begin(count: 3, style: .polled, hand: .caller) == .send(offset: 0))
        #expect(transmission.deviceAccepted(0) == .awaitRoom)
        #expect(transmission.deviceAccepted(1) == .awaitRoom)
        #expect(transmission.next() == .send(offset: 1))
        #expect(transmission.deviceAccepted(2) == .checkWire)
        #expect(transmission.wireIsBusy(nanoseconds: 9) == .awaitWire(nanoseconds: 9))
        #expect(transmission.hand == .caller)
        #expect(transmission.wireIsIdle() == .finish(.complete))
    }

    @Test("Cancelling takes effect at the next step, and the buffer is free when the device has let go")
    mutating func cancelled() {
        _ = transmission.begin(count: 3, style: .interruptDriven, hand: .interrupt)
        #expect(transmission.cancel() == true)
        #expect(transmission.next() == .abort)
        #expect(transmission.deviceAccepted(1) == .abort)
        #expect(!transmission.isIdle)
        #expect(transmission.deviceLetGo() == .finish(.cancelled))
        #expect(transmission.isIdle)
    }

    @Test("What has left before it could be cancelled is complete")
    mutating func cancelledTooLate() {
        _ = transmission.begin(count: 3, style: .interruptDriven, hand: .interrupt)
        _ = transmission.deviceAccepted(3)
        _ = transmission.cancel()
        #expect(transmission.wireIsIdle() == .finish(.complete))
    }

    @Test("Cancelling while the wire is busy ends the waiting")
    mutating func cancelledOnWire() {
        _ = transmission.begin(count: 3, style: .interruptDriven, hand: .interrupt)
        #expect(transmission.cancel() == true)
        #expect(transmission.deviceAccepted(3) == .abort)
        #expect(transmission.wireIsBusy(nanoseconds: 1) == .abort)
    }

    @Test("Nothing under way is nothing to cancel, and leaves no trace in the next")
    mutating func cancelNothing() {
        #expect(transmission.cancel() == false)
        #expect(transmission.next() == .finish(.complete))
        _ = transmission.begin(count: 1, style: .polled, hand: .caller)
        _ = transmission.cancel()
        _ = transmission.deviceLetGo()
        #expect(transmission.begin(count: 1, style: .polled, hand: .caller) == .send(offset: 0))
        #expect(!transmission.isCancelled)
        #expect(transmission.accepted == 0)
    }

    @Test("A device that fails ends it at once")
    mutating func failed() {
        _ = transmission.begin(count: 3, style: .interruptDriven, hand: .caller)
        #expect(transmission.deviceFailed() == .finish(.failed))
        #expect(transmission.isIdle)
    }

    @Test("A queue that gets longer takes its transmission along, even when all was on the wire already")
    mutating func extended() {
        _ = transmission.begin(count: 2, style: .interruptDriven, hand: .interrupt)
        transmission.extend(by: 3)
        #expect(transmission.deviceAccepted(2) == .awaitRoom)
        #expect(transmission.next() == .send(offset: 2))
        #expect(transmission.deviceAccepted(3) == .checkWire)
        transmission.extend(by: 0)
        #expect(transmission.next() == .checkWire)
        transmission.extend(by: 1)
        // The device says that all has left. All that it knew of.
        #expect(transmission.wireIsIdle() == .send(offset: 5))
        #expect(transmission.deviceAccepted(1) == .checkWire)
        #expect(transmission.wireIsIdle() == .finish(.complete))
    }

    @Test("stops whoever starts a second, or takes more than was offered")
    func misuse() async {
        await #expect(processExitsWith: .failure) {
            var transmission = Transmission()
            _ = transmission.begin(count: 1, style: .polled, hand: .caller)
            _ = transmission.begin(count: 1, style: .polled, hand: .caller)
        }
        await #expect(processExitsWith: .failure) {
            var transmission = Transmission()
            _ = transmission.begin(count: 0, style: .polled, hand: .caller)
        }
        await #expect(processExitsWith: .failure) {
            var transmission = Transmission()
            _ = transmission.begin(count: 1, style: .polled, hand: .caller)
            _ = transmission.deviceAccepted(2)
        }
    }

    @Test("sends every byte once and lets go of the buffer, whatever the device answers and whenever it is cancelled")
    func everySequence() throws {
        for style in [Transmission.Style.polled, .interruptDriven] {
            let exploration = Exploration(from: TransmissionModel(style: style), depth: 100)
            print("transmission, \(style): \(exploration.summary)")
            try #require(exploration.violation == nil)
            // No sequence, however long, leads anywhere else.
            #expect(exploration.isComplete)
            #expect(exploration.depth >= 8)
            #expect(exploration.states.count > 100)
            #expect(exploration.reaches { $0.endings.count == 3 })
            #expect(exploration.reaches { $0.thread == .next(.abort) && $0.deviceMayRead })
            if style == .interruptDriven {
                #expect(exploration.reaches { $0.whose == .interrupt && $0.count == TransmissionModel.longestCount })
            }
        }
    }
}
