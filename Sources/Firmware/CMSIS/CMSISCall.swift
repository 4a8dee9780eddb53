import CFirmware
import RTOS

/// Who makes a call, and how long it may wait.
enum CMSISCall {
    /// Whether the caller is an interrupt: it says so, or it is a thread that the running kernel does not know.
    @inline(__always)
    static var isInterrupt: Bool {
        InterruptContext.isActive || (hil_firmware_task_get() == nil && isForeign)
    }

    /// From then on the thread is an interrupt for good: of the primitives, and of what is said about misuse.
    @inline(never)
    private static var isForeign: Bool {
        guard FirmwareKernel.phase == .running else { return false }
        InterruptContext.set(true)
        return true
    }

    /// Whether the caller is an interrupt that wants to wait, which is told as misuse.
    @inline(__always)
    static func mustNotWait(_ ticks: UInt32, _ call: StaticString) -> Bool {
        guard ticks > 0, isInterrupt else { return false }
        tellInterruptWaits(call)
        return true
    }

    /// Whether the caller is an interrupt, which this blocking call is not for. That is told as misuse.
    @inline(__always)
    static func mustNotBlock(_ call: StaticString) -> Bool {
        guard isInterrupt else { return false }
        tellInterruptWaits(call)
        return true
    }

    @inline(never)
    private static func tellInterruptWaits(_ call: StaticString) {
        Misuse.report(call, "an interrupt must not block: where the call is allowed, use a time of 0")
    }

    /// How long a wait may last. Nobody waits before the kernel runs: that is as if the time were over at once.
    @inline(__always)
    static func timeout(_ ticks: UInt32) -> Timeout {
        if hil_firmware_task_get() == nil { return .now }
        return Timeout(rtosTicks: ticks)
    }

    /// The answer where nothing was there, and there was no wait.
    @inline(__always)
    static func nothingThere(_ ticks: UInt32) -> osStatus_t { ticks == 0 ? osErrorResource : osErrorTimeout }

    /// The answer of a function that answers flags.
    static func flags(_ status: osStatus_t) -> UInt32 { UInt32(bitPattern: status.rawValue) }
}
