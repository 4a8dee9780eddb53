import Synchronization

/// A rate that one thread sets and others read.
final class AtomicRate: Sendable {
    private let rate: Atomic<UInt32>

    init(_ rate: UInt32) {
        self.rate = Atomic(rate)
    }

    var value: UInt32 {
        get { rate.load(ordering: .relaxed) }
        set { rate.store(newValue, ordering: .relaxed) }
    }
}
