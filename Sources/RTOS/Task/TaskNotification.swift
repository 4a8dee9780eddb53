/// Notifications: the fastest way to tell one task something.
///
/// Every task has `notificationCount` of them, each a word and a mark that it was changed. Whoever notifies never
/// blocks, and may be an interrupt.
extension RTOSTask {
    /// Indices run from 0 to one less.
    public static let notificationCount = NotificationSlots.count

    /// What came of `notify`.
    public enum NotifyOutcome: Hashable, Sendable {
        /// The word before.
        case delivered(previous: UInt32)
        /// The task had not looked at the last one, and `setIfNotPending` kept that.
        case refused(previous: UInt32)
        case ended
    }

    /// Changes the word at `index`, and wakes the task if it waits for that.
    @discardableResult
    public func notify(at index: Int = 0, _ action: NotificationSlots.Action) -> NotifyOutcome {
        let serial = serial
        return block.pointee.signals.perform { signals, waiters in
            guard signals.serial == serial else { return .ended }
            let previous = signals.notifications.value(index)
            guard signals.notifications.notify(index, action) else { return .refused(previous: previous) }
            if waiters.first(.takers)?.request.option == UInt(index) { waiters.grantFirst(.takers) }
            return .delivered(previous: previous)
        }
    }

    /// Adds 1 to the word: the notification as a counting semaphore.
    public func notifyGive(at index: Int = 0) {
        notify(at: index, .increment)
    }

    /// Waits until the calling task's word is not 0, then takes all of it, or 1. Answers what it was, 0 if the time
    /// was over first.
    public static func takeNotification(at index: Int = 0, all: Bool = false, _ timeout: Timeout = .forever) -> UInt32 {
        let signals = TaskControlBlock.current.pointee.signals
        let outcome = signals.wait(.takers, timeout, request: WaitRequest(option: UInt(index))) { signals, _ in
            signals.notifications.value(index) == 0 ? nil : signals.notifications.take(index, all: all)
        }
        if case .done(let value) = outcome { return value }
        return signals.peek { signals, _ in signals.notifications.take(index, all: all) }
    }

    /// What came of `waitForNotification`.
    public struct Notification: Hashable, Sendable {
        /// The word, before bits were cleared at the end.
        public var value: UInt32
        /// One was pending or came in time.
        public var isNew: Bool

        public init(value: UInt32, isNew: Bool) {
            self.value = value
            self.isNew = isNew
        }
    }

    /// Waits until a notification is pending at `index` of the calling task.
    ///
    /// - Parameters:
    ///   - clearAtStart: bits to clear before the wait, unless one is pending already.
    ///   - clearAtEnd: bits to clear afterwards if one came.
    public static func waitForNotification(
        at index: Int = 0, clearAtStart: UInt32 = 0, clearAtEnd: UInt32 = 0, _ timeout: Timeout = .forever
    ) -> Notification {
        let signals = TaskControlBlock.current.pointee.signals
        let outcome = signals.wait(.takers, timeout, request: WaitRequest(option: UInt(index))) {
            signals, _ -> Notification? in
            if let value = signals.notifications.takePending(index, clear: clearAtEnd) {
                return Notification(value: value, isNew: true)
            }
            _ = signals.notifications.clear(index, bits: clearAtStart)
            return nil
        }
        if case .done(let notification) = outcome { return notification }
        return signals.peek { signals, _ in
            if let value = signals.notifications.takePending(index, clear: clearAtEnd) {
                return Notification(value: value, isNew: true)
            }
            return Notification(value: signals.notifications.value(index), isNew: false)
        }
    }

    /// Forgets a pending notification; true if there was one.
    @discardableResult
    public func clearNotification(at index: Int = 0) -> Bool {
        block.pointee.signals.perform { signals, _ in
            signals.serial == serial && signals.notifications.clearState(index)
        }
    }

    /// Clears bits of the word; answers the word before.
    @discardableResult
    public func clearNotificationValue(at index: Int = 0, bits: UInt32) -> UInt32 {
        block.pointee.signals.perform { signals, _ in
            signals.serial == serial ? signals.notifications.clear(index, bits: bits) : 0
        }
    }

    /// The word, and whether a notification is pending, without changing either.
    public func peekNotification(at index: Int = 0) -> Notification {
        block.pointee.signals.perform { signals, _ in
            guard signals.serial == serial else { return Notification(value: 0, isNew: false) }
            return Notification(
                value: signals.notifications.value(index), isNew: signals.notifications.isPending(index))
        }
    }
}
