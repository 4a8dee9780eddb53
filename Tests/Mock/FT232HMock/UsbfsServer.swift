import CUMockdev
import Glibc
import RTOS
import VirtualHardware

/// Answers the calls of programs on a device's node as usbfs does, with a virtual FT232H on a bus of its own at the far
/// end, in wall time.
///
/// Calls come in on umockdev's thread, ends of transfers on the bus's. Not modelled: memory mapped from the device,
/// streams, isochronous and interrupt transfers, the removal of the device. A program that is killed in the middle of a
/// call keeps what it has claimed, since umockdev never closes its socket.
final class UsbfsServer: Sendable {
    typealias Client = UnsafeMutablePointer<UMockdevIoctlClient>
    typealias Host = USBHostController<VirtualFT232H>

    /// The driver that the kernel would have for the chip.
    static let driver = "ftdi_sio"
    /// The chip's only interface.
    static let interface: UInt32 = 0

    struct State: @unchecked Sendable {
        var node = UsbfsNode(interfaceCount: 1, driver: UsbfsServer.driver)
        /// By umockdev's object for it.
        var files: [Client: UsbfsNode.File] = [:]
        /// By number on the bus.
        var transfers: [UInt64: UsbfsTransfer] = [:]
        /// Calls that wait for a URB to reap.
        var reapers: [UsbfsNode.File: Client] = [:]
        /// How far a file has been read.
        var positions: [UsbfsNode.File: Int] = [:]
    }

    let state = Guarded(State())
    let host: Host
    let endpoints: [UInt8]
    /// What reading the node gives.
    let descriptors: [UInt8]
    private let readiness: ReadinessPipe
    private let driverChanged: @Sendable (String?) -> Void
    private let ends: EndsOfTransfers

    /// Where the bus's thread finds the server, which is made after it.
    private final class EndsOfTransfers: Sendable {
        let server = Guarded(Weak())
        struct Weak { weak var server: UsbfsServer? }
    }

    /// - Parameter driverChanged: called on umockdev's thread with the name of the interface's driver from then on; nil: it
    ///   has none.
    /// - Returns: nil if the machine has no descriptor left.
    init?(
        _ chip: VirtualFT232H, readiness: ReadinessPipe, driverChanged: @escaping @Sendable (String?) -> Void
    ) {
        let ends = EndsOfTransfers()
        guard let host = Host(chip, completed: { ends.server.withLock { $0.server }?.ended($0) }) else { return nil }
        self.host = host
        self.ends = ends
        self.readiness = readiness
        self.driverChanged = driverChanged
        endpoints = chip.bulkEndpoints
        descriptors = chip.descriptor(0x0100) + chip.descriptor(0x0200)
        ends.server.withLock { $0.server = self }
    }

    // MARK: Files

    func opened(_ client: Client) {
        forgetTheGone()
        // umockdev lets go of it while a call of its is not answered at once.
        g_object_ref(client)
        state.withLock { $0.files[client] = $0.node.open() }
    }

    /// Closes the files whose sockets umockdev has closed: it does not tell of that, so it is looked at before anything
    /// that depends on it. On umockdev's thread.
    func forgetTheGone() {
        let gone = state.withLock { $0.files.keys.filter { umockdev_ioctl_client_get_connected($0) == 0 } }
        for client in gone { close(client) }
    }

    /// Its interface is free, and its URBs are taken back.
    private func close(_ client: Client) {
        let urbs = changing { state -> [UInt64] in
            guard let file = state.files.removeValue(forKey: client) else { return [] }
            state.positions[file] = nil
            state.reapers[file] = nil
            let urbs = state.node.close(file)
            // Nobody reaps what had ended.
            state.transfers = state.transfers.filter { number, transfer in
                guard case .urb(_, file) = transfer.origin else { return true }
                return urbs.contains(number)
            }
            readiness.set(state.node.hasEnded)
            return urbs
        }
        for urb in urbs { _ = host.cancel(urb) }
        g_object_unref(client)
    }

    func file(of client: Client) throws(UsbfsRefusal) -> UsbfsNode.File {
        guard let file = state.withLock({ $0.files[client] }) else { throw UsbfsRefusal(ENODEV) }
        return file
    }

    /// Changes something that may be who has the interface. On umockdev's thread.
    func changing<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let (old, new, result) = try state.withLock { (state) throws(Failure) in
            let old = try? state.node.driverName(of: Self.interface)
            let result = try body(&state)
            return (old, try? state.node.driverName(of: Self.interface), result)
        }
        if new != old { driverChanged(new) }
        return result
    }

    // MARK: Transfers

    /// Puts a transfer of a call's on the bus, which answers the call at its end.
    ///
    /// - Parameter timeout: milliseconds; 0: none.
    func start(_ transfer: UsbfsTransfer, timeout: UInt32 = 0) throws(UsbfsRefusal) {
        let number = state.withLock { state in
            let number = state.node.number()
            state.transfers[number] = transfer
            return number
        }
        guard host.submit(URB(id: number, transfer.transfer)) else {
            _ = state.withLock { $0.transfers.removeValue(forKey: number) }
            throw UsbfsRefusal(ENODEV)
        }
        if timeout > 0 { WorkerTimer.start(milliseconds: timeout) { [host] in _ = host.cancel(number) } }
    }

    /// Puts a URB on the bus.
    func start(_ urb: ClientMemory, _ transfer: UsbfsTransfer, of file: UsbfsNode.File) throws(UsbfsRefusal) {
        var interface: UInt32?
        if case .control = transfer.transfer {} else { interface = Self.interface }
        let number = try changing { (state) throws(UsbfsRefusal) -> UInt64 in
            let number = try state.node.submit(at: urb.address, interface: interface, by: file)
            state.transfers[number] = transfer
            return number
        }
        guard host.submit(URB(id: number, transfer.transfer)) else {
            state.withLock { state in
                state.node.forget(number, of: file)
                state.transfers[number] = nil
            }
            throw UsbfsRefusal(ENODEV)
        }
    }

    private enum Consequence {
        case none
        case answer(Client, UsbfsTransfer)
        case reap(Client, URBCompletion, UsbfsTransfer)
    }

    private func ended(_ completion: URBCompletion) {
        let consequence = state.withLock { state -> Consequence in
            guard let transfer = state.transfers[completion.id] else { return .none }
            switch transfer.origin {
            case .call(let client):
                state.transfers[completion.id] = nil
                return .answer(client, transfer)
            case .urb(_, let file):
                guard state.node.end(completion, of: file) else {
                    state.transfers[completion.id] = nil
                    return .none
                }
                if let client = state.reapers.removeValue(forKey: file), let ended = reap(file, &state) {
                    return .reap(client, ended.0, ended.1)
                }
                readiness.set(true)
                return .none
            }
        }
        switch consequence {
        case .none: break
        case .answer(let client, let transfer): answer(client, transfer, completion)
        case .reap(let client, let completion, let transfer): answer(client, completion, transfer)
        }
    }

    // MARK: Reaping

    /// Answers a call that reaps, now or when there is something.
    func reap(for client: Client, waits: Bool) throws(UsbfsRefusal) {
        let file = try file(of: client)
        let ended = state.withLock { state -> (URBCompletion, UsbfsTransfer)? in
            let ended = reap(file, &state)
            if ended == nil, waits { state.reapers[file] = client }
            return ended
        }
        if let ended { return answer(client, ended.0, ended.1) }
        if !waits { throw UsbfsRefusal(EAGAIN) }
    }

    /// With the lock, so that the node is ready as long as there is something, and no longer.
    private func reap(_ file: UsbfsNode.File, _ state: inout State) -> (URBCompletion, UsbfsTransfer)? {
        guard let completion = state.node.reap(file),
            let transfer = state.transfers.removeValue(forKey: completion.id)
        else { return nil }
        readiness.set(state.node.hasEnded)
        return (completion, transfer)
    }

    /// Gives an ended URB to the call that reaps it.
    private func answer(_ client: Client, _ completion: URBCompletion, _ transfer: UsbfsTransfer) {
        guard case .urb(let memory, _) = transfer.origin,
            let answer = ClientMemory(argument: client, byteCount: MemoryLayout<UInt>.size)
        else { return umockdev_ioctl_client_complete(client, -1, EFAULT) }
        transfer.bring(completion.count)
        var urb = memory.value(as: usbdevfs_urb.self)
        let isShort = transfer.isShortAnError && completion.count < transfer.byteCount
        urb.status = -(isShort && completion.status == .completed ? EREMOTEIO : completion.status.code)
        urb.actual_length = Int32(completion.count)
        memory.setValue(urb)
        answer.setPointer(to: memory)
        umockdev_ioctl_client_complete(client, 0, 0)
    }

    /// Answers the call that has waited for a transfer.
    private func answer(_ client: Client, _ transfer: UsbfsTransfer, _ completion: URBCompletion) {
        guard completion.status == .completed else {
            // Only its time limit cancels it.
            let code = completion.status == .cancelled ? ETIMEDOUT : completion.status.code
            return umockdev_ioctl_client_complete(client, -1, code)
        }
        transfer.bring(completion.count)
        umockdev_ioctl_client_complete(client, completion.count, 0)
    }
}

extension URBCompletion.Status {
    /// The `errno` that usbfs has for it; 0 if all is well.
    fileprivate var code: Int32 {
        switch self {
        case .completed: 0
        case .stalled: EPIPE
        case .cancelled: ENOENT
        case .unplugged: ESHUTDOWN
        case .overflowed: EOVERFLOW
        }
    }
}
