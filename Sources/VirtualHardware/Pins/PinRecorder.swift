import RTOS

/// Notes every change of the pins and when it came, as a logic analyser would.
public struct PinRecorder: PinDevice {
    /// All levels from one instant on.
    public struct Change: Hashable, Sendable {
        public let time: MonotonicTime
        public let levels: PinSet
        /// The pins whose level is not what it was before.
        public let changed: PinSet
    }

    /// In the order in which they came.
    public private(set) var changes: [Change] = []

    public init() {}

    public var drive: PinDrive { .none }

    public mutating func pinsChanged(from old: PinSet, to new: PinSet, at time: MonotonicTime) {
        changes.append(Change(time: time, levels: new, changed: old.symmetricDifference(new)))
    }

    /// The levels of a pin at each rising (or falling) edge of another, as they were when the edge came.
    public func levels(of pin: PinSet, atEdgesOf clock: PinSet = .clock, rising: Bool) -> [Bool] {
        changes.filter { $0.changed.contains(clock) && $0.levels.contains(clock) == rising }
            .map { $0.levels.contains(pin) }
    }
}
