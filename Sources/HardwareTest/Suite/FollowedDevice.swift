import PeripheralIO
import RTOS

/// The device of a test that goes on when it has been lost: opened again under whatever name the kernel gives it, and
/// never another one that has taken its name.
struct FollowedDevice {
    private var address: DeviceAddress
    /// nil until it has been opened once, and for one that is found by its name alone.
    private var identity: DeviceIdentity?
    private var hasFailed = false

    /// Milliseconds after which a wait looks whether it is to end.
    private static let interval: UInt32 = 250

    init(_ address: DeviceAddress) {
        self.address = address
    }

    /// Opens it as a point of the test wants it.
    mutating func open(as point: LoopbackPoint) throws(PeripheralError) -> Peripheral {
        if hasFailed {
            guard let present = address.following(identity) else { throw .missing(address.name) }
            address = present
        }
        let port = try Peripheral(address: point.address(from: address))
        if identity == nil { identity = port.identity }
        hasFailed = false
        return port
    }

    /// It may have another name when it is opened next.
    mutating func noteFailure() {
        hasFailed = true
    }

    /// Closes a peripheral whose device was lost, and blocks until that can be opened again.
    ///
    /// - Parameter isOver: asked some times a second; once true, the wait ends.
    /// - Returns: false if it is over, or if the device cannot be opened for good.
    func awaitReturn(of port: Peripheral, isOver: () -> Bool) -> Bool {
        while !isOver() {
            do throws(PeripheralError) {
                try port.reopened(within: .milliseconds(Self.interval)).close()
                return true
            } catch .timedOut {
                continue
            } catch {
                return false
            }
        }
        return false
    }
}
