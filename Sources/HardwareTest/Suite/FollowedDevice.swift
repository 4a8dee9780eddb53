import PeripheralIO
import RTOS

/// The device of a test that goes on when it has been lost: opened again under whatever name the kernel gives it, and
/// never another one that has taken its name.
struct FollowedDevice {
    private var address: DeviceAddress
    /// As it was opened last; nil until it has been.
    private var last: Peripheral?
    private var hasFailed = false

    init(_ address: DeviceAddress) {
        self.address = address
    }

    /// Opens it as a point of the test wants it.
    ///
    /// - Throws: `deviceLost` rather than `missing` for one that has been there: it may go between two points as well as
    ///   during one.
    mutating func open(as point: LoopbackPoint) throws(PeripheralError) -> Peripheral {
        do throws(PeripheralError) {
            if hasFailed {
                guard let present = address.following(last?.identity) else { throw .missing(address.name) }
                address = present
            }
            let port = try Peripheral(address: point.address(from: address))
            last = port
            hasFailed = false
            return port
        } catch {
            guard case .missing(let name) = error, last != nil else { throw error }
            throw .deviceLost(name)
        }
    }

    /// It may have another name when it is opened next.
    mutating func noteFailure() {
        hasFailed = true
    }

    /// Blocks until a device that was lost can be opened again.
    ///
    /// - Parameter isOver: asked some times a second; once true, the wait ends.
    /// - Returns: false if it is over, or if the device cannot be opened for good.
    func awaitReturn(unless isOver: () -> Bool) -> Bool {
        guard let port = try? last?.reopened(unless: isOver) else { return false }
        port.close()
        return true
    }
}
