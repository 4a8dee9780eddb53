/// Who holds a mutex, and how often.
public struct MutexOwnership<Owner: Equatable> {
    public enum AcquireOutcome: Hashable, Sendable {
        case acquired
        /// Held already by the same owner, and now once more.
        case acquiredAgain
        /// Held by the same owner, and not recursive.
        case refused
        case busy
    }

    public enum ReleaseOutcome: Hashable, Sendable {
        case notOwner
        /// Released once; it is still held.
        case stillHeld
        case free
    }

    public let isRecursive: Bool
    public private(set) var owner: Owner?
    /// How often the owner has acquired it.
    public private(set) var depth = 0

    public init(isRecursive: Bool) {
        self.isRecursive = isRecursive
    }

    public mutating func acquire(by task: Owner) -> AcquireOutcome {
        guard let owner else {
            owner = task
            depth = 1
            return .acquired
        }
        guard owner == task else { return .busy }
        guard isRecursive else { return .refused }
        depth += 1
        return .acquiredAgain
    }

    public mutating func release(by task: Owner) -> ReleaseOutcome {
        guard owner == task else { return .notOwner }
        depth -= 1
        if depth > 0 { return .stillHeld }
        owner = nil
        return .free
    }

    /// It passes to `next`, or is free, whoever had it and however often.
    public mutating func passOn(to next: Owner?) {
        owner = next
        depth = next == nil ? 0 : 1
    }
}
