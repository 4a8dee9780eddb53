/// What a task waits for in a set of event flags.
public struct FlagCondition: Hashable, Sendable {
    /// The flags it looks at.
    public var mask: UInt32
    /// All of them, or any.
    public var wantsAll: Bool
    /// Waits for flags to be 0 instead of 1.
    public var wantsClear: Bool
    /// The flags that made it true are turned back once it has what it waited for.
    public var consumes: Bool

    public init(_ mask: UInt32, all: Bool = false, clear: Bool = false, consumes: Bool = true) {
        self.mask = mask
        wantsAll = all
        wantsClear = clear
        self.consumes = consumes
    }

    /// The flags of the mask that are as wanted, or nil if they are too few.
    public func met(by flags: UInt32) -> UInt32? {
        let right = (wantsClear ? ~flags : flags) & mask
        return (wantsAll ? right == mask : right != 0) ? right : nil
    }
}

/// The flags themselves, and what setting and consuming them does.
public struct EventFlagSet: Hashable, Sendable {
    /// When the flags are turned back that several waiters consume at one change.
    public enum Consumption: Hashable, Sendable {
        /// When all waiters have been looked at: FreeRTOS, µC/OS-III.
        case afterAll
        /// After each: the next one does not see them any more. CMSIS-RTOS2.
        case oneByOne
    }

    public private(set) var flags: UInt32
    private let consumption: Consumption
    private var setAfter: UInt32 = 0
    private var clearAfter: UInt32 = 0

    public init(flags: UInt32 = 0, consumption: Consumption = .afterAll) {
        self.flags = flags
        self.consumption = consumption
    }

    public mutating func set(_ mask: UInt32) { flags |= mask }
    public mutating func clear(_ mask: UInt32) { flags &= ~mask }

    /// A task looks at the flags by itself: the flags before it consumed any, or nil if its condition is not met.
    public mutating func take(_ condition: FlagCondition) -> UInt32? {
        guard let right = condition.met(by: flags) else { return nil }
        defer { if condition.consumes { turnBack(right, condition) } }
        return flags
    }

    /// A waiter's turn after a change: the flags it is woken with, or nil if it waits on.
    public mutating func serve(_ condition: FlagCondition) -> UInt32? {
        guard consumption == .afterAll else { return take(condition) }
        guard let right = condition.met(by: flags) else { return nil }
        if condition.consumes {
            if condition.wantsClear { setAfter |= right } else { clearAfter |= right }
        }
        return flags
    }

    /// Every waiter has had its turn.
    public mutating func allServed() {
        flags = flags & ~clearAfter | setAfter
        clearAfter = 0
        setAfter = 0
    }

    private mutating func turnBack(_ mask: UInt32, _ condition: FlagCondition) {
        if condition.wantsClear { flags |= mask } else { flags &= ~mask }
    }
}
