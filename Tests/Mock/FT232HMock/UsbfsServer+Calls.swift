import CUMockdev
import Glibc
import VirtualHardware

extension UsbfsServer {
    /// Has umockdev bring calls on a device's node here, and keeps the server for as long as the process lives: nobody
    /// knows when the last call has come.
    func makeHandler() -> UnsafeMutablePointer<UMockdevIoctlBase>? {
        guard let handler = umockdev_ioctl_base_new() else { return nil }
        let itself = Unmanaged.passRetained(self).toOpaque()
        typealias Call =
            @convention(c) (UnsafeMutablePointer<UMockdevIoctlBase>?, Client?, gpointer?) -> gboolean
        let ioctl: Call = { _, client, data in UsbfsServer.at(data, client) { $0.call($1) } }
        let read: Call = { _, client, data in UsbfsServer.at(data, client) { $0.read($1) } }
        // usbfs has nothing to write to.
        let write: Call = { _, client, data in
            UsbfsServer.at(data, client) { umockdev_ioctl_client_complete($1, -1, EINVAL) }
        }
        let connected: Call = { _, client, data in UsbfsServer.at(data, client) { $0.opened($1) } }
        for (signal, body) in [
            ("handle-ioctl", ioctl), ("handle-read", read), ("handle-write", write), ("client-connected", connected),
        ] {
            g_signal_connect_data(
                handler, signal, unsafeBitCast(body, to: GCallback.self), itself, nil, GConnectFlags(rawValue: 0))
        }
        return handler
    }

    /// True to umockdev: the call is answered, or will be.
    private static func at(_ data: gpointer?, _ client: Client?, _ body: (UsbfsServer, Client) -> Void) -> gboolean {
        guard let data, let client else { return 0 }
        body(Unmanaged<UsbfsServer>.fromOpaque(data).takeUnretainedValue(), client)
        return 1
    }

    // MARK: Calls

    /// The descriptors, as usbfs gives them to those who read its nodes.
    private func read(_ client: Client) {
        guard let argument = umockdev_ioctl_client_get_arg(client), let memory = argument.pointee.data else {
            return umockdev_ioctl_client_complete(client, -1, EFAULT)
        }
        let room = Int(argument.pointee.data_len)
        let count = state.withLock { state -> Int in
            guard let file = state.files[client] else { return 0 }
            let rest = descriptors.dropFirst(state.positions[file, default: 0]).prefix(room)
            for (place, byte) in rest.enumerated() { memory[place] = byte }
            state.positions[file, default: 0] += rest.count
            return rest.count
        }
        umockdev_ioctl_client_complete(client, count, 0)
    }

    private enum Outcome {
        case done
        case value(Int)
        /// Whoever ends what was begun answers the call.
        case later
    }

    private func call(_ client: Client) {
        forgetTheGone()
        do throws(UsbfsRefusal) {
            switch try outcome(of: client) {
            case .done: umockdev_ioctl_client_complete(client, 0, 0)
            case .value(let value): umockdev_ioctl_client_complete(client, value, 0)
            case .later: break
            }
        } catch {
            umockdev_ioctl_client_complete(client, -1, error.code)
        }
    }

    private func outcome(of client: Client) throws(UsbfsRefusal) -> Outcome {
        switch umockdev_ioctl_client_get_request(client) {
        case hil_usbfs_submit: try submit(client)
        case hil_usbfs_discard: try discard(client)
        case hil_usbfs_claim: try claim(client)
        case hil_usbfs_release: try release(client)
        case hil_usbfs_get_driver: try getDriver(client)
        case hil_usbfs_disconnect_claim: try disconnectAndClaim(client)
        case hil_usbfs_ioctl: return .value(try bindOrUnbind(client))
        case hil_usbfs_get_capabilities: try getCapabilities(client)
        case hil_usbfs_get_speed: return .value(Int(USB_SPEED_HIGH.rawValue))
        case hil_usbfs_connect_info: try getConnectInfo(client)
        default: return try lastingOutcome(of: client)
        }
        return .done
    }

    private func lastingOutcome(of client: Client) throws(UsbfsRefusal) -> Outcome {
        switch umockdev_ioctl_client_get_request(client) {
        case hil_usbfs_reap: try reap(for: client, waits: true)
        case hil_usbfs_reap_now: try reap(for: client, waits: false)
        case hil_usbfs_control: try control(client)
        case hil_usbfs_bulk: try bulk(client)
        case hil_usbfs_set_configuration: try setConfiguration(client)
        case hil_usbfs_set_interface: try setInterface(client)
        case hil_usbfs_clear_halt: try clearHalt(client)
        case hil_usbfs_reset: try reset(client)
        default: throw UsbfsRefusal(ENOTTY)
        }
        return .later
    }
}
