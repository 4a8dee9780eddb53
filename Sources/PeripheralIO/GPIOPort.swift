import RTOS
import Synchronization
import VirtualHardware

/// The pins of an FTDI chip's interface that its SPI bus leaves over: ADBUS4–7, as far as they are no chip selects, and
/// ACBUS0–7.
///
/// It can be opened beside peripherals on the same interface in one process, and shares the bus with them: each call
/// waits for its turn, as long as another's transfer takes. All methods may be called from any thread.
/// A pin is an input until it is driven, and again once the last user of the interface has closed it.
public final class GPIOPort: Sendable {
    private let bus: MPSSEBus
    private let user: Int
    private let isClosed = Atomic(false)
    private let calls = Mutex(())
    /// Signalled when it is closed.
    private let closing: EventDescriptor

    /// The pins that an interface has: ADBUS0–7 are bits 0–7, ACBUS0–7 bits 8–15.
    public static let pins = 0...15

    /// Opens the pins of the interface that the address names; its settings are of no account.
    ///
    /// - Throws: as `Peripheral`; `notSupported` for what is no FTDI chip with an MPSSE.
    public static func open(_ name: String, clock: HardwareClock = .wall) throws(PeripheralError) -> GPIOPort {
        try FTDIOpening.openPins(DeviceAddress(name), clock: clock)
    }

    init(_ bus: MPSSEBus) throws(PeripheralError) {
        self.bus = bus
        do {
            closing = try EventDescriptor()
            user = try bus.join(chipSelect: 0, activeHigh: false)
        } catch {
            bus.closeIfUnused()
            throw error
        }
    }

    /// The levels of all pins now, whoever drives them: bit *n* is pin *n*.
    public func read() throws(PeripheralError) -> UInt16 {
        try alone { () throws(PeripheralError) in try bus.readPins() }
    }

    /// Drives a pin from now on.
    ///
    /// - Throws: `refused` for a pin that the bus or a chip select has, or that there is not.
    public func drive(_ pin: Int, _ level: Bool) throws(PeripheralError) {
        try change(pin) { pins, mask in
            pins.set(mask, to: level)
            pins.outputs |= mask
        }
    }

    /// Lets go of a pin: it is an input from now on, pulled up inside the chip.
    public func release(_ pin: Int) throws(PeripheralError) {
        try change(pin) { pins, mask in pins.outputs &= ~mask }
    }

    /// Sleeps for as long as it is told, with the pins as they are.
    ///
    /// - Throws: `deviceLost` as soon as the device is gone; `closed` when another thread closes this.
    public func hold(for timeout: Timeout) throws(PeripheralError) {
        let deadline = timeout.deadline()
        while !isClosed.load(ordering: .relaxed) {
            if try bus.usb.watch(until: deadline, event: closing) { break }
            if bus.usb.clock.now >= deadline { return }
        }
        throw .closed
    }

    private func change(_ pin: Int, _ body: (inout MPSSEPins, UInt16) -> Void) throws(PeripheralError) {
        let last = bus.usb.chip.hasHighByte ? 15 : 7
        guard (0...last).contains(pin) else { throw .refused(.badValue("pins are 0 to \(last), not \(pin)")) }
        let mask: UInt16 = 1 << UInt16(pin)
        guard mask & (MPSSEPins.bus | bus.chipSelects) == 0 else {
            throw .refused(.badValue("pin \(pin) belongs to the SPI bus"))
        }
        try alone { () throws(PeripheralError) in
            bus.stream.withLock { body(&$0.pins, mask) }
            try bus.tellPins()
        }
    }

    private func alone<Result: Sendable>(
        _ body: () throws(PeripheralError) -> Result
    ) throws(PeripheralError) -> Result {
        try calls.withLock { _ throws(PeripheralError) in
            do throws(PeripheralError) {
                guard let result = try bus.quietly(as: user, body) else { throw .timedOut }
                return result
            } catch {
                // What the chip was in the middle of is not known.
                bus.abort(user)
                throw error
            }
        }
    }

    deinit {
        close()
    }

    /// Gives the pins back. Once is enough, and more does no harm.
    public func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        closing.signal()
        bus.leave(user, chipSelect: 0)
    }
}
