import CFirmware
import RTOS

/// What thread flags and event flags have in common.
enum FlagWait {
    /// Bit 31 says that an answer is an error.
    @inline(__always)
    static func areFlags(_ flags: UInt32) -> Bool { flags & osFlagsError == 0 }

    /// What flags are waited for and how; nil if these are no flags, or no options.
    static func condition(_ flags: UInt32, _ options: UInt32) -> FlagCondition? {
        guard areFlags(flags), options & ~(osFlagsWaitAll | osFlagsNoClear) == 0 else { return nil }
        return FlagCondition(
            flags, all: options & osFlagsWaitAll != 0, consumes: options & osFlagsNoClear == 0)
    }

    /// The flags before any were cleared, or an error.
    static func wait(_ flags: EventFlags, _ condition: FlagCondition, _ ticks: UInt32) -> UInt32 {
        do {
            return try flags.wait(condition, CMSISCall.timeout(ticks))
        } catch {
            return switch error {
            case .wouldBlock: CMSISCall.flags(CMSISCall.nothingThere(ticks))
            case .timedOut, .aborted, .schedulerLocked: osFlagsErrorTimeout
            case .deleted: osFlagsErrorResource
            case .inInterrupt: osFlagsErrorParameter
            }
        }
    }
}
