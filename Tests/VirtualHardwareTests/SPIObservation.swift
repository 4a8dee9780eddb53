import RTOS
import Synchronization
import VirtualHardware

/// A transfer's two sides, as the test sees them.
struct Exchange {
    let mosi: [UInt8]
    var miso: [UInt8?]
    /// Places of `mosi`, in the order in which the controller read them.
    var readPlaces: [Int] = []

    init(_ mosi: [UInt8]) {
        self.mosi = mosi
        miso = Array(repeating: nil, count: mosi.count)
    }

    mutating func advance(_ bus: inout VirtualSPIController, to now: MonotonicTime) -> VirtualSPIController.Progress {
        bus.advance(to: now) { place in
            readPlaces.append(place)
            return mosi[place]
        } miso: { place, byte in
            miso[place] = byte
        }
    }
}

/// Notes what reaches the device.
struct Recorder: SPIModel {
    enum Event: Equatable {
        case select
        case byte(UInt8)
        case deselect
    }

    final class Log: Sendable {
        let events = Mutex<[Event]>([])
        var all: [Event] { events.withLock { $0 } }
        func add(_ event: Event) { events.withLock { $0.append(event) } }
    }

    let log = Log()
    func select() { log.add(.select) }
    func shift(_ mosi: UInt8) -> UInt8 {
        log.add(.byte(mosi))
        return mosi
    }
    func deselect() { log.add(.deselect) }
}
