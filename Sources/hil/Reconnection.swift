import ArgumentParser
import PeripheralIO

/// `--reconnect`, the same for every command that can go on when its device is back.
struct ReconnectOptions: ParsableArguments {
    @Flag(
        name: .customLong("reconnect"),
        help: "When the device is lost, wait until it is back, whatever its name is then, and go on.")
    var isWanted = false
}

/// Waiting until a device that was lost is back.
enum Reconnection {
    /// Closes the peripheral and opens its device again once that is there, found by serial number or USB path. Blocks
    /// for as long as that takes; says on standard error that it waits, and that the device is back.
    ///
    /// - Parameter isOver: asked some times a second; once true, the wait ends.
    /// - Throws: `closed` if it is over; what the device cannot be opened for at all.
    static func await(_ port: Peripheral, isOver: () -> Bool) throws -> Peripheral {
        StandardStreams.tell("hil: \(port.name): device lost; waiting until it is back")
        guard let reopened = try port.reopened(unless: isOver) else { throw PeripheralError.closed }
        StandardStreams.tell("hil: \(reopened.name): back")
        return reopened
    }
}
