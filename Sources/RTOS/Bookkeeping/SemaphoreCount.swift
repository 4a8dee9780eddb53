/// How many tokens a semaphore has, and the most it may have.
public struct SemaphoreCount: Hashable, Sendable {
    public private(set) var count: UInt32
    public let limit: UInt32

    public init(count: UInt32, limit: UInt32) {
        precondition(limit > 0 && count <= limit, "a semaphore of \(limit) tokens cannot have \(count)")
        self.count = count
        self.limit = limit
    }

    /// False if there was no token.
    public mutating func take() -> Bool {
        guard count > 0 else { return false }
        count -= 1
        return true
    }

    /// False if there were as many as there may be.
    public mutating func give() -> Bool {
        guard count < limit else { return false }
        count += 1
        return true
    }

    /// Sets the number of tokens, at most to the limit.
    public mutating func set(_ count: UInt32) {
        self.count = min(count, limit)
    }
}
