/// Why a call on a peripheral did not do what was asked. Its description is one line: what happened, and what to do.
public enum PeripheralError: Error, Hashable, Sendable {
    /// The name or URL cannot be understood.
    case badAddress(String, reason: String)
    /// There is no such device.
    case missing(String)
    /// The present user may not use the device.
    case permissionDenied(String, cure: String)
    /// Somebody else has the device.
    case busy(String, holder: DeviceHolder?)
    /// The time given to the call is over.
    case timedOut
    /// The device was unplugged, its other end was closed, or it failed for good.
    case deviceLost(String)
    /// The device cannot do this, or took another value than was asked for.
    case notSupported(String)
    /// The call breaks a rule of the interface; nothing has changed.
    case refused(Refusal)
    /// `close` was called, here or on another thread.
    case closed
    /// The transfer was ended before its time.
    case cancelled
    /// Something else was done than in the session that is replayed.
    case differs(String)
    /// A system call failed in a way that has no better name.
    case system(call: String, errno: Int32)

    /// Rules of the interface that a caller can break.
    public enum Refusal: Hashable, Sendable {
        /// A zero-copy write by a task that does not hold the write mutex.
        case notMutexHolder
        /// The write mutex is not recursive.
        case mutexAlreadyHeld
        /// The request belongs to another transfer mode.
        case wrongMode(String)
        /// The transfer mode can change only when nothing is being written and nobody holds the write mutex.
        case transferInProgress
        /// An interrupt must not block.
        case blockingCallInInterrupt
        /// More has been received than the new mode's buffer holds.
        case receivedDataWouldBeLost(bytes: Int)
        /// A value is outside of its range.
        case badValue(String)
    }
}

extension PeripheralError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badAddress(let name, let reason):
            "\(name): \(reason)"
        case .missing(let name):
            "\(name): no such device; `hil list` shows what is there"
        case .permissionDenied(let name, let cure):
            "\(name): permission denied; \(cure)"
        case .busy(let name, let holder?):
            "\(name): in use by \(holder); end it, or choose another device"
        case .busy(let name, nil):
            "\(name): in use by another process that /proc does not show to this user"
        case .timedOut:
            "timed out"
        case .deviceLost(let name):
            "\(name): device lost (unplugged, or its other end closed); plug it in and open it again"
        case .notSupported(let what), .differs(let what):
            what
        case .refused(let refusal):
            "\(refusal)"
        case .closed:
            "the peripheral has been closed"
        case .cancelled:
            "the transfer was cancelled"
        case .system(let call, let errno):
            "\(call): \(systemMessage(errno)) (errno \(errno))"
        }
    }
}

extension PeripheralError.Refusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notMutexHolder: "a zero-copy write needs the write mutex: obtain it first, in the same task"
        case .mutexAlreadyHeld: "this task holds the write mutex already: write, or release it"
        case .wrongMode(let hint): hint
        case .transferInProgress: "a write is in progress or the write mutex is held: wait for it, then change the mode"
        case .blockingCallInInterrupt: "an interrupt must not block: use a time-out of zero"
        case .receivedDataWouldBeLost(let bytes):
            "\(bytes) received bytes do not fit the new buffer: read or clear them"
        case .badValue(let hint): hint
        }
    }
}
