/// A task's notifications: for each index a word, and whether it was changed since the task last looked.
public struct NotificationSlots {
    /// FreeRTOS's `configTASK_NOTIFICATION_ARRAY_ENTRIES`.
    public static let count = 16

    /// What a notification does to the word: FreeRTOS's `eNotifyAction`.
    public enum Action: Hashable, Sendable {
        case none
        case setBits(UInt32)
        case increment
        case overwrite(UInt32)
        /// Refused if the task has not looked at the last one yet.
        case setIfNotPending(UInt32)
    }

    private struct Slot {
        var value: UInt32 = 0
        var isPending = false
    }

    private var slots = InlineArray<16, Slot>(repeating: Slot())

    public init() {}

    public func value(_ index: Int) -> UInt32 { slots[index].value }
    public func isPending(_ index: Int) -> Bool { slots[index].isPending }

    /// False if it was refused. Otherwise the notification is pending, and a task that waits at `index` may go on.
    public mutating func notify(_ index: Int, _ action: Action) -> Bool {
        switch action {
        case .none: break
        case .setBits(let bits): slots[index].value |= bits
        case .increment: slots[index].value &+= 1
        case .overwrite(let value): slots[index].value = value
        case .setIfNotPending(let value):
            if slots[index].isPending { return false }
            slots[index].value = value
        }
        slots[index].isPending = true
        return true
    }

    /// The task takes the word as a count: all of it, or one. Answers what it was before; 0 if there is none.
    public mutating func take(_ index: Int, all: Bool) -> UInt32 {
        let value = slots[index].value
        if value > 0 { slots[index].value = all ? 0 : value - 1 }
        slots[index].isPending = false
        return value
    }

    /// The task takes a pending notification: the word before `clear` is cleared in it; nil if none is pending.
    public mutating func takePending(_ index: Int, clear: UInt32) -> UInt32? {
        guard slots[index].isPending else { return nil }
        slots[index].isPending = false
        defer { slots[index].value &= ~clear }
        return slots[index].value
    }

    /// Forgets that one is pending; true if one was.
    public mutating func clearState(_ index: Int) -> Bool {
        defer { slots[index].isPending = false }
        return slots[index].isPending
    }

    /// Clears bits of the word; answers the word before.
    public mutating func clear(_ index: Int, bits: UInt32) -> UInt32 {
        defer { slots[index].value &= ~bits }
        return slots[index].value
    }
}
