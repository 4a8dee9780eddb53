/// Which timers run, and which is due next: times in ticks, no clock, no threads.
public struct TimerTable: Sendable {
    /// A timer, by its place in the table.
    public typealias Index = Int

    private struct Entry {
        var isUsed = false
        var isRunning = false
        var reloads = false
        var period: UInt32 = 0
        var expiry: UInt64 = 0
        /// Orders those that are due at the same tick.
        var start: UInt64 = 0
    }

    private var entries: [Entry] = []
    private var starts: UInt64 = 0

    public init() {}

    /// A new timer, stopped. Places of removed ones are used again.
    public mutating func add(period: UInt32, reloads: Bool) -> Index {
        let index =
            entries.firstIndex { !$0.isUsed }
            ?? {
                entries.append(Entry())
                return entries.count - 1
            }()
        entries[index] = Entry(isUsed: true, reloads: reloads, period: period)
        return index
    }

    public mutating func remove(_ index: Index) { entries[index] = Entry() }

    public func isRunning(_ index: Index) -> Bool { entries[index].isRunning }
    public func period(_ index: Index) -> UInt32 { entries[index].period }
    public func reloads(_ index: Index) -> Bool { entries[index].reloads }
    /// The tick at which it is due; nil if it does not run.
    public func expiry(_ index: Index) -> UInt64? { entries[index].isRunning ? entries[index].expiry : nil }

    public mutating func setReloads(_ reloads: Bool, of index: Index) { entries[index].reloads = reloads }
    public mutating func setPeriod(_ period: UInt32, of index: Index) { entries[index].period = period }

    /// Starts it, or starts it again: due one period after `now`, or after `delay` the first time.
    public mutating func start(_ index: Index, at now: UInt64, delay: UInt32? = nil) {
        starts &+= 1
        entries[index].isRunning = true
        entries[index].expiry = now &+ UInt64(delay ?? entries[index].period)
        entries[index].start = starts
    }

    /// False if it did not run.
    public mutating func stop(_ index: Index) -> Bool {
        defer { entries[index].isRunning = false }
        return entries[index].isRunning
    }

    /// The tick at which the next timer is due.
    public var nextExpiry: UInt64? { first().map { entries[$0].expiry } }

    /// A timer that is due, the earliest first; nil if there is none. It stops, or runs on from the tick it was due
    /// at, so that one that is served late catches up.
    public mutating func popDue(at now: UInt64) -> Index? {
        guard let first = first(), entries[first].expiry <= now else { return nil }
        if entries[first].reloads {
            start(first, at: entries[first].expiry)
        } else {
            entries[first].isRunning = false
        }
        return first
    }

    private func first() -> Index? {
        var first: Index?
        for index in entries.indices where entries[index].isRunning {
            if let present = first,
                (entries[present].expiry, entries[present].start) <= (entries[index].expiry, entries[index].start)
            {
                continue
            }
            first = index
        }
        return first
    }
}
