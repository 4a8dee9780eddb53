import RTOS

/// What has gone through one endpoint.
public struct USBEndpointCounters: Hashable, Sendable {
    /// URBs that were submitted, and those of them that have ended.
    public var submitted: UInt64 = 0
    public var ended: UInt64 = 0
    /// Packets that crossed the bus, and the bytes in them: payload to the device; status bytes and data from it.
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0

    public init() {}
}

/// One endpoint as the host controller keeps it: its URBs in order, and when to try it.
struct USBPipe: Sendable {
    let endpoint: UInt8
    var counters = USBEndpointCounters()
    /// The URBs behind `head`, which have not begun; those before it have ended.
    private var urbs: [URB] = []
    private var head = 0
    /// Bytes of the first URB that have crossed the bus.
    var progress = 0
    /// No packet of the first URB goes before this.
    var eligible = MonotonicTime(nanoseconds: 0)
    /// The device has answered NAK and says that it will do so until then.
    var retry = MonotonicTime(nanoseconds: 0)

    init(endpoint: UInt8) {
        self.endpoint = endpoint
    }

    var first: URB? { head < urbs.count ? urbs[head] : nil }
    var count: Int { urbs.count - head }
    /// The earliest time at which a packet may go; nil without a URB.
    var earliest: MonotonicTime? { first == nil ? nil : max(eligible, retry) }

    mutating func append(_ urb: URB, eligible time: MonotonicTime) {
        // Behind another URB it follows without a pause.
        if first == nil {
            eligible = time
            retry = MonotonicTime(nanoseconds: 0)
        }
        urbs.append(urb)
        counters.submitted += 1
    }

    /// The first URB has ended.
    mutating func removeFirst() {
        head += 1
        progress = 0
        retry = MonotonicTime(nanoseconds: 0)
        counters.ended += 1
        guard head >= 32, head * 2 >= urbs.count else { return }
        urbs.removeFirst(head)
        head = 0
    }

    /// Takes out the URB with this number, and answers how many of its bytes had crossed; nil if it is not here.
    mutating func remove(_ id: UInt64) -> Int? {
        guard let place = urbs[head...].firstIndex(where: { $0.id == id }) else { return nil }
        guard place > head else {
            let done = progress
            removeFirst()
            return done
        }
        urbs.remove(at: place)
        counters.ended += 1
        return 0
    }
}
