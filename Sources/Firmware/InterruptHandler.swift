import CFirmware
import RTOS

/// Calls an interrupt service routine of firmware's own, as the header says.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func hil_interrupt_run(
    _ handler: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?, _ argument: UnsafeMutableRawPointer?
) {
    InterruptContext.run { handler?(argument) }
}
